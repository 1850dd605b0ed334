package main

import (
	"fmt"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/xmppkit/xmppkit/muc"
	"github.com/xmppkit/xmppkit/presence"
	"github.com/xmppkit/xmppkit/stanza"
)

// What phones are told. Whatever somebody else has chosen, a nick, a reason, a text,
// stands where it cannot be taken for something that the gateway says.
const (
	sayHelp1 = "/join ROOM, /leave, /create NAME, /who (who is here), /list (your rooms), /invite NUMBER or ADDRESS"
	sayHelp2 = "/nick NAME, /msg WHO TEXT, /debounce SECONDS or off (tells who comes and goes), /help. The rest is said in your room"

	sayNotJoined   = "You are not joined to a group"
	sayMeantJoin   = "I think you meant /join"
	sayNoInvite    = "Nobody has invited you. Use /join and the address of a group"
	sayNoBookmarks = "You have no bookmarks"
	sayInAlready   = "You are in that group already"
	sayNoDebounce  = "You will not be told who comes and goes"
	sayTooMany     = "You are sending too much. What you send in the rest of this hour is lost"
	sayTooMuch     = "You have been sent too much. You will get no more messages from others for the rest of this hour"
	saySlashNick   = "A name cannot begin with /"

	whyOffline = "no connection"
	whySilent  = "no answer, it may not have arrived"
	whyLeft    = "you left"
	whyFull    = "they have been sent too much already"

	statusLeave  = "Typed /leave"
	statusSwitch = "Joined a different room."

	askNumber    = "Please enter your contact's phone number"
	promptNumber = "Phone Number"
)

// Bounds of what is shown of somebody else's words.
const (
	showNick   = 40
	showReason = 200
	showNicks  = 30 // of those who are in a room
)

func saySaid(nick, text string) string {
	return "(" + show(nick, showNick, "()") + ") " + indent(text)
}

func sayWhispered(nick, text string) string {
	return "<" + show(nick, showNick, "<>") + " says> " + indent(text)
}

// indent keeps the second line of a text from looking like the first of another.
func indent(text string) string { return strings.ReplaceAll(text, "\n", "\n ") }

func sayCame(nick string, ago time.Duration) string {
	return "* " + show(nick, showNick, "") + " joined the group" + minutes(ago)
}

func sayWent(nick string, ago time.Duration) string {
	return "* " + show(nick, showNick, "") + " left the group" + minutes(ago)
}

func minutes(ago time.Duration) string {
	switch n := int(ago.Round(time.Second) / time.Minute); {
	case n < 1:
		return ""
	case n == 1:
		return " 1 minute ago"
	default:
		return fmt.Sprintf(" %d minutes ago", n)
	}
}

func sayRenamed(old, now string) string {
	return "* " + show(old, showNick, "") + " has changed their nick to " + show(now, showNick, "")
}

func sayJoined(room stanza.JID, nick string, others []string) string {
	return fmt.Sprintf("* You have joined %s as %s. %s", room, show(nick, showNick, ""), here(others))
}

func sayWho(m presence.Membership) string {
	return fmt.Sprintf("You are in %s as %s. %s", m.Room, show(m.Nick, showNick, ""), here(m.Occupants))
}

func here(others []string) string {
	if len(others) == 0 {
		return "Nobody else is here"
	}
	shown := make([]string, 0, showNicks)
	for _, n := range others[:min(len(others), showNicks)] {
		shown = append(shown, show(n, showNick, ","))
	}
	s := "Here: " + strings.Join(shown, ", ")
	if rest := len(others) - len(shown); rest > 0 {
		s += fmt.Sprintf(" and %d more", rest)
	}
	return s
}

func sayNotYet(room stanza.JID) string { return fmt.Sprintf("You are not in %s yet", room) }

func sayList(bookmarks []wish) string {
	if len(bookmarks) == 0 {
		return sayNoBookmarks
	}
	var names []string
	for _, b := range bookmarks {
		names = append(names, string(b.JID))
	}
	return "Your rooms: " + strings.Join(names, ", ")
}

func sayLeft(room stanza.JID) string { return fmt.Sprintf("* You have left %s", room) }

// sayOut tells why one is out of a room that one did not leave.
func sayOut(e muc.Left) string {
	why := ""
	switch e.Cause {
	case muc.Kicked:
		why = "You were kicked"
	case muc.Banned:
		why = "You were banned"
	case muc.AffiliationLost, muc.MembersOnly:
		why = "It is for members only, and you are none"
	case muc.Destroyed:
		why = "It is no more"
	}
	s := sayLeft(e.Room)
	if why != "" {
		s += ". " + why
	}
	if r := show(e.Reason, showReason, ""); r != "" {
		s += ": " + r
	}
	return s + movedTo(e.Alternate)
}

func movedTo(room stanza.JID) string {
	if room == "" {
		return ""
	}
	return ". Instead: /join " + show(string(room.Bare()), showReason, "")
}

// sayRefused tells why a room, which one may have been in, does not let one in.
func sayRefused(e muc.JoinFailed, wasIn bool) string {
	s := fmt.Sprintf("* You could not join %s", show(string(e.Room), showReason, ""))
	if wasIn {
		s = sayLeft(e.Room)
	}
	return s + ". " + why(e.Err) + movedTo(e.Alternate)
}

func sayStillTrying(e muc.JoinFailed) string {
	return fmt.Sprintf("* You are not in %s yet. %s. You will be once it works; /leave gives up", e.Room, why(e.Err))
}

// why is an error in words that fit all that a phone can ask of a room.
func why(err error) string {
	switch stanza.ConditionOf(err) {
	case stanza.NotAuthorized:
		return "It wants a password"
	case stanza.Forbidden:
		return "You are not allowed to"
	case stanza.RegistrationRequired:
		return "It is for members only"
	case stanza.Conflict:
		return "That name is taken"
	case stanza.JIDMalformed:
		return "That is no address or name"
	case stanza.Gone:
		return "It is no more"
	case stanza.ItemNotFound:
		return "It does not exist"
	case stanza.ServiceUnavailable, stanza.RecipientUnavailable:
		return "It is full, or not there"
	case stanza.RemoteServerNotFound, stanza.RemoteServerTimeout:
		return "Its server cannot be reached"
	case stanza.NotAllowed, stanza.NotAcceptable:
		return "It refuses that"
	}
	return "It does not answer"
}

func sayInvited(from string, room stanza.JID) string {
	return fmt.Sprintf("* %s invites you to %s. Send /join to accept", show(from, showReason, ""), show(string(room), showReason, ""))
}

func sayNoRoom(name string) string {
	return fmt.Sprintf("You have no room called %s. Use its full address, such as %s@rooms.example.org", show(name, showNick, ""), show(name, showNick, ""))
}

func sayBadName(name string) string { return show(name, showNick, "") + " cannot be a name" }

func sayNick(nick string) string { return "* You are now called " + show(nick, showNick, "") }

func sayNickRefused(nick string, err error) string {
	return "You cannot be called " + show(nick, showNick, "") + ". " + why(err)
}

func sayInvitedThem(who string) string { return "* " + show(who, showReason, "") + " is invited" }

func sayNobody(who string) string {
	return show(who, showReason, "") + " is no address, no number, and nobody here"
}

func sayDebounce(wait time.Duration) string {
	if wait < 0 {
		return sayNoDebounce
	}
	return fmt.Sprintf("You will be told who comes and goes, after %d seconds", wait/time.Second)
}

func sayUnknown(name string) string { return show(name, showNick, "") + " is no command. Try /help" }

func sayUsage(how string) string { return "That is used like this: " + how }

func sayTooLong(n, limit int) string {
	return fmt.Sprintf("That was too long, %d characters, and is lost. At most %d", n, limit)
}

func sayNotSent(text, why string) string {
	return "Not sent (" + why + "): " + show(text, showNick, "")
}

func sayExpired(n int) string {
	if n == 1 {
		return "* 1 message could not be delivered to you in time"
	}
	return fmt.Sprintf("* %d messages could not be delivered to you in time", n)
}

func sayFlood(room stanza.JID) string {
	return fmt.Sprintf("* There is too much going on in %s: some messages are left out", room)
}

func sayNotCreated(name string, err error) string {
	return fmt.Sprintf("* %s could not be created. %s", show(name, showNick, ""), why(err))
}

func sayNotConfigured(room stanza.JID) string {
	return fmt.Sprintf("* %s could not be made private", room)
}

// show is what a stranger chose, on one line, without control characters, not too
// long, and without the characters that stand around it.
func show(s string, most int, around string) string {
	var b strings.Builder
	n := 0
	for i, word := range strings.FieldsFunc(clean(s), unicode.IsSpace) {
		if i > 0 {
			word = " " + word
		}
		for _, r := range word {
			if n >= most {
				b.WriteString("…")
				return b.String()
			}
			if r != ' ' && strings.ContainsRune(around, r) {
				r = '_'
			}
			b.WriteRune(r)
			n++
		}
	}
	return b.String()
}

// clean is a text without what no phone shows and no stanza may hold: control
// characters other than the line feed, and what turns the direction of writing.
func clean(s string) string {
	s = strings.ReplaceAll(strings.ToValidUTF8(s, string(utf8.RuneError)), "\r\n", "\n")
	s = strings.Map(func(r rune) rune {
		switch {
		case r == '\n':
			return r
		case r == '\t', r == '\r', r == '\u2028', r == '\u2029':
			return ' '
		case unicode.IsControl(r), r == 0xFFFE, r == 0xFFFF, r == 0xFEFF,
			r >= 0x202A && r <= 0x202E, r >= 0x2066 && r <= 0x2069:
			return -1
		}
		return r
	}, s)
	return strings.TrimSpace(s)
}
