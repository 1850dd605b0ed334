package xmpptest

import (
	"strconv"

	"github.com/xmppkit/xmppkit/stanza"
)

// form is a data form (XEP-0004).
type form struct{ x stanza.Element }

func newForm(typ, formType string) *form {
	f := &form{stanza.NewElement(stanza.NSData, "x").WithAttr("type", typ)}
	f.typed("FORM_TYPE", "hidden", formType)
	return f
}

func (f *form) typed(name, typ string, values ...string) {
	field := stanza.NewElement(stanza.NSData, "field").WithAttr("var", name).WithAttr("type", typ)
	for _, v := range values {
		field.Children = append(field.Children, stanza.NewText(stanza.NSData, "value", v))
	}
	f.x.Children = append(f.x.Children, field)
}

func (f *form) add(name, value string) { f.typed(name, "text-single", value) }

func (f *form) bool(name string, on bool) {
	f.typed(name, "boolean", map[bool]string{true: "1", false: "0"}[on])
}

func (f *form) element() stanza.Element { return f.x }

// formValues reads a submitted form.
func formValues(x *stanza.Element) map[string][]string {
	values := map[string][]string{}
	for _, field := range x.Children {
		if !field.Is(stanza.NSData, "field") {
			continue
		}
		list := []string{}
		for _, v := range field.Children {
			if v.Is(stanza.NSData, "value") {
				list = append(list, v.Content())
			}
		}
		values[field.Attr("var")] = list
	}
	return values
}

type values map[string][]string

func (v values) text(name string, to *string) {
	if list := v[name]; len(list) > 0 {
		*to = list[0]
	}
}

func (v values) bool(name string, to *bool) {
	if list := v[name]; len(list) > 0 {
		*to = list[0] == "1" || list[0] == "true"
	}
}

func (v values) int(name string, to *int) {
	if list := v[name]; len(list) > 0 {
		if n, err := strconv.Atoi(list[0]); err == nil {
			*to = n
		}
	}
}
