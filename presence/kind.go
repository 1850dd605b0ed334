package presence

// Kind is what an [Event] or a [Notice] says.
type Kind uint8

// The first two are all that a [Debouncer] delivers. The kinds that start with
// Self are about the recipient's own occupancy.
const (
	// Join: an occupant entered the room (XEP-0045 §7.2).
	Join Kind = iota + 1
	// Part: an occupant left the room, whatever the cause (XEP-0045 §7.14).
	Part
	// NickChange: an occupant is now Notice.NewNick (XEP-0045 §7.6, status 303).
	NickChange
	// SelfJoin: the recipient entered the room as Notice.Nick and found
	// Notice.Occupants there. A rejoin is no SelfJoin.
	SelfJoin
	// SelfPart: the recipient is out of the room for good.
	SelfPart
	// SelfNickChange: the recipient's own nick is now Notice.NewNick.
	SelfNickChange
)

var kindNames = [...]string{Join: "join", Part: "part", NickChange: "nick change",
	SelfJoin: "self join", SelfPart: "self part", SelfNickChange: "self nick change"}

// String names the kind for logs.
func (k Kind) String() string {
	if k < Join || k > SelfNickChange {
		return "unknown"
	}
	return kindNames[k]
}
