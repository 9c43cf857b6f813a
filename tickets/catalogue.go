package tickets

import (
	"slices"
	"strings"
	"time"

	"respon/tickets/hours"
)

// Policy says whose mails open tickets.
type Policy string

// The policies of intake.
const (
	PolicyOpen     Policy = "open"     // anyone's
	PolicyConfirm  Policy = "confirm"  // people of listed entities; others confirm their address first
	PolicyEntities Policy = "entities" // people of listed entities only
)

// Catalogue is what the operator configures about the desk. It is immutable: a
// reload makes a new one and swaps it whole.
type Catalogue struct {
	Gateway         Gateway
	Policy          Policy
	TrustedAuthserv []string // authserv-ids (RFC 8601) whose results are believed
	MaxSize         int64    // bytes of a mail that is taken
	RefusedFiles    []string // ends of names of attachments that are not taken

	Entities    []Entity
	Categories  []Category
	Technicians []Technician

	SLA        map[Priority]Target
	Escalation Escalation
	Reports    []string // addresses that get the weekly report
	Operators  []string // addresses that are told of quarantined mails and decide about them
	Hours      *hours.Calendar
	Limits     Limits
	Life       Lifecycle
}

// Gateway is how the gateway itself appears in mails.
type Gateway struct {
	Address        string // where people write
	Name           string
	Phone          string
	Prefix         string // of ticket numbers
	Locale         Locale // when a person's is unknown
	Location       *time.Location
	BaseURL        string // without a slash at the end
	Aliases        []string
	PlusAddressing bool
}

// Entity is an organisation whose people may write.
type Entity struct {
	Name    string
	Domains []string // lower case; sub-domains do not count
	Locale  Locale
}

// Category is a field of work.
type Category struct {
	ID          string
	Names       map[Locale]string
	Aliases     []string
	Technicians []string // ids
}

// Name in a language; Spanish where that one is missing.
func (c *Category) Name(l Locale) string {
	if s := c.Names[l]; s != "" {
		return s
	}
	if s := c.Names[Spanish]; s != "" {
		return s
	}
	return c.ID
}

// Technician is somebody who answers.
type Technician struct {
	ID       string
	Name     string
	Email    string
	Locale   Locale
	Capacity int  // open tickets she can carry
	Default  bool // takes what no category claims
}

// Person of a technician, as a letter is addressed to her.
func (t *Technician) Person() Person {
	return Person{Name: t.Name, Address: t.Email, Locale: t.Locale}
}

// Target is the promise for a priority, in business time. Zero: none.
type Target struct {
	FirstAnswer time.Duration
	Resolution  time.Duration
}

// Escalation says who else is told when a target was missed.
type Escalation struct {
	Addresses  []string              // of any priority that has no list of its own
	ByPriority map[Priority][]string // an empty list tells nobody
}

// For gives the addresses for a priority.
func (e Escalation) For(p Priority) []string {
	if own, ok := e.ByPriority[p]; ok {
		return own
	}
	return e.Addresses
}

// Limits keep two robots from talking for long.
type Limits struct {
	AutomaticPerSender int // automatic mails to one requester's address per hour
	Retry              []time.Duration
}

// Lifecycle sets when silence moves a ticket.
type Lifecycle struct {
	RemindWaiting time.Duration
	CloseResolved time.Duration
	ReopenWindow  time.Duration
}

// CategoryByID finds a category, or nil.
func (c *Catalogue) CategoryByID(id string) *Category {
	for i := range c.Categories {
		if c.Categories[i].ID == id {
			return &c.Categories[i]
		}
	}
	return nil
}

// FindCategory finds a category by id, a name in any language or an alias;
// case and accents do not matter. It returns nil if there is none.
func (c *Catalogue) FindCategory(word string) *Category {
	want := Fold(word)
	if want == "" {
		return nil
	}
	for i := range c.Categories {
		cat := &c.Categories[i]
		if Fold(cat.ID) == want {
			return cat
		}
		for _, name := range cat.Names {
			if Fold(name) == want {
				return cat
			}
		}
		for _, alias := range cat.Aliases {
			if Fold(alias) == want {
				return cat
			}
		}
	}
	return nil
}

// TechnicianByID finds a technician, or nil.
func (c *Catalogue) TechnicianByID(id string) *Technician {
	for i := range c.Technicians {
		if c.Technicians[i].ID == id {
			return &c.Technicians[i]
		}
	}
	return nil
}

// TechnicianByAddress finds a technician by mail address, or nil.
func (c *Catalogue) TechnicianByAddress(address string) *Technician {
	for i := range c.Technicians {
		if strings.EqualFold(c.Technicians[i].Email, address) {
			return &c.Technicians[i]
		}
	}
	return nil
}

// FindTechnician finds a technician by id, name or address, or nil. A word that
// people put before a name ("a pere") does not count.
func (c *Catalogue) FindTechnician(word string) *Technician {
	for _, w := range []string{word, strings.TrimPrefix(strings.TrimPrefix(word, "a "), "to ")} {
		w = strings.Trim(w, " .,;<>")
		for i := range c.Technicians {
			t := &c.Technicians[i]
			if Fold(t.ID) == Fold(w) || Fold(t.Name) == Fold(w) || strings.EqualFold(t.Email, w) {
				return t
			}
		}
	}
	return nil
}

// EntityOf finds the entity that an address belongs to, or nil. Only the whole
// domain counts: anybody may have a sub-domain that looks alike.
func (c *Catalogue) EntityOf(address string) *Entity {
	domain := DomainOf(address)
	if domain == "" {
		return nil
	}
	for i := range c.Entities {
		for _, d := range c.Entities[i].Domains {
			if strings.EqualFold(d, domain) {
				return &c.Entities[i]
			}
		}
	}
	return nil
}

// Person completes an address with what the catalogue knows about it.
func (c *Catalogue) Person(name, address string) Person {
	p := Person{Name: name, Address: NormalAddress(address), Locale: c.Gateway.Locale}
	if e := c.EntityOf(address); e != nil {
		p.Entity = e.Name
		if e.Locale != "" {
			p.Locale = e.Locale
		}
	}
	return p
}

// RefusesFile reports whether an attachment is not taken, by the end of its name.
// Windows takes no notice of dots and spaces behind it.
func (c *Catalogue) RefusesFile(name string) bool {
	name = strings.ToLower(strings.TrimRight(name, ". \t\u00a0"))
	dot := strings.LastIndexByte(name, '.')
	return dot >= 0 && slices.Contains(c.RefusedFiles, name[dot+1:])
}

// Operator reports whether an address may decide about quarantined mails.
func (c *Catalogue) Operator(address string) bool {
	return slices.ContainsFunc(c.Operators, func(o string) bool { return NormalAddress(o) == NormalAddress(address) })
}

// Ours reports whether an address reaches the gateway itself, with or without
// a token behind a plus sign.
func (c *Catalogue) Ours(address string) bool {
	_, ok := c.tag(address)
	return ok
}

// TokenIn returns what stands behind the plus sign of an address of ours, "" if
// nothing does or the address is not ours.
func (c *Catalogue) TokenIn(address string) string {
	tag, _ := c.tag(address)
	return tag
}

func (c *Catalogue) tag(address string) (tag string, ours bool) {
	address = NormalAddress(address)
	local, domain, ok := strings.Cut(address, "@")
	if !ok {
		return "", false
	}
	plain, tag, _ := strings.Cut(local, "+")
	for _, a := range append([]string{c.Gateway.Address}, c.Gateway.Aliases...) {
		if a = NormalAddress(a); a == address {
			return "", true
		} else if a == plain+"@"+domain {
			return tag, true
		}
	}
	return "", false
}
