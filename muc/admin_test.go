package muc_test

import (
	"errors"
	"maps"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/xmppkit/xmppkit/muc"
	"github.com/xmppkit/xmppkit/stanza"
)

// XEP-0045 §8, §9: what each call asks for.
func TestAdministration(t *testing.T) {
	play(t, muc.Config{}, func(w *world) {
		w.enter("ann")
		w.s.Respond(hospitable)
		ctx := w.Context()
		for name, c := range map[string]struct {
			call func() error
			want stanza.MUCItem
		}{
			"kick":   {func() error { return w.Kick(ctx, lobby, "ann", "out") }, stanza.MUCItem{Nick: "ann", Role: stanza.RoleNone, Reason: "out"}},
			"voice":  {func() error { return w.Voice(ctx, lobby, "ann", "") }, stanza.MUCItem{Nick: "ann", Role: stanza.Participant}},
			"hush":   {func() error { return w.RevokeVoice(ctx, lobby, "ann", "") }, stanza.MUCItem{Nick: "ann", Role: stanza.Visitor}},
			"ban":    {func() error { return w.Ban(ctx, lobby, "a@b/c", "x") }, stanza.MUCItem{JID: "a@b", Affiliation: stanza.Outcast, Reason: "x"}},
			"member": {func() error { return w.SetAffiliation(ctx, lobby, "a@b", stanza.Member, "") }, stanza.MUCItem{JID: "a@b", Affiliation: stanza.Member}},
		} {
			if err := c.call(); err != nil {
				t.Errorf("%s: %v", name, err)
			}
			iq := one(w, sent[*stanza.IQ](w))
			if got := stanza.MUCItemOf(iq.Payload().Children[0]); got != c.want || iq.Type != stanza.Set || iq.To != lobby {
				t.Errorf("%s: asked for %+v", name, got)
			}
		}
	})
}

// A ban is verified, and tried once more where that may help.
func TestBanIsTriedTwice(t *testing.T) {
	for name, c := range map[string]struct {
		answer stanza.Condition // "none" for none
		tries  int
		is     error
	}{
		"done":      {"", 1, nil},
		"forbidden": {stanza.Forbidden, 1, stanza.Forbidden},
		"owner":     {stanza.NotAllowed, 1, stanza.NotAllowed},
		"busy":      {stanza.ResourceConstraint, 2, stanza.ResourceConstraint},
		"lost":      {"none", 2, muc.ErrNoAnswer},
	} {
		t.Run(name, func(t *testing.T) {
			play(t, muc.Config{}, func(w *world) {
				w.enter()
				w.s.Respond(func(st stanza.Stanza) []stanza.Stanza {
					if c.answer == "none" {
						return nil
					}
					return []stanza.Stanza{pong(st.(*stanza.IQ), c.answer)}
				})
				if err := w.Ban(w.Context(), lobby, "a@b", ""); !errors.Is(err, c.is) {
					t.Errorf("got %v", err)
				}
				if n := len(sent[*stanza.IQ](w)); n != c.tries {
					t.Errorf("tried %d times", n)
				}
			})
		})
	}
}

// A kick names a nick, which may be somebody else's a moment later.
func TestKickIsNotTriedTwiceInTheDark(t *testing.T) {
	play(t, muc.Config{}, func(w *world) {
		w.enter("ann")
		done := make(chan error, 1)
		go func() { done <- w.Kick(w.Context(), lobby, "ann", "") }()
		w.pass(time.Hour)
		w.s.Close()
		if err := <-done; !errors.Is(err, stanza.ErrLost) {
			t.Errorf("got %v", err)
		}
		kicks := 0
		for _, iq := range sent[*stanza.IQ](w) {
			if iq.Type == stanza.Set {
				kicks++
			}
		}
		if kicks != 1 {
			t.Errorf("tried %d times", kicks)
		}
	})
}

// XEP-0045 §9.2.
func TestAffiliations(t *testing.T) {
	play(t, muc.Config{}, func(w *world) {
		w.s.Respond(func(st stanza.Stanza) []stanza.Stanza {
			return []stanza.Stanza{st.(*stanza.IQ).Result(stanza.NewElement(stanza.NSMUCAdmin, "query",
				stanza.MUCItem{JID: "a@b", Affiliation: stanza.Outcast, Reason: "spam"}.Element(stanza.NSMUCAdmin),
				stanza.NewElement("other", "item")))}
		})
		list, err := w.Affiliations(w.Context(), lobby, stanza.Outcast)
		if err != nil || len(list) != 1 || list[0].JID != "a@b" || list[0].Reason != "spam" {
			t.Errorf("got %v, %v", list, err)
		}
	})
}

// XEP-0045 §10.2: what is not asked for stays as it is.
func TestConfigure(t *testing.T) {
	play(t, muc.Config{}, func(w *world) {
		field := func(name, kind string, values ...string) stanza.Element {
			f := stanza.NewElement(stanza.NSData, "field").WithAttr("var", name).WithAttr("type", kind)
			for _, v := range values {
				f.Children = append(f.Children, stanza.NewText(stanza.NSData, "value", v))
			}
			return f
		}
		form := stanza.NewElement(stanza.NSData, "x", field("FORM_TYPE", "hidden", "f"), field("a", "boolean", "true"),
			field("off", "boolean"), field("b", "list-multi", "1", "2"), field("c", "text-single", "x"), field("", "fixed", "Hello")).WithAttr("type", "form")
		w.s.Respond(func(st stanza.Stanza) []stanza.Stanza {
			iq := st.(*stanza.IQ)
			if iq.Type == stanza.Get {
				return []stanza.Stanza{iq.Result(stanza.NewElement(stanza.NSMUCOwner, "query", form))}
			}
			return []stanza.Stanza{iq.Result()}
		})
		err := w.Configure(w.Context(), lobby, map[string][]string{"c": {"y"}})
		if err != nil {
			t.Fatal(err)
		}
		set := sent[*stanza.IQ](w)[1].Payload().Child(stanza.NSData, "x")
		got := map[string][]string{}
		for _, f := range set.Children {
			for _, v := range f.Children {
				got[f.Attr("var")] = append(got[f.Attr("var")], v.Content())
			}
		}
		want := map[string][]string{"FORM_TYPE": {"f"}, "a": {"1"}, "off": {"0"}, "b": {"1", "2"}, "c": {"y"}}
		if !maps.EqualFunc(got, want, slices.Equal) || set.Attr("type") != "submit" {
			t.Errorf("submitted %v", got)
		}
		if err := w.Configure(w.Context(), lobby, map[string][]string{"d": {"y"}}); err == nil || len(sent[*stanza.IQ](w)) != 1 {
			t.Errorf("an unknown field: %v", err)
		}
		if v, err := w.Configuration(w.Context(), lobby); err != nil || v["c"][0] != "x" {
			t.Errorf("got %v, %v", v, err)
		}
	})
}

// disco#info: once in a visit.
func TestInfo(t *testing.T) {
	play(t, muc.Config{}, func(w *world) {
		w.enter()
		w.s.Respond(func(st stanza.Stanza) []stanza.Stanza {
			iq, ok := st.(*stanza.IQ)
			if !ok {
				return hospitable(st)
			}
			return []stanza.Stanza{iq.Result(stanza.NewElement(stanza.NSDiscoInfo, "query",
				stanza.NewElement(stanza.NSDiscoInfo, "identity").WithAttr("name", "Lobby"),
				stanza.NewElement(stanza.NSDiscoInfo, "feature").WithAttr("var", stanza.NSMUC+"#self-ping-optimization"),
				stanza.NewElement(stanza.NSDiscoInfo, "feature").WithAttr("var", "a")))}
		})
		for range 3 {
			if i, err := w.Info(w.Context(), lobby); err != nil || i.Name != "Lobby" || !i.SelfPing() || !i.Has("a") || i.Has("b") {
				t.Errorf("got %+v, %v", i, err)
			}
		}
		if n := len(sent[*stanza.IQ](w)); n != 1 {
			t.Errorf("asked %d times", n)
		}
		w.receive(&stanza.Message{From: lobby, Type: stanza.GroupChat, Extensions: []stanza.Element{stanza.MUCUser{Statuses: stanza.Statuses{104}}.Element()}})
		_, _ = w.Info(w.Context(), lobby)
		if n := len(sent[*stanza.IQ](w)); n != 1 {
			t.Errorf("asked %d times after a change", n)
		}
		w.receive(gone("warden", 110))
		synctest.Wait()
		w.s.Sent()
		_, _ = w.Info(w.Context(), lobby)
		if n := len(sent[*stanza.IQ](w)); n != 1 {
			t.Errorf("asked %d times in another visit", n)
		}
	})
}
