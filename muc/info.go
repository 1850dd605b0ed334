package muc

import (
	"context"
	"fmt"
	"slices"

	"github.com/xmppkit/xmppkit/stanza"
)

// Info is what a room says of itself (XEP-0045 §6.4).
type Info struct {
	Name     string
	Features []string            // sorted
	Fields   map[string][]string // such as muc#roominfo_description
}

// Has reports whether the room has the feature, such as muc_membersonly.
func (i Info) Has(feature string) bool {
	_, ok := slices.BinarySearch(i.Features, feature)
	return ok
}

// SelfPing reports whether the room says that it answers self-pings itself (XEP-0410
// §3.3). Some do and do not say so.
func (i Info) SelfPing() bool { return i.Has(stanza.NSMUC + "#self-ping-optimization") }

// infoCall is a request for Info, under way or answered.
type infoCall struct {
	done chan struct{} // closed once the rest is set
	info Info
	err  error
}

// Info asks a room what it is (disco#info). It blocks until the answer is there, and
// may be called from OnEvent. Of a room that we are in it asks once only in a visit,
// until the room is configured otherwise. What it returns is shared: do not change it.
func (r *Rooms) Info(ctx context.Context, room stanza.JID) (Info, error) {
	room = normal(room)
	for {
		c, mine := r.infoOf(room)
		switch {
		case c == nil:
			return r.fetchInfo(ctx, room)
		case mine:
			c.info, c.err = r.fetchInfo(ctx, room)
			r.infoDone(room, c)
			return c.info, c.err
		}
		select {
		case <-c.done:
			if c.err == nil {
				return c.info, nil
			}
			// Whoever asked may have been in a hurry: ask for ourselves.
		case <-ctx.Done():
			return Info{}, ctx.Err()
		}
	}
}

// infoOf is the request of this visit, mine if it is new; nil outside.
func (r *Rooms) infoOf(room stanza.JID) (c *infoCall, mine bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	rm := r.rooms[room]
	if rm == nil || rm.phase != joined {
		return nil, false
	}
	if rm.info == nil {
		rm.info, mine = &infoCall{done: make(chan struct{})}, true
	}
	return rm.info, mine
}

// infoDone keeps what was answered, and no failure.
func (r *Rooms) infoDone(room stanza.JID, c *infoCall) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if rm := r.rooms[room]; rm != nil && rm.info == c && c.err != nil {
		rm.info = nil
	}
	close(c.done)
}

func (r *Rooms) fetchInfo(ctx context.Context, room stanza.JID) (Info, error) {
	answer, err := r.request(ctx, room, stanza.Get, stanza.NewElement(stanza.NSDiscoInfo, "query"))
	if err != nil {
		return Info{}, fmt.Errorf("muc: info of %s: %w", room, err)
	}
	var info Info
	q := answer.Extension(stanza.NSDiscoInfo, "query")
	if q == nil {
		return info, nil
	}
	for i := range q.Children {
		switch e := &q.Children[i]; {
		case e.Is(stanza.NSDiscoInfo, "identity") && info.Name == "":
			info.Name = e.Attr("name")
		case e.Is(stanza.NSDiscoInfo, "feature") && len(info.Features) < maxValues:
			info.Features = append(info.Features, e.Attr("var"))
		case e.Is(stanza.NSData, "x") && info.Fields == nil:
			info.Fields = map[string][]string{}
			for _, f := range formFields(e) {
				info.Fields[f.name] = f.values
			}
		}
	}
	slices.Sort(info.Features)
	return info, nil
}
