package xmlscan

import (
	"encoding/xml"
	"testing"
)

func TestParseName(t *testing.T) {
	for range 2 { // what fails does not harm what follows
		for name, want := range map[string]xml.Name{
			"имя": {Local: "имя"}, "é:ñ": {Space: "é", Local: "ñ"}, "a\u0301": {Local: "a\u0301"},
			"\u0301": {}, "×": {}, "é:ñ:ö": {}, "\xff": {}, "": {},
		} {
			if got, ok := ParseName(name); got != want || ok != (want != xml.Name{}) {
				t.Errorf("%q: %v, %v", name, got, ok)
			}
		}
	}
}
