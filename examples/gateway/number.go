package main

import (
	"strings"

	"github.com/xmppkit/xmppkit/stanza"
)

// parseNumber reads a phone number as people write it: + and E.164, ten digits of
// North America, or 1 and ten digits. The result is + and digits; false for anything
// else.
func parseNumber(s string) (string, bool) {
	s = strings.TrimSpace(s)
	switch digits := strings.TrimPrefix(s, "+"); {
	case strings.Trim(digits, "0123456789") != "":
		return "", false
	case digits != s:
		return s, len(digits) >= 7 && len(digits) <= 15 && digits[0] != '0'
	case len(digits) == 10 && digits[0] != '0':
		return "+1" + digits, true
	case len(digits) == 11 && digits[0] == '1':
		return "+" + digits, true
	}
	return "", false
}

// numberOf is the phone that an address of domain stands for.
func numberOf(jid, domain stanza.JID) (string, bool) {
	local := jid.Local()
	if jid.Domain() != string(domain) || !strings.HasPrefix(local, "+") {
		return "", false
	}
	return parseNumber(local)
}
