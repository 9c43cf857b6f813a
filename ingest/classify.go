package ingest

import (
	"regexp"
	"strings"

	"github.com/jhillyerd/enmime/v2"
)

// automaticSubject is how mail programs begin the subject of an automatic
// answer. It decides only together with another mark: people use the words, too.
var automaticSubject = regexp.MustCompile(`(?i)^\s*(?:respuesta autom[aá]tica|resposta autom[aàá]tica|fuera de (?:la )?oficina|fora de l'oficina|fora d'oficina|` +
	`automatic reply|auto(?:matic)?[- ]?(?:reply|response)|out of (?:the )?office|abwesenheits|automatische antwort|r[eé]ponse automatique|` +
	`absence du bureau|risposta automatica|fuori sede|ausente|ausencia|auseència|vacation|automatisch antwoord|away from)|` +
	`\bis out of (?:the )?office\W*$|(?:est[aá] ausente|fuera de la oficina|fora de l'oficina)\W*$`)

// replySubject is a prefix of an answer: Re and its like in other languages.
var replySubject = regexp.MustCompile(`(?i)^\s*(?:re|rv|aw|sv|vs|antw|odp|ynt|res|rif|r|tr)(?:\s*\[\d+\])?\s*:`)

// classify tells what kind of mail it is; the first that holds. To call a
// person's mail automatic loses it: when in doubt it is a person's.
func (p *Parser) classify(m *Message, tree *enmime.Part) {
	h := m.Header
	auto := strings.ToLower(strings.TrimSpace(h.Get("Auto-Submitted")))
	auto, _, _ = strings.Cut(auto, ";")
	if auto, _, _ = strings.Cut(auto, " "); auto == "no" {
		auto = ""
	}
	precedence := strings.ToLower(h.Get("Precedence"))
	answers := m.InReplyTo != nil || len(m.References) > 0
	robotic := h.Get("X-Autoreply") != "" || h.Get("X-Autorespond") != "" || precedence == "auto_reply"
	hint := nullReturnPath(h) || h.Get("X-Auto-Response-Suppress") != ""
	m.Bounce = bounceOf(m, tree)
	switch {
	case m.Bounce != nil:
		m.Kind, m.AutoSubmitted = KindBounce, true
	case isReport(h):
		m.Kind, m.AutoSubmitted = KindReport, true
	case strings.HasPrefix(auto, "auto-replied"), robotic,
		strings.HasPrefix(auto, "auto-generated") && (answers || automaticSubject.MatchString(m.Subject)),
		hint && automaticSubject.MatchString(m.Subject):
		m.Kind, m.AutoSubmitted = KindAutoReply, auto != "" || robotic || hint
		m.Away = m.away()
	case h.Get("List-Id") != "", h.Get("List-Unsubscribe") != "", auto != "",
		precedence == "bulk", precedence == "list", precedence == "junk":
		m.Kind, m.AutoSubmitted = KindBulk, auto != ""
	case answers, replySubject.MatchString(m.Subject), m.Tags.Ticket != nil:
		m.Kind = KindReply
	default:
		m.Kind = KindNew
	}
}

func nullReturnPath(h Header) bool {
	for _, v := range h.Values("Return-Path") {
		return strings.Trim(v, " ") == "<>"
	}
	return false
}

// isReport knows the machines' reports that are no bounces: complaints (RFC
// 5965), read receipts (RFC 8098), TLS reports (RFC 8460), and the opt-out that a
// mail program sends when its user presses a button.
func isReport(h Header) bool {
	ct := strings.ToLower(h.Get("Content-Type"))
	return strings.HasPrefix(ct, "multipart/report") &&
		(strings.Contains(ct, "feedback-report") || strings.Contains(ct, "disposition-notification") || strings.Contains(ct, "tlsrpt")) ||
		h.Get("X-Apple-Unsubscribe") == "true"
}
