package gateway

import (
	"slices"
	"strings"
	"testing"

	"respon/tickets"
	"respon/tickets/store/storetest"
)

// Whoever is given a ticket reads what it is about, however it comes to her.
func TestNoticeTellsTheStory(t *testing.T) {
	storetest.EachURL(t, func(t *testing.T, url string) {
		x := guarded(t, url)
		reads := func(l *sent, want string, not ...string) {
			t.Helper()
			text := strings.Join(strings.Fields(l.Text), " ")
			if !strings.Contains(text, want) {
				t.Errorf("%s to %s does not say %q:\n%s", l.kind, l.to, want, l.Text)
			}
			for _, words := range not {
				if strings.Contains(text, words) {
					t.Errorf("%s to %s says %q:\n%s", l.kind, l.to, words, l.Text)
				}
			}
		}
		at := x.opened("maria@alfafar.example", "Seu")
		x.writes(at, "Tipus: incidència\nCategoria: portals\nLi impedix fer la seua faena? [ ] No [x] Sí")
		moved := x.letters()
		notice := x.letterTo(moved, "pere@town.example")
		reads(notice, "> No imprime.", "[x]", "/form/")
		reads(x.letterTo(moved, anaAddress), "ya no está a su cargo: ahora la atiende Pere Gil.")

		given := x.orders(target{notice: notice}, "#asignar ana\n#nota\nMira el certificat del servidor.")
		notice = x.letterTo(given, anaAddress)
		reads(notice, "> No imprime.")
		reads(notice, "Nota interna: el solicitante no la ve. > Mira el certificat del servidor.", "#asignar ana")

		x.writes(at, "Ara tampoc va el correu.")
		x.letters()
		given = x.orders(target{notice: notice}, "#asignar pere")
		if got := kinds(given); slices.Contains(got, "taken "+anaAddress) {
			t.Errorf("she is told of what she did: %v", got)
		}
		reads(x.letterTo(given, "pere@town.example"), "> No imprime.")
		reads(x.letterTo(given, "pere@town.example"), "> Ara tampoc va el correu.")
	})
}

// What a requester does with a word is told to the technician, with or without others.
func TestNoticeSaysWhatSheDid(t *testing.T) {
	storetest.EachURL(t, func(t *testing.T, url string) {
		x := guarded(t, url)
		at := x.opened("maria@alfafar.example", "Seu")
		says := func(subject, text, want string) {
			t.Helper()
			x.letters()
			x.mail(pass + tickets.DomainOf(at.clerk) + "\nFrom: " + at.clerk + "\nTo: " + at.ack.answerTo() + "\nSubject: " + subject + "\n\n" + text)
			if l := x.letterTo(x.letters(), anaAddress); !strings.Contains(l.Text, want) {
				t.Errorf("%s: the technician does not read %q:\n%s", subject, want, l.Text)
			}
		}
		says("CERRAR BR-1", "", "Ha cerrado la consulta.")
		says("REABRIR BR-1", "", "Ha vuelto a abrir la consulta.")
		x.orders(at, "#resolver")
		says("Re: [BR-1] Satisfacció: No", "Ha tardat massa.", "no está conforme")
		says("Re: [BR-1] Satisfacció: No", "", "no está conforme")
	})
}

// What could not be done comes back as it was written, without what it was written above.
func TestNoticeOfCommandsThatFail(t *testing.T) {
	x := guarded(t, storetest.SQLite(t))
	at := x.opened("maria@alfafar.example", "Seu")
	for _, orders := range []string{"#asignar juan", "#prioridad P1\n#asignar juan\n\nLo miro luego."} {
		l := x.letterTo(x.orders(at, orders+"\n\nEl lun, 12 ene 2026 a las 10:12, Batlia ("+at.notice.answerTo()+") escribió:\n\n> "+strings.ReplaceAll(at.notice.Text, "\n", "\n> ")), anaAddress)
		if l.kind != tickets.NoticeCommand || !strings.Contains(l.Text, "> "+strings.ReplaceAll(orders, "\n", "\n> ")) || strings.Contains(l.Text, "No imprime.") {
			t.Errorf("%s for %q:\n%s", l.kind, orders, l.Text)
		}
	}
}
