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
	r.mu.Lock()
	rm := r.rooms[room]
	if rm == nil || rm.phase != joined {
		r.mu.Unlock()
		return r.fetchInfo(ctx, room)
	}
	c := rm.info
	mine := c == nil
	if mine {
		c = &infoCall{done: make(chan struct{})}
		rm.info = c
	}
	r.mu.Unlock()
	if mine {
		c.info, c.err = r.fetchInfo(ctx, room)
		if c.err != nil {
			r.mu.Lock()
			if rm.info == c {
				rm.info = nil
			}
			r.mu.Unlock()
		}
		close(c.done)
	}
	select {
	case <-c.done:
		return c.info, c.err
	case <-ctx.Done():
		return Info{}, ctx.Err()
	}
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
