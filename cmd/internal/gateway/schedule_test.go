package gateway

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"respon/tickets/store/storetest"
)

// work does what the schedule does at a moment.
func (x *town) work() {
	x.Helper()
	for _, j := range x.g.jobs() {
		if err := j.do(x.Context()); err != nil {
			x.Fatal(j.name, err)
		}
	}
}

// A technician leaves the configuration, which is reloaded: what she had goes
// to others, who are told.
func TestTechnicianLeavesTheConfiguration(t *testing.T) {
	storetest.EachURL(t, func(t *testing.T, url string) {
		x := newTown(t, url)
		x.mail("From: maria@alfafar.example\nSubject: [portales] La sede\n\nNo va.")
		x.letters()
		x.work()
		if got := kinds(x.letters()); len(got) > 0 {
			t.Errorf("letters before anything happened: %q", got)
		}
		x.edit(`technicians = ["pere"]`, `technicians = ["ana"]`)
		x.edit("[[technician]]\nid    = \"pere\"\nname  = \"Pere Gil\"\nemail = \"pere@town.example\"\n", "")
		x.work()
		x.work()
		if diff := cmp.Diff([]string{"assigned ana@town.example"}, kinds(x.letters())); diff != "" {
			t.Errorf("letters: %s", diff)
		}
		got := x.ticket(1)
		if e := got.Events[len(got.Events)-1]; got.Technician != "ana" || !strings.Contains(e.Detail, "pere is no longer a technician") {
			t.Errorf("the ticket is %q's: %+v", got.Technician, e)
		}
	})
}

// Who is told of a missed target depends on the ticket's priority.
func TestEscalationByPriority(t *testing.T) {
	storetest.EachURL(t, func(t *testing.T, url string) {
		x := newTown(t, url, "RESPON_ESCALATION_ADDRESSES=jefatura@town.example", "RESPON_ESCALATION_P2=guardia@town.example,ana@town.example",
			"RESPON_SLA_P2_RESOLUTION=2h", "RESPON_SLA_P4_RESOLUTION=2h")
		x.mail("From: maria@alfafar.example\nSubject: [portales] [incidencia] [impacto: alto] La sede\n\nNo va.")
		x.mail("From: maria@alfafar.example\nSubject: [portales] [incidencia] [impacto: bajo] Un texto\n\nNo va.")
		x.letters()
		x.pass(2*time.Hour - time.Second)
		x.work()
		if diff := cmp.Diff([]string{"sla_warning pere@town.example", "sla_warning pere@town.example"}, kinds(x.letters())); diff != "" {
			t.Errorf("warnings: %s", diff)
		}
		x.pass(time.Second)
		x.work()
		x.work()
		list := x.letters()
		want := []string{
			"sla_breach pere@town.example", "escalation guardia@town.example", "escalation ana@town.example",
			"sla_breach pere@town.example", "escalation jefatura@town.example",
		}
		if diff := cmp.Diff(want, kinds(list)); diff != "" {
			t.Errorf("letters: %s", diff)
		}
		// A technician who is told may act on it; nobody else has a way in.
		for _, l := range list {
			if technician := l.to == "ana@town.example" || l.to == "pere@town.example"; technician != strings.HasPrefix(l.answerTo(), "batlia+") {
				t.Errorf("%s to %s: answers go to %s", l.kind, l.to, l.answerTo())
			}
		}
		x.mail("From: jefatura@town.example\nTo: batlia@town.example\nSubject: Re: [BR-2] Un texto\nIn-Reply-To: <" + *x.letterTo(list, "jefatura@town.example").MessageID + ">\n\n¿Qué pasa aquí?")
		if got := x.ticket(2); len(got.Messages) != 2 || x.count() != 3 {
			t.Errorf("the head's question is in the ticket: %d messages, %d tickets", len(got.Messages), x.count())
		}
	})
}

// A technician's list of the morning: what is late stands first, in his own
// language, and nobody else's tickets are in it.
func TestDigestOfAMorning(t *testing.T) {
	storetest.EachURL(t, func(t *testing.T, url string) {
		x := newTown(t, url, "RESPON_SLA_P2_RESOLUTION=2h", "RESPON_SLA_P4_RESOLUTION=9h", "RESPON_SLA_P5_RESOLUTION=40h")
		x.mail("From: maria@alfafar.example\nSubject: [portales] [petición] [impacto: bajo] Un texto\n\nPuede esperar.")
		x.mail("From: maria@alfafar.example\nSubject: [portales] [incidencia] [impacto: bajo] Un enlace\n\nNo va.")
		x.mail("From: maria@alfafar.example\nSubject: [portales] [incidencia] [impacto: alto] La sede\n\nNo va.")
		x.mail("From: maria@alfafar.example\nSubject: [contabilidad] Una factura\n\nNo cuadra.")
		x.pass(22 * time.Hour) // to 8:00 on the next day
		x.letters()
		if err := x.g.desk.Digests(x.Context()); err != nil {
			t.Fatal(err)
		}
		list := x.letters()
		if diff := cmp.Diff([]string{"digest ana@town.example", "digest pere@town.example"}, kinds(list)); diff != "" {
			t.Fatalf("letters: %s", diff)
		}
		l := x.letterTo(list, "pere@town.example")
		if l.Subject != "Consultas pendientes: 3; fuera de plazo: 1" || l.answerTo() != "batlia@town.example" {
			t.Errorf("subject %q, answers go to %s", l.Subject, l.answerTo())
		}
		text := strings.Join(strings.Fields(l.Text), " ")
		at := 0
		for _, want := range []string{"Fuera de plazo (1):", "- BR-3 · La sede", "Alfafar", "Vencen hoy (1):", "- BR-2 · Un enlace", "Vencen más adelante, o no tienen plazo (1):", "- BR-1 · Un texto"} {
			i := strings.Index(text[at:], want)
			if i < 0 {
				t.Fatalf("%q is not there, or not in its place:\n%s", want, l.Text)
			}
			at += i
		}
		if strings.Contains(text, "BR-4") {
			t.Errorf("another technician's ticket is in it:\n%s", l.Text)
		}
	})
}
