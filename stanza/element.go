package stanza

import (
	"encoding/xml"
	"slices"
	"strings"
)

// Element is a piece of XML as a value: what a stanza holds that has no field of
// its own, and what typed payloads are written as.
//
// Its namespace and those of its attributes are always spelled out in Name.Space;
// there are no prefixes and no declarations. Character data stands in Text where
// there are no child elements. Where text and elements mix, or space stands
// between elements, each run of text is a child of its own with an empty Name.
type Element struct {
	Name     xml.Name
	Attrs    []xml.Attr
	Text     string
	Children []Element
}

// NewElement makes an element that holds children.
func NewElement(space, local string, children ...Element) Element {
	return Element{Name: xml.Name{Space: space, Local: local}, Children: children}
}

// NewText makes an element that holds text.
func NewText(space, local, text string) Element {
	return Element{Name: xml.Name{Space: space, Local: local}, Text: text}
}

// WithAttr is the element with one more attribute, unless value is empty.
func (e Element) WithAttr(local, value string) Element {
	if value != "" {
		e.Attrs = append(slices.Clip(e.Attrs), xml.Attr{Name: xml.Name{Local: local}, Value: value})
	}
	return e
}

// Is reports whether the element has this namespace and name.
func (e *Element) Is(space, local string) bool {
	return e.Name.Local == local && e.Name.Space == space
}

// Attr is the value of the attribute of that name without a namespace, or "".
func (e *Element) Attr(local string) string {
	for i := range e.Attrs {
		if a := &e.Attrs[i]; a.Name.Local == local && a.Name.Space == "" {
			return a.Value
		}
	}
	return ""
}

// Lang is the value of xml:lang on this element, or "".
func (e *Element) Lang() string {
	for i := range e.Attrs {
		if a := &e.Attrs[i]; a.Name.Local == "lang" && a.Name.Space == nsXML {
			return a.Value
		}
	}
	return ""
}

// Child is the first child element of that namespace and name, or nil. It points
// into e.
func (e *Element) Child(space, local string) *Element { return find(e.Children, space, local) }

// ChildText is the character data of the first such child, or "".
func (e *Element) ChildText(space, local string) string {
	if c := e.Child(space, local); c != nil {
		return c.Content()
	}
	return ""
}

// Content is all character data that stands directly in the element.
func (e *Element) Content() string {
	if len(e.Children) == 0 {
		return e.Text
	}
	var b strings.Builder
	for i := range e.Children {
		if e.Children[i].Name.Local == "" {
			b.WriteString(e.Children[i].Text)
		}
	}
	return b.String()
}

// Elements is the child elements without the text between them.
func (e *Element) Elements() []Element {
	text := func(c Element) bool { return c.Name.Local == "" }
	if !slices.ContainsFunc(e.Children, text) {
		return e.Children
	}
	return slices.DeleteFunc(slices.Clone(e.Children), text)
}

func find(list []Element, space, local string) *Element {
	for i := range list {
		if list[i].Is(space, local) {
			return &list[i]
		}
	}
	return nil
}
