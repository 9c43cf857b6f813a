package tickets

import "strings"

// Locale is a language that respon writes.
type Locale string

// The three languages, equals.
const (
	Spanish   Locale = "es"
	Valencian Locale = "ca-valencia"
	English   Locale = "en"
)

// Locales are all languages.
var Locales = [...]Locale{Spanish, Valencian, English}

// Person is somebody who writes or is written to.
type Person struct {
	Name    string `json:"name"`
	Address string `json:"address"` // addr-spec; lower case where it is a key
	Entity  string `json:"entity"`  // name of the entity; "" for outsiders
	Locale  Locale `json:"-"`
}

// Role is what a participant is to a ticket.
type Role string

// The roles.
const (
	RoleRequester Role = "requester"
	RoleCc        Role = "cc"
)

// Participant is anyone who gets the mails of a ticket.
type Participant struct {
	Name    string `json:"name"`
	Address string `json:"address"`
	Role    Role   `json:"role"`
	// Since is the id of the first message that she may see; 0 is all of them.
	Since int64 `json:"-"`
}

// Trust is how sure we are who a sender is.
type Trust string

// The degrees of trust. Only Verified and Claimed are kept with messages.
const (
	Verified Trust = "verified" // by a token of hers, or by DMARC at a trusted server
	Claimed  Trust = "claimed"  // nothing speaks for it, nothing against
	Suspect  Trust = "suspect"  // DMARC failed, or there is no single plain From
)

// Author is who an incoming message is from.
type Author struct {
	Person
	Trust      Trust
	Technician string // id, if the address is a technician's
	// Vouched: the sender's mail server vouches for the address (DMARC), or he
	// signed in to the page. A token alone proves that a mail of ours was read.
	Vouched bool
}

// NormalAddress is the form in which addresses are compared and stored. Local
// parts are case-sensitive by RFC 5321 (section 2.4), and nobody treats them so.
func NormalAddress(a string) string { return strings.ToLower(strings.TrimSpace(a)) }

// DomainOf returns what stands behind the last @, in lower case, or "".
func DomainOf(address string) string {
	_, domain, ok := strings.Cut(NormalAddress(address), "@")
	for ok {
		var rest string
		if _, rest, ok = strings.Cut(domain, "@"); ok {
			domain = rest
		}
	}
	return domain
}
