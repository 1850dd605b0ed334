package stanza

// Namespaces that several packages speak.
const (
	NSClient      = "jabber:client"           // of stanzas; a component's are read as if in it
	NSComponent   = "jabber:component:accept" // XEP-0114
	NSStanzas     = "urn:ietf:params:xml:ns:xmpp-stanzas"
	NSStreams     = "urn:ietf:params:xml:ns:xmpp-streams"
	NSStream      = "http://etherx.jabber.org/streams"
	NSMUC         = "http://jabber.org/protocol/muc"
	NSMUCUser     = "http://jabber.org/protocol/muc#user"
	NSMUCAdmin    = "http://jabber.org/protocol/muc#admin"
	NSMUCOwner    = "http://jabber.org/protocol/muc#owner"
	NSConference  = "jabber:x:conference" // XEP-0249
	NSDelay       = "urn:xmpp:delay"      // XEP-0203
	NSLegacyDelay = "jabber:x:delay"      // XEP-0091
	NSStanzaID    = "urn:xmpp:sid:0"      // XEP-0359
	NSOccupantID  = "urn:xmpp:occupant-id:0"
	NSPing        = "urn:xmpp:ping" // XEP-0199
	NSDiscoInfo   = "http://jabber.org/protocol/disco#info"
	NSDiscoItems  = "http://jabber.org/protocol/disco#items"
	NSCaps        = "http://jabber.org/protocol/caps" // XEP-0115
	NSVersion     = "jabber:iq:version"               // XEP-0092
	NSData        = "jabber:x:data"                   // XEP-0004
)
