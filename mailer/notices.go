package mailer

import (
	"time"

	"respon/templates"
	"respon/tickets"
)

// notice puts a letter to a technician into words.
func (w *writing) notice() {
	switch w.l.Kind {
	case tickets.NoticeAssigned, tickets.NoticeUnassigned:
		w.assigned()
	case tickets.NoticeTaken:
		w.taken()
	case tickets.NoticeFollowUp:
		w.followUp()
	case tickets.NoticeWarning, tickets.NoticeBreach:
		w.alert()
	case tickets.NoticeEscalation:
		w.escalation()
	case tickets.NoticeMass:
		w.mass()
	case tickets.NoticeBounce:
		w.say("bounce.intro", w.number(), oneLine(w.l.Recipient))
		w.say("bounce.reason", oneLine(w.l.Failure))
		w.say("bounce.follow")
	case tickets.NoticeCommand:
		w.problems()
	case tickets.NoticeHelp:
		w.help()
	case tickets.NoticeReceipt:
		w.receipt()
	case tickets.NoticeState:
		w.teamState()
	case tickets.NoticeDigest:
		w.digest()
	case tickets.NoticeQuarantine:
		w.quarantine()
	case tickets.NoticeDecided:
		w.decided()
	case tickets.NoticeReport:
		w.weekly()
	case tickets.NoticeLimited:
		w.say("limited.intro", w.number(), oneLine(w.l.Recipient))
		w.say("limited.follow")
	case tickets.NoticeUnverified:
		if w.l.Ticket == nil {
			w.say("unverified.intro_none")
			w.say("unverified.follow_none")
			break
		}
		w.say("unverified.intro", w.number())
		w.say("unverified.follow")
	}
	if w.l.Ticket != nil {
		w.page()
	}
}

// assigned tells whose ticket it is, how urgent it is and why, and all that was
// written. What is quoted stands last, below a line that says where to answer.
func (w *writing) assigned() {
	w.Marker = w.t("mail.marker")
	w.say(string(w.l.Kind)+".intro", w.number())
	w.add(templates.Block{Kind: templates.Facts, Facts: append(append(w.whose(), w.understood()...), w.due()...)})
	w.say("assigned.commands")
	w.files()
	if parent := w.l.Ticket.Parent(); parent != 0 {
		w.say("assigned.part", parent.Format(w.cat.Gateway.Prefix))
	}
	for _, m := range w.l.Story {
		w.say("assigned.wrote", person(m.Author))
		if m.Internal {
			w.warn("assigned.note")
		}
		text := m.Reply
		if text == "" {
			text = m.Text
		}
		w.words(templates.Quote, text)
	}
}

// taken tells who has a ticket now that was the reader's.
func (w *writing) taken() {
	if tech := w.cat.TechnicianByID(w.l.Ticket.Technician); tech != nil {
		w.say("taken.by", w.number(), oneLine(tech.Name))
	} else {
		w.say("taken.by_none", w.number())
	}
	w.say("taken.follow")
}

// mass tells that many report something of one category, and how to answer all of
// them at once.
func (w *writing) mass() {
	t := w.l.Ticket
	name, houses := "", map[string]bool{}
	if cat := w.cat.CategoryByID(t.Category); cat != nil {
		name = cat.Name(w.locale)
	}
	list := templates.Block{Kind: templates.List}
	for _, r := range w.l.Tickets {
		house := r.Requester.Entity
		if house == "" {
			house = tickets.DomainOf(r.Requester.Address)
		}
		houses[house] = true
		list.Lines = append(list.Lines, r.Number.Format(w.cat.Gateway.Prefix)+" · "+cutSubject(r.Subject, w.cat.Gateway.Prefix)+" · "+oneLine(house))
	}
	w.say("mass.intro", len(w.l.Tickets), name, len(houses))
	w.add(list)
	w.say("mass.ask")
	w.add(templates.Block{Kind: templates.Form, Lines: []string{w.t("mass.line", w.number())}})
	w.say("mass.then", w.number())
	w.say("mass.not")
}

func (w *writing) followUp() {
	w.Marker = w.t("mail.marker")
	w.say("follow_up.intro", w.number(), w.author())
	if w.l.Internal {
		w.warn("follow_up.internal")
	}
	switch {
	case w.l.Satisfied != nil && *w.l.Satisfied:
		w.say("follow_up.content")
	case w.l.Satisfied != nil:
		w.say("follow_up.discontent")
	case w.l.Moved == tickets.Closed:
		w.say("follow_up.closed")
	case w.l.Moved != "":
		w.say("follow_up.reopened")
	}
	w.words(templates.Quote, w.l.Text)
	w.files()
	w.say("assigned.commands")
}

// author of the message told of: name and address for a technician to know.
func (w *writing) author() string {
	if w.l.About == nil {
		return ""
	}
	return person(w.l.About.Author)
}

func person(p tickets.Person) string {
	name := oneLine(p.Name)
	switch {
	case name == "":
		return oneLine(p.Address)
	case p.Address == "":
		return name
	}
	return name + " <" + oneLine(p.Address) + ">"
}

// whose tells a technician who asks.
func (w *writing) whose() []templates.Fact {
	if w.l.Ticket == nil {
		return nil
	}
	r := w.l.Ticket.Requester
	facts := []templates.Fact{{Name: w.t("fact.requester"), Value: person(r)}}
	if r.Entity != "" {
		facts = append(facts, templates.Fact{Name: w.t("fact.entity"), Value: r.Entity})
	}
	return facts
}

// due are the targets that are still to be met.
func (w *writing) due() (facts []templates.Fact) {
	t := w.l.Ticket
	if t == nil {
		return nil
	}
	if t.FirstAnswerDue != nil && t.FirstAnsweredAt == nil {
		facts = append(facts, templates.Fact{Name: w.t("fact.first_answer_due"), Value: w.moment(*t.FirstAnswerDue)})
	}
	if t.ResolutionDue != nil && t.ResolvedAt == nil {
		facts = append(facts, templates.Fact{Name: w.t("fact.resolution_due"), Value: w.moment(*t.ResolutionDue)})
	}
	return facts
}

// nextDue is the next target of a ticket; nil if there is none, or its clock
// stands.
func nextDue(t *tickets.Ticket) *time.Time {
	switch {
	case t.Paused():
		return nil
	case t.FirstAnsweredAt == nil && t.FirstAnswerDue != nil:
		return t.FirstAnswerDue
	}
	return t.ResolutionDue
}

func (w *writing) problem(p tickets.CommandProblem) string {
	line := oneLine(p.Line)
	if r := []rune(line); len(r) > maxSubject {
		line = string(r[:maxSubject-1]) + "…"
	}
	if p.Why == tickets.ProblemUnknown && p.Nearest != "" {
		return w.t("command.nearest", line, p.Nearest)
	}
	return w.t("command."+string(p.Why), line)
}
