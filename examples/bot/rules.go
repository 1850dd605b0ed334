package main

import (
	"fmt"

	"github.com/xmppkit/xmppkit/internal/tomlfile"
	"github.com/xmppkit/xmppkit/moderation"
)

type ruleTables struct {
	Rule []struct {
		Name   string   `toml:"name"`
		Phrase []string `toml:"phrase"`
		Rooms  []string `toml:"rooms"`
		Action string   `toml:"action"`
		Reason string   `toml:"reason"`
	} `toml:"rule"`
	Allow []struct {
		JID   []string `toml:"jid"`
		Rooms []string `toml:"rooms"`
	} `toml:"allow"`
}

func (t ruleTables) rules(f *tomlfile.File) (r moderation.Rules, err error) {
	for i, x := range t.Rule {
		y := moderation.Rule{Name: x.Name, Phrases: x.Phrase, Rooms: x.Rooms}
		y.Reason = x.Reason
		var a moderation.Action
		if err := a.UnmarshalText([]byte(x.Action)); err != nil {
			return r, f.Errorf(fmt.Sprintf("rule[%d].action", i), "%v", err)
		}
		y.Actions = []moderation.Action{a}
		r.Rules = append(r.Rules, y)
	}
	for _, x := range t.Allow {
		r.Allow = append(r.Allow, moderation.Allow{JID: x.JID, Rooms: x.Rooms})
	}
	return r, nil
}
