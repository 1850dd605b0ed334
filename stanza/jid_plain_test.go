package stanza

import "testing"

// The fast path of ParseJID takes nothing that the slow one would refuse or change.
func TestPlainJIDAgreesWithNormalise(t *testing.T) {
	check := func(s string) {
		t.Helper()
		if !plainJID(s) {
			return
		}
		if j, err := normalise(s); err != nil || string(j) != s {
			t.Errorf("%q is plain, but gives %q, %v", s, j, err)
		}
	}
	plain := 0
	for r := rune(0); r < 0x3000; r++ {
		c := string(r)
		for _, s := range []string{
			c, c + "@b", "a" + c + "@b", "a@" + c, "a@b" + c + "c", "a@b." + c, "a@b/" + c, "a@b/c" + c + "d", "a@b/" + c + c, "b/" + c,
		} {
			check(s)
			if plainJID(s) {
				plain++
			}
		}
	}
	if plain < 2000 {
		t.Errorf("only %d of the addresses are plain: the fast path is none", plain)
	}
}

func FuzzPlainJID(f *testing.F) {
	for _, s := range []string{"a@b/c", "a.b-c_d@e.f-g", "b", "a@b/Иван Ñ", "xn--a", "a@b--c", `a\20b@c/d@e/f`, "1.2.3.4", "a@b."} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if !plainJID(s) {
			return
		}
		if j, err := normalise(s); err != nil || string(j) != s {
			t.Fatalf("%q is plain, but gives %q, %v", s, j, err)
		}
	})
}
