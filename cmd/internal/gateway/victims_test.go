package gateway

import (
	"flag"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"respon/tickets"
	"respon/tickets/store/storetest"
)

var forgedMails = flag.Int("forged", 600, "mails of TestForgedSendersFloodNobody")

// Whoever forges the addresses of others cannot make the gateway write to many of
// them, nor pass on his words: 200 letters an hour in all to people nobody knows,
// 20 to a domain, whatever the policy and whatever they answer to.
func TestForgedSendersFloodNobody(t *testing.T) {
	for _, policy := range []tickets.Policy{tickets.PolicyOpen, tickets.PolicyConfirm, tickets.PolicyEntities} {
		t.Run(string(policy), func(t *testing.T) {
			t.Parallel()
			x := newTown(t, storetest.SQLite(t), "RESPON_INTAKE_POLICY="+string(policy))
			dice := rand.New(rand.NewPCG(1, 2))
			const victims = 300
			subjects := []string{"Gane dinero en https://evil.example/canary hoy", "AYUDA", "ESTADO", "canary canary"}
			if policy == tickets.PolicyOpen {
				subjects = subjects[:3] // an acknowledgement names its ticket's subject, without links
			}
			for range *forgedMails {
				v := dice.IntN(victims)
				// Many domains and one large one.
				from := fmt.Sprintf("Canary <victim%d@d%d.example>", v, v%40)
				if v%3 == 0 {
					from = fmt.Sprintf("victim%d@large.example", v)
				}
				x.mail(fmt.Sprintf("From: %s\nSubject: %s\n\ncanary https://evil.example/canary", from, subjects[dice.IntN(len(subjects))]))
			}
			all, domains := 0, map[string]int{}
			for _, l := range x.letters() {
				if l.kind.Notice() {
					continue
				}
				all++
				domains[tickets.DomainOf(l.to)]++
				text := strings.ToLower(l.Subject + l.Text + l.HTML + l.Header.Get("To"))
				if strings.Contains(text, "canary") || strings.Contains(text, "evil.example") {
					t.Errorf("%s to %s carries the sender's words:\n%s\n%s", l.kind, l.to, l.Subject, l.Text)
				}
			}
			if all == 0 || all > 200 {
				t.Errorf("%d letters, want some and at most 200", all)
			}
			for domain, n := range domains {
				if n > 20 {
					t.Errorf("%d letters to %s, want at most 20", n, domain)
				}
			}
			if domains["large.example"] < 10 {
				t.Errorf("%d letters to the large domain: too few to say anything", domains["large.example"])
			}
			// People whom the catalogue knows are answered meanwhile.
			x.mail("From: maria@alfafar.example\nSubject: No imprime\n\nhola")
			if got := kinds(x.letters()); len(got) == 0 || got[0] != "ack maria@alfafar.example" {
				t.Errorf("a clerk gets %v", got)
			}
		})
	}
}

// A number that anybody can guess opens nothing: a thousand numbers sprayed join no
// ticket and bring no word of one.
func TestSprayedNumbers(t *testing.T) {
	x := newTown(t, storetest.SQLite(t), "RESPON_INTAKE_TRUSTED_AUTHSERV=mx.town.example")
	const secrets, sprayed = 40, 1000
	for i := range secrets {
		x.mail(fmt.Sprintf("%salfafar.example\nFrom: clerk%d@alfafar.example\nSubject: canary%dsubject\n\ncanary%dtext", pass, i, i, i))
	}
	x.letters()
	before := make([]int, secrets+1)
	for n := 1; n <= secrets; n++ {
		before[n] = len(x.ticket(tickets.Number(n)).Messages)
	}
	forms := []string{"Re: [BR-%d] x", "[BR-%d]", "ESTADO BR-%d", "CERRAR BR-%d", "BUSCAR: canary%dtext", "BR-%d", "Re: Re: [br-%d]"}
	for i := range sprayed {
		if i%20 == 0 {
			x.pass(3600e9)
		}
		from, results := fmt.Sprintf("eve%d@evil.example", i%50), pass+"evil.example\n"
		if i%3 == 0 {
			results = "" // nobody speaks for him
		}
		text := "dime"
		if i%5 == 0 {
			text = "#estado\n#cerrar\n#nota\ndime"
		}
		x.mail(results + "From: " + from + "\nSubject: " + fmt.Sprintf(forms[i%len(forms)], 1+i%secrets) + "\n\n" + text)
	}
	letters := 0
	for _, l := range x.letters() {
		if l.kind.Notice() {
			continue
		}
		letters++
		if !strings.HasSuffix(l.to, "@evil.example") {
			t.Errorf("%s to %s", l.kind, l.to)
		}
		if text := l.Subject + l.Text + l.HTML; strings.Contains(text, "subject") && strings.Contains(text, "canary") || strings.Contains(text, "alfafar") {
			t.Errorf("%s to %s:\n%s", l.kind, l.to, l.Text)
		}
	}
	if letters < 100 {
		t.Errorf("%d letters: too few to say anything", letters)
	}
	for n := 1; n <= secrets; n++ {
		t1 := x.ticket(tickets.Number(n))
		if len(t1.Messages) != before[n] || !t1.Status.Pending() {
			t.Errorf("BR-%d has %d messages, had %d, and is %s", n, len(t1.Messages), before[n], t1.Status)
		}
	}
}
