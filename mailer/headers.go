package mailer

import (
	"fmt"
	"regexp"
	"strings"
	"unicode"

	"github.com/wneessen/go-mail"

	"respon/tickets"
	"respon/tickets/token"
)

// addresses sets From, To, Reply-To and the envelope. From is always the
// gateway; a technician lends her name only.
func (c *Composer) addresses(m *mail.Msg, cat *tickets.Catalogue, l *tickets.Letter, out *tickets.Mail) error {
	g := cat.Gateway
	name := g.Name
	if l.Author != nil && l.Author.Name != "" {
		name = l.Author.Name + " (" + g.Name + ")"
	}
	if err := m.FromFormat(displayName(name), g.Address); err != nil {
		return fmt.Errorf("sender of the mail: %w", err)
	}
	if err := m.AddToFormat(displayName(l.To.Name), l.To.Address); err != nil {
		return fmt.Errorf("recipient of the mail: %w", err)
	}
	if !g.PlusAddressing {
		return nil
	}
	uid, purpose := "", token.Reply
	switch {
	case l.Ticket != nil:
		uid = l.Ticket.UID
		bounce, err := c.signer.Sign(token.Bounce, uid, l.To.Address)
		if err != nil {
			return err
		}
		out.From = tagged(g.Address, bounce)
	case l.Kind == tickets.LetterConfirm:
		uid, purpose = l.Token, token.Confirm
	default:
		return nil
	}
	reply, err := c.signer.Sign(purpose, uid, l.To.Address)
	if err != nil {
		return err
	}
	if err := m.ReplyToFormat(displayName(g.Name), tagged(g.Address, reply)); err != nil {
		return fmt.Errorf("reply address of the mail: %w", err)
	}
	return nil
}

// tagged puts a token behind the local part: local+token@domain.
func tagged(address, tag string) string {
	local, domain, _ := strings.Cut(address, "@")
	return local + "+" + tag + "@" + domain
}

func (c *Composer) headers(m *mail.Msg, cat *tickets.Catalogue, l *tickets.Letter, out *tickets.Mail) (err error) {
	if out.MessageID, err = c.messageID(cat, l); err != nil {
		return err
	}
	m.Subject(out.Subject)
	m.SetMessageIDWithValue(out.MessageID)
	at := l.At
	if cat.Gateway.Location != nil {
		at = at.In(cat.Gateway.Location)
	}
	m.SetDateWithValue(at)
	m.SetGenHeader("Content-Language", string(l.Locale))
	answers := validID(l.InReplyTo)
	if answers {
		m.SetGenHeader("In-Reply-To", "<"+l.InReplyTo+">")
	}
	if refs := c.references(cat, l); refs != "" {
		m.SetGenHeader("References", refs)
	}
	if l.Ticket != nil {
		m.SetGenHeader("X-Respon-Ticket", l.Ticket.Number.Format(cat.Gateway.Prefix))
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
	return nil
}

// keptReferences bounds References at both ends of a long thread, as RFC 5322,
// section 3.6.4, and its readers allow: the first, and the last ones.
const keptReferences = 20

// references threads the mail. A technician's notices hang below one root for
// each ticket, so that her client shows a ticket as one thread.
func (c *Composer) references(cat *tickets.Catalogue, l *tickets.Letter) string {
	var ids []string
	if l.Kind.Notice() && l.InReplyTo == "" && l.Ticket != nil {
		ids = append(ids, l.Ticket.UID+".thread@"+tickets.DomainOf(cat.Gateway.Address))
	}
	for _, id := range l.References {
		if validID(id) {
			ids = append(ids, id)
		}
	}
	if len(ids) > keptReferences+1 {
		ids = append(ids[:1:1], ids[len(ids)-keptReferences:]...)
	}
	if len(ids) == 0 {
		return ""
	}
	return "<" + strings.Join(ids, "> <") + ">"
}

// validID reports whether an id may go into a header: the characters of RFC
// 5322's msg-id without its obsolete forms, and no longer than fits a line.
func validID(id string) bool {
	left, right, ok := strings.Cut(id, "@")
	return ok && left != "" && right != "" && len(id) <= 250 && strings.IndexFunc(id, func(r rune) bool {
		return r <= ' ' || r >= 0x7f || r == '<' || r == '>' || r == '(' || r == ')' || r == ','
	}) < 0
}

const maxSubject = 120

var urls = regexp.MustCompile(`(?i)\b(?:[a-z][a-z0-9+.-]*://|www\.)\S+`)

// subject of the mail. What a stranger wrote is cut and its links are blanked:
// a forged sender must not make us carry his words to somebody else.
func (c *Composer) subject(l *tickets.Letter) string {
	switch l.Kind {
	case tickets.LetterConfirm, tickets.LetterRefusal, tickets.LetterTooBig, tickets.LetterLogin:
		return c.words.Text(string(l.Locale), string(l.Kind)+".subject")
	}
	if l.Ticket == nil {
		return ""
	}
	subject := urls.ReplaceAllString(oneLine(l.Ticket.Subject), "…")
	if r := []rune(subject); len(r) > maxSubject {
		subject = string(r[:maxSubject-1]) + "…"
	}
	subject = strings.TrimSpace("[" + l.Ticket.Number.Format(c.catalogue().Gateway.Prefix) + "] " + subject)
	if l.Kind == tickets.NoticeAssigned {
		return subject
	}
	return "Re: " + subject
}

// oneLine makes a text fit for a header: no control characters, single spaces.
func oneLine(s string) string {
	s = strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || r == '\u2028' || r == '\u2029' {
			return ' '
		}
		return r
	}, strings.ToValidUTF8(s, ""))
	return strings.Join(strings.Fields(s), " ")
}

// displayName makes a name fit to stand in quotes before an address: the
// library writes it there as it is.
func displayName(s string) string {
	return oneLine(strings.Map(func(r rune) rune {
		if r == '"' || r == '\\' || r == '<' || r == '>' {
			return ' '
		}
		return r
	}, s))
}
