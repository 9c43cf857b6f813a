package mailer

import (
	"strings"

	"respon/templates"
	"respon/tickets"
)

// guide tells how to write to the gateway and what can be asked by one word.
func (w *writing) guide() {
	w.greet()
	w.say("guide.intro")
	w.say("guide.report")
	w.add(templates.Block{Kind: templates.List, Lines: []string{
		w.t("guide.write"), w.t("guide.number"), w.t("guide.answer"), w.t("guide.tags"),
	}})
	if names := w.categories(); len(names) > 0 {
		w.say("guide.categories", strings.Join(names, ", "))
	}
	w.say("guide.ask")
	number := tickets.Number(12).Format(w.cat.Gateway.Prefix)
	w.add(templates.Block{Kind: templates.List, Lines: []string{
		w.t("guide.status"), w.t("guide.status_of", number), w.t("guide.search"), w.t("guide.close", number, number),
		w.t("guide.locale"), w.t("guide.help"),
	}})
	w.say("guide.trouble")
}

// status tells how one ticket stands, or all that are open.
func (w *writing) status() {
	w.greet()
	switch t := w.l.Ticket; {
	case t != nil:
		w.say("asked.one", w.number())
		w.add(templates.Block{Kind: templates.Facts, Facts: append(w.standing(t), w.understood()...)})
		if lines := w.history(t); len(lines) > 0 {
			w.say("asked.history")
			w.add(templates.Block{Kind: templates.List, Lines: lines})
		}
		w.say("asked.follow")
	case w.l.Number != 0:
		w.say("asked.unknown", w.l.Number.Format(w.cat.Gateway.Prefix))
		w.say("asked.ask_all")
	case len(w.l.Tickets) == 0:
		w.say("asked.none")
	default:
		w.say("asked.open")
		w.list()
		w.say("asked.ask_one", w.l.Tickets[0].Number.Format(w.cat.Gateway.Prefix))
	}
}

// found lists the tickets that have the words asked for.
func (w *writing) found() {
	w.greet()
	words := oneLine(w.l.Words)
	if len(w.l.Tickets) == 0 {
		w.say("asked.found_none", words)
		return
	}
	w.say("asked.found", words)
	w.list()
	w.say("asked.ask_one", w.l.Tickets[0].Number.Format(w.cat.Gateway.Prefix))
}

func (w *writing) list() {
	b := templates.Block{Kind: templates.List}
	for _, t := range w.l.Tickets {
		line := w.t("asked.line", t.Number.Format(w.cat.Gateway.Prefix), cutSubject(t.Subject, w.cat.Gateway.Prefix), w.state(t), w.moment(t.CreatedAt))
		if tech := w.cat.TechnicianByID(t.Technician); tech != nil {
			line += w.t("asked.attends", oneLine(tech.Name))
		}
		b.Lines = append(b.Lines, line)
	}
	w.add(b)
}

// state names the status of a ticket; to whom it waits for, it says so.
func (w *writing) state(t *tickets.Ticket) string {
	if t.Status == tickets.Waiting && w.l.To.Address == t.Requester.Address {
		return w.t("page.status.waiting_you")
	}
	return w.t("page.status." + string(t.Status))
}

// standing is the state of a ticket and who has it, by name and never by
// address.
func (w *writing) standing(t *tickets.Ticket) []templates.Fact {
	facts := []templates.Fact{{Name: w.t("asked.state"), Value: w.state(t)}, {Name: w.t("asked.since"), Value: w.moment(t.CreatedAt)}}
	if tech := w.cat.TechnicianByID(t.Technician); tech != nil {
		facts = append(facts, templates.Fact{Name: w.t("asked.technician"), Value: oneLine(tech.Name)})
	}
	return facts
}

// shownEvents is how many of a ticket's last events are told.
const shownEvents = 6

// history tells the last events that concern a requester, in her own words. Their
// details are for technicians.
func (w *writing) history(t *tickets.Ticket) (lines []string) {
	for i := len(t.Events) - 1; i >= 0 && len(lines) < shownEvents; i-- {
		e := &t.Events[i]
		words := ""
		switch e.Kind {
		case tickets.EventOpened, tickets.EventAssigned, tickets.EventAnswered:
			words = w.t("asked.event." + string(e.Kind))
		case tickets.EventStatus:
			_, after, _ := strings.Cut(e.Detail, "→ ")
			after, _, _ = strings.Cut(after, ":")
			if s := tickets.Status(strings.TrimSpace(after)); s.Valid() {
				words = w.t("asked.event.status", w.t("page.status."+string(s)))
			}
		}
		if words != "" {
			lines = append(lines, w.moment(e.At)+": "+words)
		}
	}
	return lines
}
