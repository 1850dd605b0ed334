package xmpptest

import (
	"strconv"

	"github.com/xmppkit/xmppkit/stanza"
)

const nsRSM = "http://jabber.org/protocol/rsm"

// page is the part of a list of n that a request asks for (XEP-0059): from lo up to
// hi. set is the request's, or nil; at is where an id stands, or negative.
func page(set *stanza.Element, n, limit int, at func(id string) int) (lo, hi int, complete bool, refused stanza.Condition) {
	size := limit
	if set == nil {
		return 0, min(n, size), n <= size, ""
	}
	if m, err := strconv.Atoi(set.ChildText(nsRSM, "max")); err == nil && m >= 0 {
		size = min(size, m)
	}
	if before := set.Child(nsRSM, "before"); before != nil {
		hi = n
		if id := before.Content(); id != "" {
			if hi = at(id); hi < 0 {
				return 0, 0, false, stanza.ItemNotFound
			}
		}
		lo = max(hi-size, 0)
		return lo, hi, lo == 0, ""
	}
	if id := set.ChildText(nsRSM, "after"); id != "" {
		i := at(id)
		if i < 0 {
			return 0, 0, false, stanza.ItemNotFound
		}
		lo = i + 1
	}
	hi = min(lo+size, n)
	return lo, hi, hi == n, ""
}

// pageSet says which part was given.
func pageSet(first, last string, lo, n int) stanza.Element {
	set := stanza.NewElement(nsRSM, "set")
	if first != "" {
		set.Children = append(set.Children,
			stanza.NewText(nsRSM, "first", first).WithAttr("index", strconv.Itoa(lo)),
			stanza.NewText(nsRSM, "last", last))
	}
	set.Children = append(set.Children, stanza.NewText(nsRSM, "count", strconv.Itoa(n)))
	return set
}
