package mailer

import (
	"time"

	"respon/templates"
	"respon/tickets"
)

// Sample is a letter with invented data, to be looked at.
type Sample struct {
	Name   string // of its kind, with what sets it apart behind a hyphen
	Letter tickets.Letter
}

// sampleTime is when all samples happen.
var sampleTime = time.Date(2026, 11, 23, 9, 12, 0, 0, time.UTC)

// SampleCatalogue is the town of the samples.
func SampleCatalogue() *tickets.Catalogue {
	madrid, err := time.LoadLocation("Europe/Madrid")
	if err != nil {
		madrid = time.FixedZone("CET", 3600) // a machine without the zones
	}
	named := func(id, es, ca, en string) tickets.Category {
		return tickets.Category{ID: id, Names: map[tickets.Locale]string{tickets.Spanish: es, tickets.Valencian: ca, tickets.English: en}}
	}
	padron := named("padron", "Padrón de habitantes", "Padró d'habitants", "Register of residents")
	padron.Aliases = []string{"padrón", "padró", "register"}
	return &tickets.Catalogue{
		Gateway: tickets.Gateway{
			Address: "batlia@dival.example", Name: "Batlia Respon", Phone: "96 388 3700", Prefix: "BR", Locale: tickets.Spanish,
			Location: madrid, BaseURL: "https://respon.dival.example", PlusAddressing: true,
		},
		MaxSize:    30_000_000,
		Entities:   []tickets.Entity{{Name: "Ajuntament d'Alfafar", Domains: []string{"alfafar.example"}}},
		Categories: []tickets.Category{named("contabilidad", "Contabilidad", "Comptabilitat", "Accounting"), named("portales", "Portales", "Portals", "Portals"), named("ipobles", "iPobles", "iPobles", "iPobles"), padron},
		Technicians: []tickets.Technician{
			{ID: "ana", Name: "Ana Soler", Email: "ana@dival.example", Default: true}, {ID: "pere", Name: "Pere Gil", Email: "pere@dival.example"},
		},
	}
}

// Samples gives a letter of every kind in a language, some kinds in more ways
// than one.
func Samples(l tickets.Locale) []Sample {
	words := map[tickets.Locale][3]string{
		tickets.Spanish:   {"No puedo entrar en el padrón", "Buenos días:\n\nDesde esta mañana no puedo entrar en el padrón. Sale «usuario bloqueado» y hay gente esperando en ventanilla.\n\nMaría", "Buenos días, María:\n\nLe he desbloqueado el usuario. ¿Puede probar ahora?\n\nUn saludo"},
		tickets.Valencian: {"No puc entrar en el padró", "Bon dia:\n\nDes d'este matí no puc entrar en el padró. Ix «usuari bloquejat» i hi ha gent que espera en la finestreta.\n\nMaria", "Bon dia, Maria:\n\nLi he desbloquejat l'usuari. Pot provar ara?\n\nSalutacions"},
		tickets.English:   {"I cannot open the register", "Good morning,\n\nSince this morning I cannot open the register. It says “user locked”, and people are waiting at the desk.\n\nMaria", "Good morning, Maria,\n\nI have unlocked your account. Could you try again?\n\nKind regards"},
	}[l]
	t := sampleTicket(l, words[0])
	answered := *t
	yes, no := true, false
	answered.Answers = tickets.Answers{BlocksWork: &yes, AffectsOthers: &yes, AffectsCitizens: &no}
	answered.TypeKnown, answered.Category = true, "padron"
	answered.Prioritise()
	about := &tickets.Message{Author: t.Requester, MessageID: "1@alfafar.example", Text: words[1], Reply: words[1], ReceivedAt: sampleTime}
	cat := SampleCatalogue()
	tech := cat.TechnicianByID("ana").Person()
	tech.Locale = l
	someone := tickets.Person{Address: "luis@elsewhere.example", Locale: l}
	all := append(requesterSamples(t, &answered, about, words[2], cat), strangerSamples(someone, cat)...)
	all = append(all, noticeSamples(t, &answered, about, words[1], tech)...)
	all = append(all, morningSamples(t, &answered, tech)...)
	for i := range all {
		s := &all[i].Letter
		s.Locale, s.At, s.InReplyTo, s.References = l, sampleTime, about.MessageID, []string{about.MessageID}
	}
	return all
}

func sampleTicket(l tickets.Locale, subject string) *tickets.Ticket {
	first, resolution := sampleTime.Add(2*time.Hour), sampleTime.Add(27*time.Hour)
	t := &tickets.Ticket{
		Number: 482, UID: "0102030405", Type: tickets.Incident, Status: tickets.Open, Subject: subject, Technician: "ana",
		Requester: tickets.Person{Name: "María Ferrer", Address: "maria@alfafar.example", Entity: "Ajuntament d'Alfafar", Locale: l},
		CreatedAt: sampleTime, UpdatedAt: sampleTime, FirstAnswerDue: &first, ResolutionDue: &resolution,
	}
	t.Participants = []tickets.Participant{{Name: t.Requester.Name, Address: t.Requester.Address, Role: tickets.RoleRequester}}
	t.Events = []tickets.Event{
		{At: sampleTime, Actor: t.Requester.Address, Kind: tickets.EventOpened, Detail: "incident"},
		{At: sampleTime, Actor: tickets.Respon, Kind: tickets.EventAssigned, Detail: "ana: category padron"},
		{At: sampleTime.Add(time.Hour), Actor: "ana", Kind: tickets.EventStatus, Detail: "new → open"},
	}
	t.Prioritise()
	return t
}

func requesterSamples(t, answered *tickets.Ticket, about *tickets.Message, answer string, cat *tickets.Catalogue) []Sample {
	to, author := t.Requester, cat.TechnicianByID("ana")
	letter := func(k tickets.LetterKind, t *tickets.Ticket) tickets.Letter {
		return tickets.Letter{Kind: k, To: to, Ticket: t, About: about}
	}
	asks := letter(tickets.LetterAck, t)
	asks.Asks, asks.Likely = t.Missing(), cat.Likely(about.Text, nil)
	behalf := letter(tickets.LetterAck, answered)
	behalf.Behalf = true
	idea := *answered
	idea.Type, idea.Answers, idea.Impact, idea.Urgency, idea.Priority = tickets.Suggestion, tickets.Answers{}, tickets.Low, tickets.Low, "P5"
	planned := idea
	planned.Type = tickets.Request
	refused := letter(tickets.LetterFiles, t)
	refused.Refused = []string{"instalador.exe", "macro.vbs"}
	stranger := letter(tickets.LetterAck, answered)
	stranger.Stranger, stranger.Refused = true, refused.Refused
	known := letter(tickets.LetterAck, answered)
	known.Known = true
	words := letter(tickets.LetterAnswer, t)
	words.Text, words.Author = answer, author
	again := letter(tickets.LetterForm, t)
	again.Asks, again.Form = t.Missing(), tickets.FormRead{Filled: true, Unknown: true, Near: []string{"contabilidad"}, Unclear: true}
	added := letter(tickets.LetterAdded, t)
	added.Recipient = "luis@elsewhere.example"
	all, found := letter(tickets.LetterStatus, nil), letter(tickets.LetterFound, nil)
	all.Tickets, found.Tickets, found.Words = []*tickets.Ticket{t, answered}, []*tickets.Ticket{t}, "padrón"
	unknown := letter(tickets.LetterStatus, nil)
	unknown.Number = 99
	return []Sample{
		{"ack", asks}, {"ack-complete", letter(tickets.LetterAck, answered)}, {"ack-behalf", behalf},
		{"ack-request", letter(tickets.LetterAck, &planned)}, {"ack-suggestion", letter(tickets.LetterAck, &idea)}, {"ack-known", known}, {"ack-refused", stranger}, {"answer", words},
		{"form", letter(tickets.LetterForm, answered)}, {"form-unclear", again}, {"resolved", letter(tickets.LetterResolved, answered)},
		{"files", refused}, {"reminder", letter(tickets.LetterReminder, t)}, {"added", added},
		{"status", letter(tickets.LetterStatus, t)}, {"status-all", all}, {"status-unknown", unknown}, {"found", found},
		{"guide", letter(tickets.LetterGuide, nil)}, {"locale", letter(tickets.LetterLocale, nil)},
	}
}

func strangerSamples(to tickets.Person, cat *tickets.Catalogue) []Sample {
	const key = "abcdefghijklmnopqrstuvwxyz234567abcdefghij"
	return []Sample{
		{"confirm", tickets.Letter{Kind: tickets.LetterConfirm, To: to, Token: "0a0b0c0d0e"}}, {"refusal", tickets.Letter{Kind: tickets.LetterRefusal, To: to}},
		{"too_big", tickets.Letter{Kind: tickets.LetterTooBig, To: to, MaxSize: cat.MaxSize}}, {"login", tickets.Letter{Kind: tickets.LetterLogin, To: to, Token: key}},
		{"register", tickets.Letter{Kind: tickets.LetterRegister, To: to, Token: key}},
	}
}

func noticeSamples(t, answered *tickets.Ticket, about *tickets.Message, text string, to tickets.Person) []Sample {
	letter := func(k tickets.LetterKind, t *tickets.Ticket) tickets.Letter {
		return tickets.Letter{Kind: k, To: to, Ticket: t, About: about, Text: text, Story: []*tickets.Message{about}}
	}
	bounce, limited := letter(tickets.NoticeBounce, t), letter(tickets.NoticeLimited, t)
	bounce.Recipient, bounce.Failure, limited.Recipient = t.Requester.Address, "550 5.1.1 no such user", t.Requester.Address
	wrong := letter(tickets.NoticeCommand, t)
	wrong.Text = "#resolber\n\n" + text
	wrong.Problems = []tickets.CommandProblem{{Line: "#resolber", Why: tickets.ProblemUnknown, Nearest: "#resolver"}, {Line: "#fusionar BR-7", Why: tickets.ProblemEntities}}
	receipt, mine := letter(tickets.NoticeReceipt, t), letter(tickets.NoticeState, nil)
	receipt.Receipt = &tickets.Receipt{Code: "4f2a91c0", Until: sampleTime.Add(time.Hour), Sent: true, Deeds: []tickets.Deed{
		{Verb: tickets.VerbResolve}, {Verb: tickets.VerbCategory, Arg: "padron"}, {Verb: tickets.VerbAssign, Arg: "pere"}, {Verb: tickets.VerbAway, Arg: "2026-12-24..2027-01-06"}}}
	mine.Tickets = []*tickets.Ticket{answered, t}
	others := []*tickets.Ticket{answered}
	for i, p := range []tickets.Person{{Address: "luis@bunyol.example", Entity: "Ajuntament de Bunyol"}, {Address: "eva@elsewhere.example"}} {
		one := *answered
		one.Number, one.Requester = answered.Number+tickets.Number(i)+1, p
		others = append(others, &one)
	}
	mass, general, child := letter(tickets.NoticeMass, answered), letter(tickets.NoticeReceipt, answered), *answered
	mass.Tickets = others
	general.Receipt = &tickets.Receipt{Code: "4f2a91c0", Until: sampleTime.Add(time.Hour), Deeds: []tickets.Deed{
		{Verb: tickets.VerbGeneral, Arg: "BR-482 ← BR-483, BR-484"}, {Verb: tickets.VerbResolve}}, Below: []tickets.Number{483, 484}, Sent: true}
	child.Links = []tickets.Link{{Number: 480, Kind: tickets.Parent}}
	internal := letter(tickets.NoticeFollowUp, t)
	internal.Internal = true
	all := []Sample{
		{"assigned", letter(tickets.NoticeAssigned, t)}, {"unassigned", letter(tickets.NoticeUnassigned, t)}, {"taken", letter(tickets.NoticeTaken, t)}, {"follow_up", letter(tickets.NoticeFollowUp, t)},
		{"assigned-part", letter(tickets.NoticeAssigned, &child)}, {"mass", mass}, {"receipt-general", general},
		{"follow_up-internal", internal}, {"bounce", bounce}, {"limited", limited}, {"command", wrong}, {"help", letter(tickets.NoticeHelp, nil)},
		{"unverified", letter(tickets.NoticeUnverified, t)}, {"unverified-alone", letter(tickets.NoticeUnverified, nil)}, {"receipt", receipt},
		{"state", letter(tickets.NoticeState, answered)}, {"state-all", mine},
	}
	for _, k := range []struct {
		kind  tickets.LetterKind
		stage tickets.Stage
	}{{tickets.NoticeWarning, tickets.Warning}, {tickets.NoticeBreach, tickets.Breach}, {tickets.NoticeEscalation, tickets.Breach}} {
		l := letter(k.kind, answered)
		l.Alerts = []tickets.Alert{{Aim: tickets.Resolution, Stage: k.stage, Due: *t.ResolutionDue}}
		all = append(all, Sample{string(k.kind), l})
	}
	return all
}

// Rendered is what a letter says, as plain text and as HTML.
type Rendered struct{ Subject, Text, HTML string }

// Render puts a letter into words without making a mail of it.
func (c *Composer) Render(l tickets.Letter) (Rendered, error) {
	cat := c.catalogue()
	h, err := c.envelope(cat, &l)
	if err != nil {
		return Rendered{}, err
	}
	w := &writing{
		Letter: templates.Letter{Lang: string(l.Locale), Title: h.subject},
		set:    c.words(), signer: c.signer, cat: cat, locale: l.Locale, l: &l, answerTo: h.answerTo,
	}
	if err := w.write(); err != nil {
		return Rendered{}, err
	}
	text, html, err := w.set.Mail(w.Letter)
	return Rendered{h.subject, text, html}, err
}
