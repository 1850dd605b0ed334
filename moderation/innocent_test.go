package moderation

import "testing"

// innocent is a rule's phrase and a text that it must not be found in.
type innocent struct{ phrase, text string }

// The table of the design.
var innocentsOfDesign = []innocent{
	{"cialis", "she is a specialist"}, {"cialis", "a socialist"}, {"ass", "class"}, {"ass", "as such"},
	{"penis", "the pen is mightier than the sword"}, {"shit", "this hit me"}, {"god", "good"}, {"lol", "room 101"},
	{"cop", "вынеси сор из избы"}, {"porn", "pom"}, {"bi", "biólogo"}, {"bi", "un biólogo marino"},
	{"cunt", "Scunthorpe"}, {"sex", "Essex"}, {"cock", "Hancock"},
	{"कम", "काम"}, {"कल", "कला"}, {"กา", "กาี"}, {"가", "각"}, {"가", "가\u11A8"},
}

func TestInnocentOfDesign(t *testing.T) { checkInnocents(t, innocentsOfDesign) }

func checkInnocents(t *testing.T, table []innocent) {
	t.Helper()
	for _, c := range table {
		f := mustCompile(t, TextRule{Name: "r", Phrases: []string{c.phrase}})
		for _, m := range f.Match(c.text) {
			t.Errorf("%q is seen in %q at %q as %v", c.phrase, c.text, c.text[m.Start:m.End], m.View)
		}
	}
}
