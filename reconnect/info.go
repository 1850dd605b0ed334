package reconnect

import (
	"crypto/sha1" // what XEP-0115 hashes with
	"encoding/base64"
	"runtime/debug"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/xmppkit/xmppkit/stanza"
)

// Software is what others may know of the program (XEP-0092, XEP-0030).
type Software struct {
	Name    string // default "xmppkit"
	Version string // default the version of this module, where it is known
	OS      string // default: not told
	Node    string // a URI that names the software for caps (XEP-0115); default that of this module
}

const (
	moduleURI = "https://github.com/xmppkit/xmppkit"

	nsTime = "urn:xmpp:time"
	nsLast = "jabber:iq:last"
)

// identity is what a disco#info says we are (XEP-0030).
type identity struct{ category, kind string }

var (
	clientIdentity    = identity{"client", "bot"}
	componentIdentity = identity{"component", "generic"}
	addressIdentity   = identity{"client", "pc"}
)

// info answers for the client itself, where none of the services does: ping
// (XEP-0199), disco (XEP-0030), version (XEP-0092), time (XEP-0202) and last
// activity (XEP-0012).
type info struct {
	software Software
	identity identity
	features []string
	stream   *stream
}

func newInfo(software Software, services []stanza.Service, id identity, s *stream) *info {
	software.Name = or(software.Name, "xmppkit")
	software.Version = or(software.Version, moduleVersion())
	software.Node = or(software.Node, moduleURI)
	i := &info{software: software, identity: id, stream: s, features: []string{
		stanza.NSDiscoInfo, stanza.NSDiscoItems, stanza.NSPing, stanza.NSVersion, nsTime, nsLast,
	}}
	if id == clientIdentity {
		i.features = append(i.features, stanza.NSCaps)
	}
	for _, svc := range services {
		if f, ok := svc.(stanza.Featurer); ok {
			i.features = append(i.features, f.Features()...)
		}
	}
	slices.Sort(i.features)
	i.features = slices.Compact(i.features)
	return i
}

// Answer answers what is asked of the client itself.
func (i *info) Answer(iq *stanza.IQ) *stanza.IQ {
	q := iq.Payload()
	if q == nil || iq.Type != stanza.Get {
		return nil
	}
	switch {
	case q.Is(stanza.NSPing, "ping"):
		return iq.Result()
	case q.Is(stanza.NSDiscoInfo, "query"):
		node := q.Attr("node")
		if node != "" && node != i.software.Node+"#"+i.ver() {
			return iq.Refuse(&stanza.Error{Condition: stanza.ItemNotFound})
		}
		return iq.Result(i.disco(node))
	case q.Is(stanza.NSDiscoItems, "query"):
		return iq.Result(stanza.NewElement(stanza.NSDiscoItems, "query").WithAttr("node", q.Attr("node")))
	case q.Is(stanza.NSVersion, "query"):
		return iq.Result(i.version())
	case q.Is(nsTime, "time"):
		now := time.Now()
		return iq.Result(stanza.NewElement(nsTime, "time",
			stanza.NewText(nsTime, "tzo", now.Format("-07:00")),
			stanza.NewText(nsTime, "utc", now.UTC().Format(time.RFC3339))))
	case q.Is(nsLast, "query"):
		idle := time.Since(time.Unix(0, i.stream.spoken.Load()))
		return iq.Result(stanza.NewElement(nsLast, "query").
			WithAttr("seconds", strconv.FormatInt(int64(max(idle, 0)/time.Second), 10)))
	}
	return nil
}

func (i *info) version() stanza.Element {
	q := stanza.NewElement(stanza.NSVersion, "query",
		stanza.NewText(stanza.NSVersion, "name", i.software.Name),
		stanza.NewText(stanza.NSVersion, "version", i.software.Version))
	if i.software.OS != "" {
		q.Children = append(q.Children, stanza.NewText(stanza.NSVersion, "os", i.software.OS))
	}
	return q
}

func (i *info) disco(node string) stanza.Element {
	q := stanza.NewElement(stanza.NSDiscoInfo, "query",
		stanza.NewElement(stanza.NSDiscoInfo, "identity").
			WithAttr("category", i.identity.category).WithAttr("type", i.identity.kind).
			WithAttr("name", i.software.Name)).WithAttr("node", node)
	for _, f := range i.features {
		q.Children = append(q.Children, stanza.NewElement(stanza.NSDiscoInfo, "feature").WithAttr("var", f))
	}
	return q
}

// ver is the verification string of XEP-0115 §5.1.
func (i *info) ver() string {
	var b strings.Builder
	b.WriteString(i.identity.category + "/" + i.identity.kind + "//" + i.software.Name + "<")
	for _, f := range i.features {
		b.WriteString(f + "<")
	}
	sum := sha1.Sum([]byte(b.String()))
	return base64.StdEncoding.EncodeToString(sum[:])
}

// caps is the payload that lets others look our features up once (XEP-0115).
func (i *info) caps() stanza.Element {
	return stanza.NewElement(stanza.NSCaps, "c").WithAttr("hash", "sha-1").
		WithAttr("node", i.software.Node).WithAttr("ver", i.ver())
}

// withCaps adds the caps to a presence that says we are there.
func withCaps(st stanza.Stanza, caps stanza.Element) stanza.Stanza {
	p, ok := st.(*stanza.Presence)
	if !ok || p.Type != stanza.Available || p.Extension(stanza.NSCaps, "c") != nil {
		return st
	}
	c := *p
	c.Extensions = append(slices.Clip(c.Extensions), caps)
	return &c
}

func moduleVersion() string {
	if b, ok := debug.ReadBuildInfo(); ok {
		for _, m := range append(b.Deps, &b.Main) {
			if m.Path == "github.com/xmppkit/xmppkit" && m.Version != "" && m.Version != "(devel)" {
				return m.Version
			}
		}
	}
	return "devel"
}
