package tickets

import "time"

// Arrival tells which mail (or web request) something came with. It is what
// the ledger keeps, so that nothing is taken twice.
type Arrival struct {
	Mailbox     string // configured name; "import" for files, "web" for the page
	UIDValidity uint32 // 0: no IMAP mailbox, so there is no ledger row
	UID         uint32
	Size        int64 // bytes, as the server counts them
	Received    time.Time
	// Key is the content key: the same mail over two routes, or offered again
	// after a crash, has the same one.
	Key string
	Raw []byte // the whole mail; only its header if it was too big; nil for the page
	// Quarantined is the id under which the mail lies in quarantine, 0 if it does
	// not: it is taken anew, and leaves there with what becomes of it now.
	Quarantined int64
}

// Hints are what the subject's tags or a filled-in form say about a ticket.
type Hints struct {
	Type     Type   // "" if nothing was said
	Category string // id; "" if nothing was said
	Impact   Level
	Answers  Answers
}

// Empty reports whether nothing was said.
func (h Hints) Empty() bool { return h == Hints{} }

// Incoming is what one person contributes, by mail or page.
type Incoming struct {
	Arrival
	Author      Author
	MessageID   string
	InReplyTo   string
	References  []string
	Subject     string // without tags and prefixes
	Text, Reply string // all of it; what is new in it
	Attachments []Attachment
	Refused     []string // names of attachments that were not taken
	Copied      []Person // people it was also sent to, who may be brought into the ticket
	Hints       Hints
	Form        FormRead
	Satisfied   *bool // whether she is content with how it ended; nil if nothing is said of it
	Ask         Ask   // what the mail asks for, if that is all it is about
	At          time.Time
	Why         string // how its ticket was found, for the event

	// SentTo are those to whom a technician's mail went by itself.
	SentTo []string
	// HandTo is the technician to whom another one forwarded it.
	HandTo string
	// Forwarded is the mail that a technician passed on to open a ticket with.
	Forwarded *Forwarded

	// Silent says why no automatic letter answers it; "" if nothing keeps one back.
	Silent string
	// Courtesy: it only says thanks, and does not open a ticket again.
	Courtesy bool
	// Internal: it reached a ticket from somebody who has no part in it. The
	// technician sees it, no requester does.
	Internal bool
	// Quoted are numbers that were quoted without a right to them.
	Quoted []Number
}

// Forwarded is somebody's mail inside another's.
type Forwarded struct {
	From    Person
	Subject string
	Text    string
}

// Fate is what became of a mail. Every mail leaves one in the ledger.
type Fate string

// The fates.
const (
	FateOpened      Fate = "opened"
	FateJoined      Fate = "joined"
	FateNoted       Fate = "noted" // a robot's, or one that only a technician may see
	FateHeld        Fate = "held"  // until the sender confirms the address
	FateParked      Fate = "parked"
	FateDuplicate   Fate = "duplicate"
	FateConfirmed   Fate = "confirmed"
	FateRefused     Fate = "refused"
	FateQuarantined Fate = "quarantined"
	FateVanished    Fate = "vanished" // somebody else moved it before it was taken
)
