package mailer

import (
	"strings"

	"respon/templates"
	"respon/tickets"
)

// alert tells a technician which targets of her ticket are near or missed, and
// what the requester wrote last, so that she can answer at once: an answer goes
// to the requester, as one to any notice.
func (w *writing) alert() {
	w.Marker = w.t("mail.marker")
	w.say(string(w.l.Kind)+".intro", w.number())
	w.targets()
	w.add(templates.Block{Kind: templates.Facts, Facts: append(w.whose(), w.understood()...)})
	w.say("assigned.commands")
	if who := w.author(); who != "" {
		w.say("assigned.wrote", who)
	}
	w.words(templates.Quote, w.l.Text)
}

// escalation tells of a missed target whoever answers for the technicians.
func (w *writing) escalation() {
	w.say("escalation.intro", w.number())
	w.targets()
	who := w.t("page.nobody")
	if tech := w.cat.TechnicianByID(w.l.Ticket.Technician); tech != nil {
		who = tech.Name
	}
	facts := append([]templates.Fact{{Name: w.t("escalation.technician"), Value: who}}, w.whose()...)
	w.add(templates.Block{Kind: templates.Facts, Facts: append(facts, w.understood()...)})
	w.say("escalation.follow")
}

func (w *writing) targets() {
	list := templates.Block{Kind: templates.List}
	for _, a := range w.l.Alerts {
		list.Lines = append(list.Lines, w.t("target."+string(a.Aim)+"_"+string(a.Stage), w.moment(a.Due)))
	}
	w.add(list)
}

// reminder asks the requester once more, with what she was asked.
func (w *writing) reminder() {
	w.greet()
	w.say("reminder.intro", w.number())
	if strings.TrimSpace(w.l.Text) != "" {
		w.say("reminder.asked")
		w.words(templates.Quote, w.l.Text)
	}
	w.say("reminder.follow")
}

// bound reports whether a letter about a ticket is its recipient's way into it.
// Whom a missed target was told, and who is no technician, has no part in the
// ticket: what she answers must not go to the requester.
func bound(cat *tickets.Catalogue, l *tickets.Letter) bool {
	return l.Ticket != nil && (l.Kind != tickets.NoticeEscalation || cat.TechnicianByAddress(l.To.Address) != nil)
}
