package gateway

import (
	"encoding/base64"
	"fmt"
	"html"
	"slices"
	"strings"
	"time"

	"respon/tickets"
)

// outgoing is a mail of somebody in a story.
type outgoing struct {
	from, to, cc, subject, body string
	auth                        string // pass, fail, none: what the server says of From
	file                        string // what an attachment says
	html                        bool   // there is no plain text
	more                        string // other fields
	raw                         bool   // body has its own structure

	inReplyTo, references string
}

// answers makes it an answer to a letter.
func (m *outgoing) answers(l *sent) {
	m.to, m.subject = l.answerTo(), "Re: "+strings.TrimPrefix(l.Subject, "Re: ")
	m.inReplyTo = *l.MessageID
	m.references = strings.Join(append(append([]string{}, l.References...), *l.MessageID), "> <")
}

// text writes the mail.
func (m *outgoing) text(k *leak) string {
	var b strings.Builder
	field := func(name, value string) {
		if value != "" {
			b.WriteString(name + ": " + value + "\n")
		}
	}
	switch m.auth {
	case "pass":
		b.WriteString(pass + tickets.DomainOf(m.from) + "\n")
	case "fail":
		b.WriteString(fail + tickets.DomainOf(m.from) + "\n")
	}
	field("From", m.from)
	field("Date", k.now().Format(time.RFC1123Z))
	field("Message-ID", fmt.Sprintf("<story%d@mails.example>", len(k.told)))
	field("To", m.to)
	field("Cc", m.cc)
	field("Subject", m.subject)
	if m.inReplyTo != "" {
		field("In-Reply-To", "<"+m.inReplyTo+">")
		field("References", "<"+m.references+">")
	}
	if m.more != "" {
		b.WriteString(m.more + "\n")
	}
	b.WriteString("MIME-Version: 1.0\n")
	switch {
	case m.raw:
		b.WriteString("\n" + m.body)
	case m.file != "":
		fmt.Fprintf(&b, "Content-Type: multipart/mixed; boundary=mixed\n\n--mixed\nContent-Type: text/plain; charset=utf-8\n\n%s\n"+
			"--mixed\nContent-Type: application/octet-stream; name=%s.bin\nContent-Transfer-Encoding: base64\nContent-Disposition: attachment; filename=%s.bin\n\n%s\n--mixed--",
			m.body, m.file, m.file, base64.StdEncoding.EncodeToString([]byte("bytes "+m.file)))
	case m.html || k.chance(6):
		b.WriteString("Content-Type: text/html; charset=utf-8\n\n" + asHTML(m.body))
	default:
		b.WriteString("Content-Type: text/plain; charset=utf-8\n\n" + m.body)
	}
	return b.String()
}

// asHTML writes a text as mail programs do, with what is quoted in a blockquote.
func asHTML(text string) string {
	var b strings.Builder
	b.WriteString("<html><body>")
	quoted := false
	for line := range strings.Lines(text) {
		line = strings.TrimRight(line, "\n")
		rest, is := strings.CutPrefix(line, ">")
		if is != quoted {
			b.WriteString(map[bool]string{true: `<blockquote type="cite" class="gmail_quote">`, false: "</blockquote>"}[is])
			quoted = is
		}
		b.WriteString("<div>" + html.EscapeString(strings.TrimSpace(rest)) + "</div>")
	}
	if quoted {
		b.WriteString("</blockquote>")
	}
	return b.String() + "</body></html>"
}

// quoting writes words above, below or between what they answer, as one of the
// usual mail programs.
func quoting(k *leak, words string, l *sent) string {
	from := l.Message.From.Name + " <" + l.answerTo() + ">"
	quoted := "> " + strings.ReplaceAll(strings.TrimSpace(l.Text), "\n", "\n> ")
	lines := strings.SplitAfter(quoted, "\n")
	if half := len(lines) / 2; !strings.HasPrefix(words, "#") && slices.Contains(technicians, l.to) && k.chance(6) {
		// Between what it answers, which is passed on only as far as it is known.
		return "El lun, 12 ene 2026 a las 9:00, " + from + " escribió:\n" + strings.Join(lines[:half], "") + "\n" + words + "\n\n" + strings.Join(lines[half:], "") + "\n\nSaludos."
	}
	switch k.dice.IntN(6) {
	case 0:
		return words
	case 1:
		return words + "\n\n________________________________\nDe: " + from + "\nEnviado: lunes, 12 de enero de 2026 9:00\nPara: " + l.to +
			"\nAsunto: " + l.Subject + "\n\n" + strings.TrimSpace(l.Text)
	case 2:
		return words + "\n\nEnviado desde mi iPhone\n\nEl 12 ene 2026, a las 9:00, " + from + " escribió:\n\n" + quoted
	case 3:
		return words + "\n\n-----Mensaje original-----\nDe: " + from + "\nEnviado el: lunes, 12 de enero de 2026 9:00\nPara: " + l.to + "\nAsunto: " + l.Subject + "\n\n" + strings.TrimSpace(l.Text)
	default:
		return words + "\n\nEl lun, 12 ene 2026 a las 9:00, " + from + " escribió:\n" + quoted
	}
}

// firstLines are the beginning of a text, for the log.
func firstLines(s string) string {
	if r := []rune(s); len(r) > 80 {
		return string(r[:80]) + "…"
	}
	return s
}
