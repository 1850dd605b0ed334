package main

import (
	"strconv"
	"strings"
	"time"

	"github.com/xmppkit/xmppkit/presence"
)

// command is what a text from a phone asks for.
type command struct {
	verb verb
	arg  string        // whom, what or where
	wait time.Duration // of debounce
}

// verb is one of the commands.
type verb uint8

const (
	speak    verb = iota // arg is said in the room
	join                 // a room, or the last invitation where arg is empty
	meant                // a bare join: what was meant is /join, unless one is in a room
	leave                // the room
	create               // a room
	who                  // is there
	list                 // the bookmarks
	invite               // somebody
	nick                 // a new one
	tell                 // arg is whom and what
	debounce             // joins and parts
	help                 //
	unknown              // arg is the command's name
	misused              // arg is how it is used
)

var verbs = map[string]verb{
	"join": join, "leave": leave, "part": leave, "create": create, "who": who, "list": list,
	"invite": invite, "nick": nick, "msg": tell, "debounce": debounce, "help": help,
}

var usages = map[verb]string{
	create: "/create NAME", invite: "/invite NUMBER or /invite ADDRESS", nick: "/nick NAME",
	tell: "/msg WHO TEXT", debounce: "/debounce SECONDS or /debounce off",
}

// maxDebounce is longer than anybody waits for news.
const maxDebounce = 24 * 60 * 60

// parse reads a text, which is cleaned already. It looks at nothing else.
func parse(text string) command {
	text = strings.TrimSpace(text)
	word, rest := cutWord(text)
	if strings.EqualFold(word, "join") && len(strings.Fields(rest)) <= 1 {
		return command{verb: meant, arg: rest}
	}
	// "/me waves" is said, as everywhere.
	if !strings.HasPrefix(word, "/") || strings.EqualFold(word, "/me") {
		return command{verb: speak, arg: text}
	}
	v, ok := verbs[strings.ToLower(word[1:])]
	if !ok {
		return command{verb: unknown, arg: word}
	}
	if usages[v] != "" && rest == "" {
		return command{verb: misused, arg: usages[v]}
	}
	switch v {
	case tell:
		if !strings.ContainsAny(rest, " \n") {
			return command{verb: misused, arg: usages[v]}
		}
	case debounce:
		wait, ok := parseWait(rest)
		if !ok {
			return command{verb: misused, arg: usages[v]}
		}
		return command{verb: v, wait: wait}
	}
	return command{verb: v, arg: rest}
}

func parseWait(s string) (time.Duration, bool) {
	if strings.EqualFold(s, "off") {
		return presence.Off, true
	}
	n, err := strconv.ParseUint(s, 10, 32)
	return time.Duration(n) * time.Second, err == nil && n <= maxDebounce
}

// cutWord is the first word and what follows it.
func cutWord(s string) (word, rest string) {
	if i := strings.IndexAny(s, " \n"); i >= 0 {
		return s[:i], strings.TrimSpace(s[i:])
	}
	return s, ""
}

// addressee is who is meant by the beginning of what follows /msg, and what to say to
// them: an address, a number, or else a nick, of which the longest one counts that
// is present.
func addressee(s string, nicks []string) (whom, text string) {
	whom, text = cutWord(s)
	if _, ok := parseNumber(whom); ok || strings.Contains(whom, "@") {
		return whom, text
	}
	for _, n := range nicks {
		rest, ok := cutPrefixFold(s, n)
		if ok && len(n) > len(whom) && strings.Trim(rest[:min(1, len(rest))], " \n") == "" && strings.TrimSpace(rest) != "" {
			whom, text = n, strings.TrimSpace(rest)
		}
	}
	// What is written in other letters is meant all the same.
	for _, n := range nicks {
		if n == whom {
			return whom, text
		}
	}
	for _, n := range nicks {
		if strings.EqualFold(n, whom) {
			return n, text
		}
	}
	return whom, text
}

func cutPrefixFold(s, prefix string) (rest string, ok bool) {
	if len(s) < len(prefix) || !strings.EqualFold(s[:len(prefix)], prefix) {
		return "", false
	}
	return s[len(prefix):], true
}
