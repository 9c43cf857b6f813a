package tickets

import "time"

// Deed is one thing that a technician's mail did, for its receipt.
type Deed struct {
	Verb Verb
	Arg  string // what was understood, as the receipt shows it: a name, a number, an address
}

// Receipt tells a technician what his mail did, and keeps what is needed to take
// it back.
type Receipt struct {
	Code       string // by which it is taken back; "" if it cannot be
	Technician string
	Ticket     Number // 0 for none
	Until      time.Time
	Deeds      []Deed
	// Sent: words or news went to the requester; these stay sent.
	Sent bool
	// Below are the tickets, part of the one it is about, that it counted for too.
	Below []Number
	Undo  Undo
}

// Undo is what takes a technician's mail back.
type Undo struct {
	Before, After Snapshot
	Participants  []string `json:",omitempty"` // who were added
	Links         []Link   `json:",omitempty"` // that were made
	Split         Number   `json:",omitempty"` // the ticket that was made of a message
	Absence       int64    `json:",omitempty"` // that was written
	Ended         []int64  `json:",omitempty"` // absences that were ended
	// Children were put below Parent, which became general by it if MadeGeneral.
	Parent      Number   `json:",omitempty"`
	Children    []Number `json:",omitempty"`
	MadeGeneral bool     `json:",omitempty"`
	// Below are tickets that were resolved or closed with the general one.
	Below []Moved `json:",omitempty"`
	// Joined are those who came to take part in the ticket that this one was
	// merged into.
	Joined []string `json:",omitempty"`
	// Copied is how the new requester took part before, if she did.
	Copied *Copied `json:",omitempty"`
}

// Empty reports whether there is nothing to take back.
func (u *Undo) Empty() bool {
	return u.Before == u.After && len(u.Participants)+len(u.Links)+len(u.Ended)+len(u.Children) == 0 && !u.MadeGeneral && u.Split == 0 && u.Absence == 0
}

// Copied is somebody copied in, from the message with the id Since on.
type Copied struct {
	Name, Address string
	Since         int64
}

// Moved is a ticket whose status was changed together with another's.
type Moved struct {
	Number        Number
	Before, After Status
}

// Snapshot is what a technician's commands may change about a ticket.
type Snapshot struct {
	Status      Status
	Type        Type
	TypeKnown   bool
	Category    string
	Priority    Priority
	PriorityWhy string
	Technician  string
	MergedInto  Number
	Requester   Person
	Locale      Locale // of the requester
}

// Snapshot of a ticket as it is.
func (t *Ticket) Snapshot() Snapshot {
	return Snapshot{
		Status: t.Status, Type: t.Type, TypeKnown: t.TypeKnown, Category: t.Category,
		Priority: t.Priority, PriorityWhy: t.PriorityWhy, Technician: t.Technician, MergedInto: t.MergedInto, Requester: t.Requester, Locale: t.Requester.Locale,
	}
}

// Restore takes back what changed from Before to After, at a time. It changes
// nothing and reports false if any of it was changed again since.
func (t *Ticket) Restore(u *Undo, c *Catalogue, at time.Time) bool {
	now, b, a := t.Snapshot(), u.Before, u.After
	type field struct{ changed, stands bool }
	for _, f := range []field{
		{b.Status != a.Status, now.Status == a.Status},
		{b.Type != a.Type || b.TypeKnown != a.TypeKnown, now.Type == a.Type && now.TypeKnown == a.TypeKnown},
		{b.Category != a.Category, now.Category == a.Category},
		{b.Priority != a.Priority || b.PriorityWhy != a.PriorityWhy, now.Priority == a.Priority && now.PriorityWhy == a.PriorityWhy},
		{b.Technician != a.Technician, now.Technician == a.Technician},
		{b.MergedInto != a.MergedInto, now.MergedInto == a.MergedInto},
		{b.Requester.Address != a.Requester.Address, now.Requester.Address == a.Requester.Address},
	} {
		if f.changed && !f.stands {
			return false
		}
	}
	if b.Status != a.Status {
		t.SetStatus(b.Status, at)
	}
	if b.Category != a.Category {
		t.Category = b.Category
	}
	if b.Technician != a.Technician {
		t.Technician = b.Technician
	}
	if b.MergedInto != a.MergedInto {
		t.MergedInto = b.MergedInto
	}
	if b.Requester.Address != a.Requester.Address {
		t.Requester = b.Requester
		t.Requester.Locale = b.Locale
	}
	t.restorePriority(b, a)
	t.SetDue(c)
	return true
}

func (t *Ticket) restorePriority(b, a Snapshot) {
	if b.Type != a.Type || b.TypeKnown != a.TypeKnown {
		t.Type, t.TypeKnown = b.Type, b.TypeKnown
	}
	if b.Priority != a.Priority || b.PriorityWhy != a.PriorityWhy {
		t.PriorityWhy = b.PriorityWhy
		t.Prioritise()
		t.Priority = b.Priority
		return
	}
	t.Prioritise()
}
