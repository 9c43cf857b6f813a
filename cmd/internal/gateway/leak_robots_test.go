package gateway

import (
	"maps"
	"slices"
	"strings"

	"respon/tickets"
)

// merged makes one matter of two if the desk made one of them: those of colleagues,
// or of one person. Others stay apart.
func (k *leak) merged(n, other tickets.Number, before map[string]bool) {
	k.Helper()
	for _, pair := range [][2]tickets.Number{{n, other}, {other, n}} {
		t := k.ticket(pair[0])
		if t.MergedInto != pair[1] || k.matter(n) == k.matter(other) {
			continue
		}
		from, into := k.matter(pair[0]), k.matter(pair[1])
		a, b := t.Requester, k.ticket(pair[1]).Requester
		if a.Address != b.Address && (a.Entity == "" || a.Entity != b.Entity) {
			from.twins, into.twins = append(from.twins, into), append(into.twins, from)
			continue
		}
		maps.Copy(into.parts, from.parts)
		maps.Copy(into.parts, before)
		maps.Copy(into.wrote, from.wrote)
		into.twins = append(into.twins, from.twins...)
		*from = *into // they share all from now on, whichever is meant
		k.matters[pair[0]] = into
	}
}

// audience are all whom a technician's words in a ticket reach: those of the
// matter, and of what is part of it.
func (k *leak) audience(n tickets.Number) map[string]bool {
	k.Helper()
	all := maps.Clone(k.matter(n).audience())
	for m := k.newest(); m > 0; m-- {
		if k.target(m) != k.target(n) {
			continue
		}
		for _, l := range k.ticket(m).Links {
			if l.Kind == tickets.Child {
				maps.Copy(all, k.matter(l.Number).audience())
			}
		}
	}
	return all
}

// target is the ticket in which a mail to another lands.
func (k *leak) target(n tickets.Number) tickets.Number {
	k.Helper()
	for range 100 {
		into := k.ticket(n).MergedInto
		if into == 0 {
			return n
		}
		n = into
	}
	k.Fatalf("BR-%d goes round in circles", n)
	return 0
}

// robot answers a letter by itself, as mail servers and service desks do.
func (k *leak) robot() {
	l, _ := k.letterAbout(pick(k, slices.Concat(requesters, technicians)))
	if l == nil {
		return
	}
	text := k.say(l.to, "an automatic answer", nil)
	k.words[text].by = "robot"
	m := outgoing{from: l.to, auth: "none", more: "Auto-Submitted: auto-replied\nPrecedence: bulk"}
	m.answers(l)
	m.subject, m.body = "Fuera de la oficina: "+l.Subject, quoting(k, "Estaré ausente hasta el 30/01/2026. "+text, l)
	k.post(m)
	if at, internal := k.placed(text); at != 0 && !internal {
		k.Errorf("an automatic answer is not internal in BR-%d", at)
	}
	k.collect()
}

// bounce brings a letter back, whole.
func (k *leak) bounce() {
	l, _ := k.letterAbout(pick(k, slices.Concat(requesters, technicians)))
	if l == nil {
		return
	}
	text := k.say("robot", "a bounce", nil)
	m := outgoing{from: "MAILER-DAEMON@mx.town.example", to: l.answerTo(), more: "Return-Path: <>\nContent-Type: multipart/report; report-type=delivery-status; boundary=bnd",
		subject: "Undelivered Mail Returned to Sender", raw: true}
	m.body = "--bnd\n\nNo such user " + text + "\n--bnd\nContent-Type: message/delivery-status\n\nReporting-MTA: dns; mx\n\nFinal-Recipient: rfc822; " + l.to +
		"\nAction: failed\nStatus: 5.1.1\nDiagnostic-Code: smtp; 550 " + text + "\n\n--bnd\nContent-Type: message/rfc822\n\n" +
		strings.ReplaceAll(string(l.raw), "\r\n", "\n") + "\n--bnd--"
	k.post(m)
	k.collect()
}

// again offers the last mail once more, by another route.
func (k *leak) again() {
	if k.last != "" {
		if fate := k.mail("Received: from elsewhere\n" + k.last); fate != tickets.FateDuplicate {
			k.Errorf("the same mail over another route: %s", fate)
		}
		k.collect()
	}
}

// ask asks the gateway itself.
func (k *leak) ask() {
	who := pick(k, slices.Concat(requesters, technicians))
	newest := k.newest()
	k.post(outgoing{from: who, auth: pick(k, []string{"pass", "none", "fail"}), to: "batlia@town.example", subject: pick(k, []string{"ESTADO", "AYUDA", "STATUS"}), body: ""})
	for ; newest < k.newest(); newest++ {
		k.matter(newest + 1).parts[who] = true
	}
	k.collect()
}
