package web

import "respon/tickets"

// act is what somebody does by going to a page.
type act string

// The acts.
const (
	actPublic  act = "public"  // what anybody may read
	actOwn     act = "own"     // the list of one's own tickets
	actQueue   act = "queue"   // everyone's tickets
	actRead    act = "read"    // a ticket, and those of its messages one may see
	actMessage act = "message" // one message of a ticket, with its files
	actWrite   act = "write"   // add to a ticket
	actAnswer  act = "answer"  // add to it as a technician: to the requester, or as a note
	actAudit   act = "audit"   // a ticket's trail, addresses, and all that is internal
)

// mayAct is the one function that decides who may see or do what. t is the
// ticket, or nil for an act on none; m the message, for actMessage.
//
// Everybody else's ticket is nobody's business: on the pages a colleague of the
// requester is a stranger too, since an address in an entity's domain is not
// yet a part in the entity's affairs.
func mayAct(v *visitor, a act, t *tickets.Ticket, m *tickets.Message) bool {
	technician := v.technician != nil
	switch a {
	case actPublic:
		return true
	case actOwn:
		return v.signedIn()
	case actQueue:
		return technician
	case actAudit:
		return technician && t != nil
	case actRead, actWrite:
		return t != nil && (technician || v.signedIn() && t.TakesPart(v.address))
	case actMessage:
		return m != nil && t != nil && (technician || v.signedIn() && t.Sees(v.address, m))
	case actAnswer:
		// Her own matter she brings forward like anybody.
		return technician && t != nil && tickets.NormalAddress(t.Requester.Address) != v.address
	}
	return false
}
