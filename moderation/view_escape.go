package moderation

import (
	"html"
	"strings"
	"unicode/utf8"
)

// maxEntity bounds the name of a character reference.
const maxEntity = 34

// unescape reads one escaped character at the beginning of s: a character
// reference, a percent escape, or a backslash escape. It returns its length in
// bytes, 0 if there is none.
func unescape(s string) (r rune, n int) {
	switch s[0] {
	case '&':
		return unescapeEntity(s)
	case '%':
		return unescapePercent(s)
	case '\\':
		return unescapeBackslash(s)
	}
	return 0, 0
}

// unescapeEntity reads &#99; &#x63; &eacute; with or without the semicolon where
// it is a number, and escaped once more or oftener (&amp;#99;).
func unescapeEntity(s string) (rune, int) {
	i := 1
	for {
		n := ampersand(s[i:])
		if n == 0 {
			break
		}
		i += n
	}
	r, n := unescapeReference(s, i)
	if n == 0 && i > 1 {
		return '&', i
	}
	return r, n
}

// ampersand is the length of what makes & of another &.
func ampersand(s string) int {
	for _, a := range [...]string{"amp;", "#38;", "#x26;", "#X26;"} {
		if strings.HasPrefix(s, a) {
			return len(a)
		}
	}
	return 0
}

// unescapeReference reads what follows the ampersand, from s[i] on.
func unescapeReference(s string, i int) (rune, int) {
	if i >= len(s) {
		return 0, 0
	}
	if s[i] == '#' {
		i++
		base, digits := rune(10), 7
		if i < len(s) && s[i]|0x20 == 'x' {
			i, base, digits = i+1, 16, 6
		}
		for i < len(s) && s[i] == '0' && i+1 < len(s) && hexDigit(s[i+1]) < base {
			i++
		}
		r, n := number(s[i:], base, digits)
		if n == 0 {
			return 0, 0
		}
		i += n
		if i < len(s) && s[i] == ';' {
			i++
		}
		return valid(r, i)
	}
	end := i
	for end < len(s) && end-i < maxEntity && alphanumeric(s[end]) {
		end++
	}
	if end == i || end >= len(s) || s[end] != ';' {
		return 0, 0
	}
	name := s[i : end+1]
	var buf [maxEntity + 2]byte
	ref := string(append(append(buf[:0], '&'), name...))
	out := html.UnescapeString(ref)
	r, n := utf8.DecodeRuneInString(out)
	if n != len(out) {
		return 0, 0
	}
	return valid(r, end+1)
}

// unescapePercent reads the percent-encoded UTF-8 of one character, encoded once or
// oftener (%2520).
func unescapePercent(s string) (rune, int) {
	i := 0
	for strings.HasPrefix(s[i+1:], "25") && i < maxEntity {
		i += 2
	}
	if i > 0 {
		if r, n := unescapeBytes(s[i:], '%'); n > 0 {
			return r, n + i
		}
	}
	return unescapeBytes(s, '%')
}

// unescapeBytes reads the bytes of one character, each in hexadecimal after sign, of
// which the first is taken for granted.
func unescapeBytes(s string, sign byte) (rune, int) {
	var buf [utf8.UTFMax]byte
	n := 0
	for n < len(buf) && len(s) >= 3*n+3 && (n == 0 || s[3*n] == sign) {
		r, l := number(s[3*n+1:], 16, 2)
		if l != 2 {
			break
		}
		buf[n] = byte(r)
		n++
		if utf8.FullRune(buf[:n]) {
			break
		}
	}
	r, size := utf8.DecodeRune(buf[:n])
	if n == 0 || r == utf8.RuneError || size != n {
		return 0, 0
	}
	return valid(r, 3*n)
}

// unescapeBackslash reads \x63, \u0063, \U00000063 and \u{63}.
func unescapeBackslash(s string) (rune, int) {
	if len(s) < 4 {
		return 0, 0
	}
	digits := 0
	switch s[1] {
	case 'x':
		digits = 2
	case 'u':
		if s[2] == '{' {
			r, n := number(s[3:], 16, 6)
			if n == 0 || len(s) <= 3+n || s[3+n] != '}' {
				return 0, 0
			}
			return valid(r, 3+n+1)
		}
		digits = 4
	case 'U':
		digits = 8
	default:
		return 0, 0
	}
	r, n := number(s[2:], 16, digits)
	if n != digits {
		return 0, 0
	}
	return valid(r, 2+n)
}

func valid(r rune, n int) (rune, int) {
	if !utf8.ValidRune(r) || r == utf8.RuneError || r == 0 {
		return 0, 0
	}
	return r, n
}

// number reads at most max digits.
func number(s string, base rune, max int) (r rune, n int) {
	for n < len(s) && n < max {
		d := hexDigit(s[n])
		if d >= base {
			break
		}
		if r = r*base + d; r > utf8.MaxRune {
			return 0, 0
		}
		n++
	}
	return r, n
}

func hexDigit(c byte) rune {
	switch {
	case c >= '0' && c <= '9':
		return rune(c - '0')
	case c|0x20 >= 'a' && c|0x20 <= 'f':
		return rune(c|0x20-'a') + 10
	}
	return 16
}

func alphanumeric(c byte) bool {
	return c >= '0' && c <= '9' || c|0x20 >= 'a' && c|0x20 <= 'z'
}
