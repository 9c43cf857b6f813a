package mailer

import (
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"

	"respon/tickets"
)

// maxSubject is how many characters of what somebody wrote a subject carries.
const maxSubject = 120

// links are what a mail program makes a link of: addresses of pages with or
// without their beginning.
var links = regexp.MustCompile(`(?i)\b(?:[a-z][a-z0-9+.-]*://|mailto:|www\.)\S+|\b[\pL\pN-]+(?:\.[\pL\pN-]+)*\.\pL{2,}/\S*`)

// prefixes are what stands before a subject that went to and fro.
var prefixes = regexp.MustCompile(`(?i)^(?:(?:re|rv|fw|fwd|rsp|res|aw|wg|tr)\s*:\s*)+`)

// subject of the mail. It depends on the ticket alone, so that it never changes
// and every client keeps the thread together. Letters about no ticket, which
// ask or refuse, have a fixed one.
func (c *Composer) subject(cat *tickets.Catalogue, l *tickets.Letter) string {
	switch l.Kind {
	case tickets.LetterConfirm, tickets.LetterRefusal, tickets.LetterTooBig, tickets.LetterLogin, tickets.LetterRegister, tickets.NoticeReport,
		tickets.NoticeQuarantine, tickets.NoticeDecided:
		return c.words().Text(string(l.Locale), string(l.Kind)+".subject")
	case tickets.NoticeDigest:
		return c.words().Text(string(l.Locale), "digest.subject", len(l.Tickets), len(byUrgency(cat, l).overdue))
	}
	if l.Ticket == nil {
		return c.words().Text(string(l.Locale), "asked.subject_"+string(l.Kind))
	}
	prefix := cat.Gateway.Prefix
	subject := strings.TrimSpace("[" + l.Ticket.Number.Format(prefix) + "] " + cutSubject(l.Ticket.Subject, prefix))
	if l.Kind == tickets.NoticeAssigned || l.Kind == tickets.NoticeUnassigned {
		return subject
	}
	return "Re: " + subject
}

// cutSubject makes what somebody wrote fit for our subjects: cut, with links
// blanked, since a forged sender must not make us carry his words to somebody
// else; and without numbers of tickets, which an answer would join.
//
// What is behind maxRaw is never seen: a subject can be longer on purpose, and a
// number may be hidden in a number, so that each look finds another.
func cutSubject(s, prefix string) string {
	s = oneLine(links.ReplaceAllString(oneLine(first(s, maxRaw)), "…"))
	before := ""
	for range maxLooks {
		before = s
		if s = strings.TrimSpace(prefixes.ReplaceAllString(withoutNumbers(s, prefix), "")); s == before {
			break
		}
	}
	if s != before {
		s = strings.ReplaceAll(s, "[", "(") // nobody writes so by accident
	}
	if r := []rune(s); len(r) > maxSubject {
		s = strings.TrimSpace(string(r[:maxSubject-1])) + "…"
	}
	return s
}

const (
	maxRaw   = 1000 // characters of a subject that are looked at
	maxLooks = 10
)

// first gives the beginning of a text, in characters.
func first(s string, n int) string {
	for i := range s {
		if n--; n < 0 {
			return s[:i]
		}
	}
	return s
}

// withoutNumbers takes [BR-482] out, whatever the number.
func withoutNumbers(s, prefix string) string {
	var b strings.Builder
	for s != "" {
		before, rest, ok := strings.Cut(s, "[")
		b.WriteString(before)
		if !ok {
			break
		}
		inside, after, closed := strings.Cut(rest, "]")
		if _, err := tickets.ParseNumber(prefix, inside); closed && err == nil && strings.Contains(inside, "-") {
			s = strings.TrimLeft(after, " ")
			continue
		}
		b.WriteByte('[')
		s = rest
	}
	return strings.TrimSpace(b.String())
}

// maxName is longer than any person's name, and too short for a message.
const maxName = 60

// personName is a name as somebody gave it, or "" if it does not look like one:
// people's names hold no addresses.
func personName(s string) string {
	s = oneLine(s)
	if utf8.RuneCountInString(s) > maxName || strings.ContainsAny(s, `@/:\<>"`) || likeDomain.MatchString(s) {
		return ""
	}
	return s
}

var likeDomain = regexp.MustCompile(`[\pL\pN-]{2,}\.\pL{2,}`)

// oneLine makes a text fit for a header: valid, no control characters, single
// spaces, and nothing that reads as an encoded word (RFC 2047) when it is not.
func oneLine(s string) string {
	s = strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || r == '\u2028' || r == '\u2029' {
			return ' '
		}
		return r
	}, strings.ToValidUTF8(s, ""))
	return strings.Join(strings.Fields(strings.ReplaceAll(s, "=?", "= ?")), " ")
}
