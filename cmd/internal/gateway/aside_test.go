package gateway

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"respon/tickets"
	"respon/tickets/store/storetest"
)

// What a technician writes to somebody else, with the gateway in copy so that it is
// kept, was not written to the requester.
func TestMailToOthersWithUsInCopy(t *testing.T) {
	storetest.EachURL(t, func(t *testing.T, url string) {
		x := guarded(t, url)
		at := x.opened("maria@alfafar.example", "Padró")
		const requester = "maria@alfafar.example"
		for i, tt := range []struct {
			to, cc, subject string
			reaches         bool
		}{
			{"luis@supplier.example", "US", "RV: [BR-1] Padró", false},
			{"luis@supplier.example", "US", "Re: [BR-1] Padró", false},
			{"pere@town.example", "US", "Re: [BR-1] Padró", false},
			{"luis@supplier.example", requester + ", US", "Re: [BR-1] Padró", false}, // she has it from him
			{"US", "luis@supplier.example", "Re: [BR-1] Padró", true},
			{"US, luis@supplier.example", "pere@town.example", "Re: [BR-1] Padró", true},
		} {
			words := fmt.Sprintf("palabra-%d", i)
			us := at.notice.answerTo()
			x.mail(fmt.Sprintf("%stown.example\nFrom: %s\nTo: %s\nCc: %s\nSubject: %s\n\n%s", pass, anaAddress,
				strings.Replace(tt.to, "US", us, 1), strings.Replace(tt.cc, "US", us, 1), tt.subject, words))
			if got := kinds(x.letters()); slices.Contains(got, "answer "+requester) != tt.reaches {
				t.Errorf("to %s, copy to %s: letters %v", tt.to, tt.cc, got)
			}
			if m := x.ticket(1).Messages; !strings.Contains(m[len(m)-1].Reply, words) || m[len(m)-1].Internal == tt.reaches {
				t.Errorf("to %s, copy to %s: the last message is %+v", tt.to, tt.cc, m[len(m)-1])
			}
		}
	})
}

// A mail of somebody else that a technician passes on, to open a ticket for a third
// person, is not shown to her, nor are its files.
func TestPassedOnOfAThirdPerson(t *testing.T) {
	storetest.EachURL(t, func(t *testing.T, url string) {
		x := guarded(t, url)
		const passed = "De: Luis Jefe <luis@other.example>\nEnviado el: lunes, 23 de noviembre de 2026 10:12\nPara: Ana Soler <ana@town.example>\nAsunto: Lo de Alfafar\n\npalabra-privada: son unos pesados."
		mail := func(to, text string) []*sent {
			x.letters()
			x.mail(pass + "town.example\nFrom: " + anaAddress + "\nSubject: RV: Lo de Alfafar\nMIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=b\n\n" +
				"--b\nContent-Type: text/plain; charset=utf-8\n\n#solicitante " + to + "\n" + text + "\n\n" + passed + "\n" +
				"--b\nContent-Type: application/pdf\nContent-Disposition: attachment; filename=\"privado.pdf\"\n\n%PDF\n--b--")
			return x.letters()
		}
		for _, text := range []string{"Le miro la impresora.", ""} {
			list := mail("maria@alfafar.example", text)
			n := tickets.Number(x.count())
			page := x.page(fmt.Sprintf("/tickets/BR-%d", n), x.signIn("maria@alfafar.example")).Body.String()
			for _, private := range []string{"palabra-privada", "privado.pdf", "luis@other.example"} {
				if strings.Contains(page, private) || strings.Contains(x.letterTo(list, "maria@alfafar.example").everything(), private) {
					t.Errorf("%q: she reads %q", text, private)
				}
			}
			if !strings.Contains(page, text) {
				t.Errorf("her page has not what was written for her: %q", text)
			}
			if page := x.page(fmt.Sprintf("/tickets/BR-%d", n), x.signIn(anaAddress)).Body.String(); !strings.Contains(page, "palabra-privada") || !strings.Contains(page, "privado.pdf") {
				t.Errorf("%q: the technicians' page has not what was passed on", text)
			}
		}
		// Her own mail is.
		mail("luis@other.example", "Ya lo miro.")
		if page := x.page(fmt.Sprintf("/tickets/BR-%d", x.count()), x.signIn("luis@other.example")).Body.String(); !strings.Contains(page, "palabra-privada") || strings.Contains(page, "Ya lo miro") {
			t.Error("his own mail is not his request")
		}
	})
}

// Whoever has an answer from the technician himself does not get it from us as well,
// also where it comes by another ticket.
func TestAnswerThatSomebodyHas(t *testing.T) {
	storetest.EachURL(t, func(t *testing.T, url string) {
		x := twoHouses(t, url)
		top, part := x.opened("maria@alfafar.example", "[contabilidad] [incidencia] Uno"), x.opened("rosa@burjassot.example", "[contabilidad] [incidencia] Dos")
		x.orders(top, "#general BR-1 BR-2")
		x.mail(fmt.Sprintf("%stown.example\nFrom: %s\nTo: %s, %s\nSubject: Re: x\n\nYa va.", pass, anaAddress, top.notice.answerTo(), part.clerk))
		if got := kinds(x.letters()); !slices.Equal(got, []string{"answer " + top.clerk}) {
			t.Errorf("letters %v", got)
		}
	})
}
