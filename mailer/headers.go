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
	inReplyTo string
	refs      []string
}

// envelope makes the addresses and ids of a letter.
func (c *Composer) envelope(cat *tickets.Catalogue, l *tickets.Letter) (h header, err error) {
	g := cat.Gateway
	h = header{subject: c.subject(cat, l), answerTo: g.Address, bounces: g.Address}
	if h.messageID, err = c.messageID(cat, l); err != nil {
		return h, err
	}
	h.refs = c.references(cat, l)
	if validID(l.InReplyTo) && c.mayKnow(l, l.InReplyTo) {
		h.inReplyTo = l.InReplyTo
	}
	if !g.PlusAddressing {
		return h, nil
	}
	switch {
	case l.Ticket != nil:
		if h.bounces, err = c.tagged(g.Address, token.Bounce, l.Ticket.UID, l.To.Address); err == nil && bound(cat, l) {
			h.answerTo, err = c.tagged(g.Address, token.Reply, l.Ticket.UID, holder(l))
		}
	case l.Kind == tickets.NoticeQuarantine, l.Kind == tickets.NoticeDecided:
		h.answerTo, err = c.tagged(g.Address, token.Decide, l.Token, l.To.Address)
	case l.Kind == tickets.LetterConfirm:
		h.answerTo, err = c.tagged(g.Address, token.Confirm, l.Token, l.To.Address)
	}
	return h, err
}

// holder is the person whom the tokens of a letter identify. All who get a letter
// see them, so that those of a letter to several identify nobody: they lead to
// the ticket and no further.
func holder(l *tickets.Letter) string {
	if len(l.Cc) > 0 {
		return ""
	}
	return l.To.Address
}

// copies are the envelopes of those whom a letter is copied to.
func (c *Composer) copies(g tickets.Gateway, l *tickets.Letter) (list []tickets.Envelope, err error) {
	for _, p := range l.Cc {
		e := tickets.Envelope{From: g.Address, To: p.Address}
		if g.PlusAddressing && l.Ticket != nil {
			if e.From, err = c.tagged(g.Address, token.Bounce, l.Ticket.UID, p.Address); err != nil {
				return nil, err
			}
		}
		list = append(list, e)
	}
	return list, nil
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
	if bound(cat, l) {
		left, err := c.signer.NewMessageID(l.Ticket.UID, holder(l))
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
	from := configured(g.Name)
	if l.Author != nil && l.Author.Name != "" {
		from = configured(l.Author.Name + " (" + g.Name + ")")
	}
	m.FromMailAddress(&netmail.Address{Name: from, Address: inHeader(g.Address)})
	m.ToMailAddress(&netmail.Address{Name: addressee(l), Address: inHeader(l.To.Address)})
	if len(l.Cc) > 0 {
		copied := make([]*netmail.Address, len(l.Cc))
		for i, p := range l.Cc {
			copied[i] = &netmail.Address{Name: personName(p.Name), Address: inHeader(p.Address)}
		}
		m.CcMailAddress(copied...)
	}
	if h.answerTo != g.Address {
		m.ReplyToMailAddress(&netmail.Address{Name: configured(g.Name), Address: inHeader(h.answerTo)})
	}
	m.Subject(h.subject)
	m.SetMessageIDWithValue(h.messageID)
	m.SetDateWithValue(in(l.At, cat))
	m.SetGenHeader("Content-Language", string(l.Locale))
	if h.inReplyTo != "" {
		m.SetGenHeader("In-Reply-To", "<"+h.inReplyTo+">")
	}
	if len(h.refs) > 0 {
		m.SetGenHeader("References", "<"+strings.Join(h.refs, "> <")+">")
	}
	if l.Ticket != nil {
		m.SetGenHeader("X-Respon-Ticket", l.Ticket.Number.Format(g.Prefix))
	}
	if l.Automatic() {
		// RFC 3834, section 5: replied if it answers a mail, generated if not.
		how := "auto-generated"
		if h.inReplyTo != "" {
			how = "auto-replied"
		}
		m.SetGenHeader("Auto-Submitted", how)
		m.SetGenHeader("X-Auto-Response-Suppress", "All")
	}
}

// addressee is the name beside the recipient's address. A stranger, or somebody
// to whom we write about no ticket, may never have written to us: they have none,
// as the name would be somebody else's words.
func addressee(l *tickets.Letter) string {
	if l.Kind.Notice() {
		return configured(l.To.Name)
	}
	if l.Stranger || l.Ticket == nil && len(l.Tickets) == 0 {
		return ""
	}
	return personName(l.To.Name)
}

// configured is a name out of the configuration as it may stand in an address. The
// standard library leaves a backslash in an encoded word, where RFC 2047, section 5,
// has none in a phrase.
func configured(name string) string { return strings.ReplaceAll(oneLine(name), `\`, "/") }

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
func (c *Composer) references(cat *tickets.Catalogue, l *tickets.Letter) []string {
	var ids []string
	for _, id := range l.References {
		if validID(id) && !slices.Contains(ids, id) && c.mayKnow(l, id) {
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

// mayKnow reports whether the readers of a letter may see a Message-ID. Those of
// ours show who answers them; one that was made for somebody else would let its
// reader pass for her.
func (c *Composer) mayKnow(l *tickets.Letter, id string) bool {
	t, err := c.signer.OpenMessageID(id)
	return err != nil || t.ForNobody() || len(l.Cc) == 0 && t.For(l.To.Address)
}

// maxID is how long an id may be: a header's line ends at 998 (RFC 5322,
// section 2.1.1), and one word cannot be folded.
const maxID = 250

// messageIDs as they are seen in the world: msg-id of RFC 5322, section 3.6.4,
// and on its left side also the : and @ that some programs put there.
var messageIDs = regexp.MustCompile("^[A-Za-z0-9!#$%&'*+/=?^_`{|}~.:@-]+@(?:[A-Za-z0-9!#$%&'*+/=?^_`{|}~.-]+|\\[[!-Z^-~]*\\])$")

// validID reports whether an id may go into a header.
func validID(id string) bool { return len(id) <= maxID && messageIDs.MatchString(id) }
