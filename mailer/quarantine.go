package mailer

import (
	"fmt"

	"respon/templates"
	"respon/tickets"
)

// maxListed is how many quarantined mails a list names; the command line shows
// all.
const maxListed = 50

// quarantine lists the mails that could not be processed, for the operator to
// decide.
func (w *writing) quarantine() {
	w.Marker = w.t("mail.marker")
	all := w.l.Quarantined
	w.say("quarantine.intro")
	list := templates.Block{Kind: templates.List}
	for _, q := range all[:min(maxListed, len(all))] {
		from, subject := oneLine(q.From), cutSubject(q.Subject, w.cat.Gateway.Prefix)
		if from == "" {
			from = w.t("quarantine.nobody")
		}
		if subject == "" {
			subject = w.t("quarantine.no_subject")
		}
		list.Lines = append(list.Lines, fmt.Sprintf("%d · %s · %s · %s · %s · %s", q.ID, w.moment(q.ReceivedAt), from, subject, size(q.Size), w.causeOf(&q)))
	}
	w.add(list)
	if left := len(all) - maxListed; left > 0 {
		w.say("quarantine.more", left)
	}
	w.say("quarantine.how")
	first, last := all[0].ID, all[len(all)-1].ID
	w.add(templates.Block{Kind: templates.Form, Lines: []string{w.t("quarantine.accept_line", first), w.t("quarantine.drop_line", last)}})
	w.say("quarantine.accept")
	w.say("quarantine.drop")
}

// causes are the keys of those that the list has words for.
var causes = map[string]string{
	tickets.CauseNothing: "quarantine.nothing", tickets.CauseNoSender: "quarantine.no_sender", tickets.CauseNoAddress: "quarantine.no_address",
	tickets.CauseList: "quarantine.list", tickets.CauseDeadly: "quarantine.deadly",
}

func (w *writing) causeOf(q *tickets.Quarantined) string {
	if key := causes[q.Cause]; key != "" {
		return w.t(key)
	}
	return oneLine(q.Cause)
}

// decided tells what became of the mails that an operator decided about.
func (w *writing) decided() {
	if len(w.l.Decisions) == 0 {
		w.say("decided.unclear")
		w.add(templates.Block{Kind: templates.Form, Lines: []string{w.t("quarantine.accept_line", 3), w.t("quarantine.drop_line", 5)}})
		return
	}
	gone, taken := false, false
	for _, d := range w.l.Decisions {
		gone, taken = gone || d.Gone, taken || d.Fate != ""
	}
	list := templates.Block{Kind: templates.List}
	for _, d := range w.l.Decisions {
		switch {
		case d.Gone:
			list.Lines = append(list.Lines, w.t("decided.gone", d.ID))
		case d.Drop && !gone:
			list.Lines = append(list.Lines, w.t("decided.dropped", d.ID))
		case d.Fate != "":
			list.Lines = append(list.Lines, w.t("decided."+decidedKey(d.Fate), d.ID))
		}
	}
	if gone && !taken {
		w.say("decided.nothing")
	} else {
		w.say("decided.intro")
	}
	w.add(list)
}

// decidedKey is the text for a fate: most of them need no word of their own.
func decidedKey(f tickets.Fate) string {
	switch f {
	case tickets.FateOpened, tickets.FateJoined, tickets.FateHeld, tickets.FateQuarantined:
		return string(f)
	}
	return "taken"
}
