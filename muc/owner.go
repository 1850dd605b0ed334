package muc

import (
	"context"
	"encoding/xml"
	"fmt"
	"maps"
	"slices"

	"github.com/xmppkit/xmppkit/stanza"
)

// Configuration reads how a room is configured (XEP-0045 §10.2): the values by field,
// such as muc#roomconfig_membersonly, with those of a boolean "1" or "0".
func (r *Rooms) Configuration(ctx context.Context, room stanza.JID) (map[string][]string, error) {
	form, err := r.configForm(ctx, normal(room))
	if err != nil {
		return nil, err
	}
	values := map[string][]string{}
	for _, f := range formFields(form) {
		values[f.name] = f.values
	}
	return values, nil
}

// Configure changes how a room is configured (XEP-0045 §10.2); fields that are not in
// values stay as they are. A field that the room does not know is an error, and
// nothing is changed then. For a room that we have just created (201), no values
// accept the room's defaults and open it to others (§10.1.2).
func (r *Rooms) Configure(ctx context.Context, room stanza.JID, values map[string][]string) error {
	submit := stanza.NewElement(stanza.NSData, "x").WithAttr("type", "submit")
	if len(values) > 0 {
		form, err := r.configForm(ctx, normal(room))
		if err != nil {
			return err
		}
		if submit, err = fillForm(form, values); err != nil {
			return fmt.Errorf("muc: configure %s: %w", room, err)
		}
	}
	return r.command(ctx, room, "configure", submit)
}

// Destroy ends a room (XEP-0045 §10.9), for the reason given; alternate, if it is not
// empty, is where to go instead.
func (r *Rooms) Destroy(ctx context.Context, room, alternate stanza.JID, reason string) error {
	e := stanza.NewElement(stanza.NSMUCOwner, "destroy").WithAttr("jid", string(alternate))
	if reason != "" {
		e.Children = []stanza.Element{stanza.NewText(stanza.NSMUCOwner, "reason", reason)}
	}
	return r.command(ctx, room, "destroy", e)
}

func (r *Rooms) command(ctx context.Context, room stanza.JID, what string, payload stanza.Element) error {
	_, err := r.request(ctx, normal(room), stanza.Set, stanza.NewElement(stanza.NSMUCOwner, "query", payload))
	if err != nil {
		return fmt.Errorf("muc: %s %s: %w", what, room, err)
	}
	return nil
}

func (r *Rooms) configForm(ctx context.Context, room stanza.JID) (*stanza.Element, error) {
	answer, err := r.request(ctx, room, stanza.Get, stanza.NewElement(stanza.NSMUCOwner, "query"))
	if err != nil {
		return nil, fmt.Errorf("muc: configuration of %s: %w", room, err)
	}
	q := answer.Extension(stanza.NSMUCOwner, "query")
	if q == nil || q.Child(stanza.NSData, "x") == nil {
		return nil, fmt.Errorf("muc: configuration of %s: no form in the answer", room)
	}
	return q.Child(stanza.NSData, "x"), nil
}

// formField is a field of a data form (XEP-0004).
type formField struct {
	name, kind string
	values     []string
}

// maxValues bounds what is taken from somebody else's form.
const maxValues = 1000

func formFields(form *stanza.Element) []formField {
	var fields []formField
	for i := range form.Children {
		e := &form.Children[i]
		if !e.Is(stanza.NSData, "field") || e.Attr("var") == "" || e.Attr("type") == "fixed" || len(fields) == maxValues {
			continue
		}
		f := formField{name: e.Attr("var"), kind: e.Attr("type")}
		for j := range e.Children {
			if v := &e.Children[j]; v.Is(stanza.NSData, "value") && len(f.values) < maxValues {
				f.values = append(f.values, boolean(f.kind, v.Content()))
			}
		}
		if f.kind == "boolean" && len(f.values) == 0 {
			f.values = []string{"0"} // how Prosody writes false
		}
		fields = append(fields, f)
	}
	return fields
}

// boolean is a value in one of its two spellings.
func boolean(kind, value string) string {
	if kind == "boolean" {
		switch value {
		case "true":
			return "1"
		case "false":
			return "0"
		}
	}
	return value
}

// fillForm answers a form, with values in place of those that stand in it.
func fillForm(form *stanza.Element, values map[string][]string) (stanza.Element, error) {
	submit := stanza.NewElement(stanza.NSData, "x").WithAttr("type", "submit")
	values = maps.Clone(values)
	for _, f := range formFields(form) {
		if v, ok := values[f.name]; ok {
			f.values = v
			delete(values, f.name)
		}
		e := stanza.Element{Name: xml.Name{Space: stanza.NSData, Local: "field"}}.WithAttr("var", f.name)
		for _, v := range f.values {
			e.Children = append(e.Children, stanza.NewText(stanza.NSData, "value", boolean(f.kind, v)))
		}
		submit.Children = append(submit.Children, e)
	}
	if len(values) > 0 {
		return submit, fmt.Errorf("no field %q in the form", slices.Sorted(maps.Keys(values))[0])
	}
	return submit, nil
}
