package xmlscan

import (
	"encoding/xml"
	"strings"
	"sync"
)

// ParseName is a name with its prefix cut off, as encoding/xml reads it, whose
// tables are the ones to agree with; false where it is none. Of ASCII, only
// characters of names may stand in it.
func ParseName(name string) (xml.Name, bool) {
	p := parsers.Get().(*nameParser)
	p.in.Reset("<" + name + ">")
	t, err := p.dec.RawToken()
	start, ok := t.(xml.StartElement)
	if err != nil || !ok {
		return xml.Name{}, false // and p has stopped for good
	}
	parsers.Put(p)
	return start.Name, true
}

// nameParser is used again, as a decoder costs more than the names that strangers
// may fill a stanza with.
type nameParser struct {
	in  strings.Reader
	dec *xml.Decoder
}

var parsers = sync.Pool{New: func() any {
	p := &nameParser{}
	p.dec = xml.NewDecoder(&p.in)
	return p
}}
