package xmpptest

import "github.com/xmppkit/xmppkit/stanza"

func (r *room) query(p *party, x *stanza.Element) ([]stanza.Element, stanza.Condition) {
	return nil, stanza.ServiceUnavailable
}
func (r *room) moderates(x *stanza.Element) bool { return false }
func (r *room) moderate(p *party, x *stanza.Element) stanza.Condition {
	return stanza.ServiceUnavailable
}

type pubsubService struct{ srv *Server }

func newPubsubService(s *Server) *pubsubService { return &pubsubService{s} }
func (v *pubsubService) handle(p *party, st stanza.Stanza) {
	v.srv.bounce(p, st, &stanza.Error{Condition: stanza.ServiceUnavailable})
}
