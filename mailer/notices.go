package mailer

import (
	"respon/templates"
	"respon/tickets"
)

// notice puts a letter to a technician into words.
func (w *writing) notice() {
	switch w.l.Kind {
	case tickets.NoticeAssigned:
		w.assigned()
	case tickets.NoticeFollowUp:
		w.followUp()
	case tickets.NoticeBounce:
		w.say("bounce.intro", w.number(), oneLine(w.l.Recipient))
		w.say("bounce.reason", oneLine(w.l.Failure))
		w.say("bounce.follow")
	case tickets.NoticeCommand:
		w.say("command.intro", w.number())
		list := templates.Block{Kind: templates.List}
		for _, p := range w.l.Problems {
			list.Lines = append(list.Lines, w.problem(p))
		}
		w.add(list)
		w.say("command.follow")
		w.words(templates.Quote, w.l.Text)
	case tickets.NoticeHelp:
		w.say("help.intro", w.number())
		list := templates.Block{Kind: templates.List}
		for _, v := range helped {
			list.Lines = append(list.Lines, w.t("help."+string(v)))
		}
		w.add(list)
	case tickets.NoticeUnverified:
		w.say("unverified.intro", w.number())
		w.say("unverified.follow")
	}
	if w.l.Ticket != nil {
		w.page()
	}
}

// helped are the commands in the order in which the help lists them.
var helped = [...]tickets.Verb{tickets.VerbNote, tickets.VerbResolve, tickets.VerbClose, tickets.VerbReopen, tickets.VerbWait,
	tickets.VerbAssign, tickets.VerbTake, tickets.VerbCategory, tickets.VerbType, tickets.VerbPriority, tickets.VerbHelp}

// assigned tells whose ticket it is, how urgent it is and why, and all that was
// written. What is quoted stands last, below a line that says where to answer.
func (w *writing) assigned() {
	w.Marker = w.t("mail.marker")
	w.say("assigned.intro", w.number())
	w.add(templates.Block{Kind: templates.Facts, Facts: append(append(w.whose(), w.understood()...), w.due()...)})
	w.say("assigned.commands")
	w.files()
	if w.l.Internal {
		w.warn("assigned.note")
	}
	if who := w.author(); who != "" {
		w.say("assigned.wrote", who)
	}
	w.words(templates.Quote, w.l.Text)
}

func (w *writing) followUp() {
	w.Marker = w.t("mail.marker")
	w.say("follow_up.intro", w.number(), w.author())
	if w.l.Internal {
		w.warn("follow_up.internal")
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
