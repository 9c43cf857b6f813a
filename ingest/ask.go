package ingest

import (
	"context"
	"regexp"
	"strings"
	"unicode"

	"respon/ingest/reply"
	"respon/tickets"
)

// The words by which people ask, folded, in our languages. They work in each,
// whatever the person's own.
var (
	askWords = map[string]tickets.AskKind{
		"ayuda": tickets.AskHelp, "ajuda": tickets.AskHelp, "help": tickets.AskHelp,
		"estado": tickets.AskStatus, "estat": tickets.AskStatus, "status": tickets.AskStatus,
		"buscar": tickets.AskSearch, "cercar": tickets.AskSearch, "search": tickets.AskSearch,
		"cerrar": tickets.AskClose, "tancar": tickets.AskClose, "close": tickets.AskClose,
		"reabrir": tickets.AskReopen, "reobrir": tickets.AskReopen, "reopen": tickets.AskReopen,
	}
	localeLine = regexp.MustCompile(`^[\s"'«“]*(?:idioma|llengua|lengua|language)\s*[:=]\s*(\pL+)\W*$`)
	locales    = map[string]tickets.Locale{
		"espanol": tickets.Spanish, "castellano": tickets.Spanish, "castella": tickets.Spanish, "espanyol": tickets.Spanish, "spanish": tickets.Spanish, "es": tickets.Spanish,
		"valencia": tickets.Valencian, "valenciano": tickets.Valencian, "catala": tickets.Valencian, "catalan": tickets.Valencian, "valencian": tickets.Valencian, "ca": tickets.Valencian, "va": tickets.Valencian,
		"ingles": tickets.English, "angles": tickets.English, "english": tickets.English, "en": tickets.English,
	}
)

// How many words a mail may say beside the one in its subject and still be a
// question: who describes a trouble under "Ayuda" has to get a ticket.
const askRest = 6

// asks reads what a mail asks for, if that is all that it is about: its subject is
// one of our words, with a number or, for a search, with what to search for
// behind it; or it answers one of our mails with a single word.
func (p *Parser) asks(m *Message) (a tickets.Ask, ok bool) {
	if m.Kind != KindNew && m.Kind != KindReply || len(m.Attachments) > 0 {
		return a, false
	}
	if l := localeOf(m.SubjectPlain); l != "" && quiet(m) {
		return tickets.Ask{Kind: tickets.AskLocale, Locale: l}, true
	}
	if l := localeOf(m.Reply); l != "" {
		return tickets.Ask{Kind: tickets.AskLocale, Locale: l}, true
	}
	subject := strings.Fields(m.SubjectPlain)
	if m.Tags.Ticket != nil {
		if n, err := tickets.ParseNumber(p.o.Prefix, *m.Tags.Ticket); err == nil {
			a.Number = n
		}
	}
	answers := m.InReplyTo != nil || len(m.References) > 0
	if !answers && len(subject) > 0 && quiet(m) {
		if kind, ok := askWords[askWord(subject[0])]; ok {
			return p.askedFor(a, kind, subject)
		}
	}
	if said := strings.Fields(m.Reply); len(said) == 1 && said[0][0] != '#' && (answers || a.Number != 0) {
		kind := askWords[askWord(said[0])]
		a.Kind = kind
		return a, kind == tickets.AskStatus || kind == tickets.AskClose || kind == tickets.AskReopen
	}
	return a, false
}

// askedFor reads what stands behind the word in a subject.
func (p *Parser) askedFor(a tickets.Ask, kind tickets.AskKind, subject []string) (tickets.Ask, bool) {
	a.Kind = kind
	rest := strings.Join(subject[1:], " ")
	switch kind {
	case tickets.AskHelp:
		return a, rest == "" && a.Number == 0
	case tickets.AskSearch:
		// In small letters it begins many a sentence: "Buscar expediente no funciona".
		a.Words = rest
		return a, rest != "" && (subject[0] == strings.ToUpper(subject[0]) || strings.HasSuffix(subject[0], ":"))
	}
	if rest != "" && a.Number == 0 {
		n, err := tickets.ParseNumber(p.o.Prefix, strings.ToUpper(strings.Trim(rest, ` .#"'«»“”`)))
		if err != nil {
			return a, false
		}
		a.Number, rest = n, ""
	}
	return a, rest == "" && (a.Number != 0 || kind == tickets.AskStatus)
}

// asked reads what a person's mail asks for; a technician has commands for that.
// A mail that found its ticket need not name it.
func (in *Intake) asked(m *Message, s *sender, at place) tickets.Ask {
	a, ok := in.Parser().asks(m)
	if !ok || s.Technician != "" || at.internal {
		return tickets.Ask{}
	}
	if a.Number == 0 && m.Kind == KindReply {
		a.Number = at.ticket
	}
	if a.Number == 0 && (a.Kind == tickets.AskClose || a.Kind == tickets.AskReopen) {
		return tickets.Ask{}
	}
	return a
}

// ask has a question answered; if it is not sure who asks, she is asked to
// confirm first.
func (in *Intake) ask(ctx context.Context, inc tickets.Incoming, s *sender) error {
	if in.sure(s) {
		return in.Desk.Asked(ctx, inc)
	}
	return in.Desk.Hold(ctx, inc)
}

// askWord makes a word comparable: without quotation marks and the like.
func askWord(s string) string {
	return strings.TrimFunc(tickets.Fold(s), func(r rune) bool { return !unicode.IsLetter(r) })
}

func localeOf(line string) tickets.Locale {
	if m := localeLine.FindStringSubmatch(tickets.Fold(line)); m != nil {
		return locales[m[1]]
	}
	return ""
}

// localeIn finds the language that one line of a text asks for.
func localeIn(text string) (l tickets.Locale) {
	for line := range strings.SplitSeq(text, "\n") {
		if found := localeOf(line); found != "" {
			l = found
		}
	}
	return l
}

// quiet reports whether a mail says next to nothing beside its subject.
func quiet(m *Message) bool {
	return len(strings.Fields(m.Reply)) <= askRest || reply.Courtesy(m.Reply)
}
