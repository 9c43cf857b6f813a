package mailer

import (
	"encoding/base32"
	"fmt"
	"io"
	netmail "net/mail"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/wneessen/go-mail"
	"golang.org/x/net/idna"

	"respon/tickets"
	"respon/tickets/token"
)

// header is what stands above a mail's text, and on its envelope.
type header struct {
	subject   string
	messageID string
	answerTo  string // where an answer goes; the gateway's address if not by token
	bounces   string // envelope sender
}

// envelope makes the addresses and ids of a letter.
func (c *Composer) envelope(cat *tickets.Catalogue, l *tickets.Letter) (h header, err error) {
	g := cat.Gateway
	h = header{subject: c.subject(cat, l), answerTo: g.Address, bounces: g.Address}
	if h.messageID, err = c.messageID(cat, l); err != nil {
		return h, err
	}
	if !g.PlusAddressing {
		return h, nil
	}
	switch {
	case l.Ticket != nil:
		if h.bounces, err = c.tagged(g.Address, token.Bounce, l.Ticket.UID, l.To.Address); err == nil {
			h.answerTo, err = c.tagged(g.Address, token.Reply, l.Ticket.UID, l.To.Address)
		}
	case l.Kind == tickets.LetterConfirm:
		h.answerTo, err = c.tagged(g.Address, token.Confirm, l.Token, l.To.Address)
	}
	return h, err
}

// tagged puts a token behind the local part: local+token@domain.
func (c *Composer) tagged(address string, p token.Purpose, uid, person string) (string, error) {
	tag, err := c.signer.Sign(p, uid, person)
	if err != nil {
		return "", fmt.Errorf("address with a token: %w", err)
	}
	local, domain, _ := strings.Cut(address, "@")
	return local + "+" + tag + "@" + domain, nil
}

var idEncoding = base32.NewEncoding("abcdefghijklmnopqrstuvwxyz234567").WithPadding(base32.NoPadding)

// messageID makes the id of a new mail: signed if it is about a ticket, so that
// an answer to it is known; else random and of the same shape.
func (c *Composer) messageID(cat *tickets.Catalogue, l *tickets.Letter) (string, error) {
	domain := "@" + ascii(tickets.DomainOf(cat.Gateway.Address))
	if l.Ticket != nil {
		left, err := c.signer.NewMessageID(l.Ticket.UID, l.To.Address)
		return left + domain, err
	}
	b := make([]byte, 32)
	if _, err := io.ReadFull(c.random, b); err != nil {
		return "", fmt.Errorf("random Message-ID: %w", err)
	}
	return idEncoding.EncodeToString(b) + domain, nil
}

// set writes the header. Every name in it is a constant, and every value that
// came from outside has been made fit for a line.
func (h *header) set(m *mail.Msg, cat *tickets.Catalogue, l *tickets.Letter) {
	g := cat.Gateway
	// From is always the gateway; a technician lends her name only.
	from := oneLine(g.Name)
	if l.Author != nil && l.Author.Name != "" {
		from = oneLine(l.Author.Name + " (" + g.Name + ")")
	}
	m.FromMailAddress(&netmail.Address{Name: from, Address: inHeader(g.Address)})
	m.ToMailAddress(&netmail.Address{Name: addressee(l), Address: inHeader(l.To.Address)})
	if h.answerTo != g.Address {
		m.ReplyToMailAddress(&netmail.Address{Name: oneLine(g.Name), Address: inHeader(h.answerTo)})
	}
	m.Subject(h.subject)
	m.SetMessageIDWithValue(h.messageID)
	m.SetDateWithValue(in(l.At, cat))
	m.SetGenHeader("Content-Language", string(l.Locale))
	answers := validID(l.InReplyTo)
	if answers {
		m.SetGenHeader("In-Reply-To", "<"+l.InReplyTo+">")
	}
	if refs := references(cat, l); len(refs) > 0 {
		m.SetGenHeader("References", "<"+strings.Join(refs, "> <")+">")
	}
	if l.Ticket != nil {
		m.SetGenHeader("X-Respon-Ticket", l.Ticket.Number.Format(g.Prefix))
	}
	if l.Automatic() {
		// RFC 3834, section 5: replied if it answers a mail, generated if not.
		how := "auto-generated"
		if answers {
			how = "auto-replied"
		}
		m.SetGenHeader("Auto-Submitted", how)
		m.SetGenHeader("X-Auto-Response-Suppress", "All")
	}
}

// addressee is the name beside the recipient's address. A letter about no
// ticket goes to somebody who may never have written to us: it has none, as
// the name would be a stranger's words.
func addressee(l *tickets.Letter) string {
	if l.Kind.Notice() {
		return oneLine(l.To.Name)
	}
	if l.Ticket == nil {
		return ""
	}
	return personName(l.To.Name)
}

// in is a time by the gateway's clock on the wall.
func in(t time.Time, cat *tickets.Catalogue) time.Time {
	if cat.Gateway.Location == nil {
		return t.UTC()
	}
	return t.In(cat.Gateway.Location)
}

// inHeader writes the domain of an address in ASCII, so that a mail to it needs
// no SMTPUTF8 unless its local part does.
func inHeader(address string) string {
	at := strings.LastIndexByte(address, '@')
	if at < 0 {
		return address
	}
	return address[:at+1] + ascii(address[at+1:])
}

func ascii(domain string) string {
	if a, err := idna.Lookup.ToASCII(domain); err == nil {
		return a
	}
	return domain
}

// keptReferences bounds References at both ends of a long thread, as RFC 5322,
// section 3.6.4, and its readers allow: the first, and the last ones.
const keptReferences = 20

// references threads the mail. A technician's notices hang below one root for
// each ticket, so that her client shows a ticket as one thread.
func references(cat *tickets.Catalogue, l *tickets.Letter) []string {
	var ids []string
	for _, id := range l.References {
		if validID(id) && !slices.Contains(ids, id) {
			ids = append(ids, id)
		}
	}
	if l.Kind.Notice() && l.Ticket != nil {
		root := l.Ticket.UID + ".thread@" + ascii(tickets.DomainOf(cat.Gateway.Address))
		if !slices.Contains(ids, root) {
			ids = slices.Insert(ids, 0, root)
		}
	}
	if len(ids) > keptReferences+1 {
		ids = append(ids[:1:1], ids[len(ids)-keptReferences:]...)
	}
	return ids
}

// maxID is how long an id may be: a header's line ends at 998 (RFC 5322,
// section 2.1.1), and one word cannot be folded.
const maxID = 250

// messageIDs as they are seen in the world: msg-id of RFC 5322, section 3.6.4,
// and on its left side also the : and @ that some programs put there.
var messageIDs = regexp.MustCompile("^[A-Za-z0-9!#$%&'*+/=?^_`{|}~.:@-]+@(?:[A-Za-z0-9!#$%&'*+/=?^_`{|}~.-]+|\\[[!-Z^-~]*\\])$")

// validID reports whether an id may go into a header.
func validID(id string) bool { return len(id) <= maxID && messageIDs.MatchString(id) }
