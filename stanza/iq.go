package stanza

import "encoding/xml"

// IQType is the type of an IQ (RFC 6120 §8.2.3).
type IQType string

// The types of IQs: two requests and two answers.
const (
	Get     IQType = "get"
	Set     IQType = "set"
	Result  IQType = "result"
	IQError IQType = "error"
)

// IQ is a request or its answer (RFC 6120 §8.2.3).
type IQ struct {
	ID   string
	From JID // left empty when sending
	To   JID // empty: one's own account
	Type IQType
	Lang string

	Error      *Error     // of an IQError
	Extensions []Element  // the payload: one element in a request, at most one in a result
	Attrs      []xml.Attr // attributes that have no field
}

// Header is what all stanzas have in common.
func (iq *IQ) Header() Header {
	return Header{ID: iq.ID, From: iq.From, To: iq.To, Type: string(iq.Type)}
}

// WithFrom is a shallow copy that comes from another address.
func (iq *IQ) WithFrom(from JID) Stanza {
	c := *iq
	c.From = from
	return &c
}

// Payload is the first element, or nil.
func (iq *IQ) Payload() *Element {
	if len(iq.Extensions) == 0 {
		return nil
	}
	return &iq.Extensions[0]
}

// Extension is the first element of that namespace and name, or nil.
func (iq *IQ) Extension(space, local string) *Element { return find(iq.Extensions, space, local) }

// IsRequest reports whether the IQ is a get or a set, which must be answered.
func (iq *IQ) IsRequest() bool { return iq.Type == Get || iq.Type == Set }

// Result is the answer to a request: of its id, from where it went to where it came from.
func (iq *IQ) Result(payload ...Element) *IQ {
	return &IQ{ID: iq.ID, From: iq.To, To: iq.From, Type: Result, Extensions: payload}
}

// Refuse is the answer to a request that fails.
func (iq *IQ) Refuse(e *Error) *IQ {
	return &IQ{ID: iq.ID, From: iq.To, To: iq.From, Type: IQError, Error: e}
}

func (iq *IQ) element() Element {
	e := Element{
		Name:     xml.Name{Space: NSClient, Local: "iq"},
		Attrs:    attributes(string(iq.Type), iq.ID, iq.From, iq.To, iq.Lang, iq.Attrs),
		Children: iq.Extensions,
	}
	if iq.Error != nil {
		e.Children = append(e.Children[:len(e.Children):len(e.Children)], iq.Error.element())
	}
	return e
}

func iqOf(e Element) *IQ {
	iq := &IQ{}
	var typ string
	iq.Attrs = takeAttributes(e.Attrs, &typ, &iq.ID, &iq.From, &iq.To, &iq.Lang)
	iq.Type = IQType(typ)
	last := -1
	if iq.Type == IQError {
		last = lastError(e.Children)
	}
	rest := e.Children[:0]
	for i := range e.Children {
		switch c := &e.Children[i]; {
		case c.Name.Local == "": // RFC 6120 §11.7: only white space may stand here
		case i == last:
			iq.Error = errorOf(*c)
		default:
			rest = append(rest, *c)
		}
	}
	if len(rest) > 0 {
		iq.Extensions = rest
	}
	return iq
}
