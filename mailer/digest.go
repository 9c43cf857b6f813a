package mailer

import "respon/tickets"

// maxTasks is how many tickets a digest lists: nobody reads more on a morning,
// and on the day after a disaster the list must still be a mail.
const maxTasks = 100

// agenda is a technician's pending tickets by what the day asks of them, each
// part in the order of the letter.
type agenda struct{ overdue, today, later, paused []*tickets.Ticket }

func byUrgency(cat *tickets.Catalogue, l *tickets.Letter) (a agenda) {
	today := tickets.DayOf(l.At, cat.Gateway.Location)
	for _, t := range l.Tickets {
		switch due := nextDue(t); {
		case t.Paused():
			a.paused = append(a.paused, t)
		case due == nil:
			a.later = append(a.later, t)
		case !due.After(l.At):
			a.overdue = append(a.overdue, t)
		case tickets.DayOf(*due, cat.Gateway.Location) == today:
			a.today = append(a.today, t)
		default:
			a.later = append(a.later, t)
		}
	}
	return a
}

// digest is a technician's list of a morning: what is late, what is due today,
// and what can wait.
func (w *writing) digest() {
	if len(w.l.Tickets) == 0 {
		return
	}
	w.say("digest.intro")
	a, left := byUrgency(w.cat, w.l), maxTasks
	for _, part := range []struct {
		key  string
		list []*tickets.Ticket
	}{{"digest.overdue", a.overdue}, {"digest.today", a.today}, {"digest.later", a.later}, {"digest.paused", a.paused}} {
		shown := part.list[:min(left, len(part.list))]
		if len(shown) == 0 {
			continue
		}
		w.say(part.key, len(part.list))
		w.tasks(shown)
		left -= len(shown)
	}
	if more := len(w.l.Tickets) - maxTasks; more > 0 {
		w.say("digest.more", more)
	}
	w.say("digest.follow", w.l.Tickets[0].Number.Format(w.cat.Gateway.Prefix))
	if w.cat.Gateway.BaseURL != "" {
		w.Footer = append(w.Footer, w.link("digest.page", "/queue"))
	}
}
