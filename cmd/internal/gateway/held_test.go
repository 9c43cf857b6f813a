package gateway

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"respon/tickets"
	"respon/tickets/store/storetest"
)

// Somebody for whom no server speaks is asked anew for a mail that comes when she has
// answered the question about the one before: or nobody would ever hear of it.
func TestHeldAfterAConfirmation(t *testing.T) {
	storetest.EachURL(t, func(t *testing.T, url string) {
		for i, who := range []string{"maria@alfafar.example", "luis@other.example"} {
			x := guarded(t, storetest.SQLite(t))
			if i == 0 {
				x = guarded(t, url)
			}
			x.mail("From: " + who + "\nSubject: Uno\n\nNo imprime.")
			x.mail("From: " + who + "\nSubject: Dos\n\nNo imprime.")
			list := x.letters()
			if got := kinds(list); !slices.Equal(got, []string{"confirm " + who}) {
				t.Fatalf("letters %v", got)
			}
			x.mail("From: " + who + "\nTo: " + list[0].answerTo() + "\nSubject: Re: x\n\nSí")
			if x.count() != 2 {
				t.Fatalf("%d tickets, want both", x.count())
			}
			x.letters()
			x.pass(time.Hour)
			if fate := x.mail("From: " + who + "\nSubject: Tres\n\nTampoco escanea."); fate != tickets.FateHeld {
				t.Fatalf("the third mail: %s", fate)
			}
			again := x.letterTo(x.letters(), who)
			x.mail("From: " + who + "\nTo: " + again.answerTo() + "\nSubject: Re: x\n\nSí")
			if x.count() != 3 {
				t.Errorf("%d tickets, want three", x.count())
			}
		}
	})
}

// Two copies of a mail come by two ways, and only the second one says who wrote it.
func TestHeldAndThenVerified(t *testing.T) {
	storetest.EachURL(t, func(t *testing.T, url string) {
		x := guarded(t, url)
		const mail = "From: maria@alfafar.example\nSubject: Uno\nMessage-ID: <uno@alfafar.example>\nDate: Mon, 12 Jan 2026 08:00:00 +0000\n\nNo imprime."
		for _, step := range []struct {
			results string
			want    tickets.Fate
			letters []string
		}{
			{fail + "alfafar.example\n", tickets.FateHeld, []string{"confirm maria@alfafar.example"}},
			{"", tickets.FateDuplicate, nil},
			{pass + "alfafar.example\n", tickets.FateOpened, []string{"ack maria@alfafar.example", "assigned " + anaAddress}},
			{pass + "alfafar.example\n", tickets.FateDuplicate, nil},
			{fail + "alfafar.example\n", tickets.FateDuplicate, nil},
		} {
			if got := x.mail(step.results + mail); got != step.want {
				t.Errorf("%q: %s, want %s", step.results, got, step.want)
			}
			list := x.letters()
			if got := kinds(list); !slices.Equal(got, step.letters) {
				t.Errorf("%q: letters %v, want %v", step.results, got, step.letters)
			}
			if len(list) > 0 && list[0].kind == tickets.LetterConfirm {
				defer func() {
					x.mail("From: maria@alfafar.example\nTo: " + list[0].answerTo() + "\nSubject: Re: x\n\nSí")
					if x.count() != 2 {
						t.Errorf("%d tickets after the question was answered all the same", x.count())
					}
				}()
			}
		}
		// Somebody of nowhere has to confirm, whoever speaks for her: the letter that
		// went out has to go on being good.
		stranger := strings.ReplaceAll(strings.ReplaceAll(mail, "maria@alfafar", "luis@other"), "uno@", "dos@")
		x.mail(fail + "other.example\n" + stranger)
		list := x.letters()
		x.mail(pass + "other.example\n" + stranger)
		x.mail("From: luis@other.example\nTo: " + x.letterTo(list, "luis@other.example").answerTo() + "\nSubject: Re: x\n\nSí")
		if x.count() != 2 {
			t.Errorf("%d tickets, want the stranger's too", x.count())
		}
	})
}

// The same when nobody waits for an answer any more.
func TestHeldTooLongAndThenVerified(t *testing.T) {
	storetest.EachURL(t, func(t *testing.T, url string) {
		x := guarded(t, url)
		const mail = "From: maria@alfafar.example\nSubject: Uno\nMessage-ID: <uno@alfafar.example>\nDate: Mon, 12 Jan 2026 08:00:00 +0000\n\nNo imprime."
		x.mail(mail)
		x.pass(8 * 24 * time.Hour)
		if err := x.g.desk.ExpireHeld(t.Context()); err != nil {
			t.Fatal(err)
		}
		if fate := x.mail(pass + "alfafar.example\n" + mail); fate != tickets.FateOpened {
			t.Errorf("%s, want opened", fate)
		}
	})
}

// When too many letters of this kind went out, people of listed entities are asked
// later. Strangers and suspects are not.
func TestHeldBeyondTheLimit(t *testing.T) {
	storetest.EachURL(t, func(t *testing.T, url string) {
		x := guarded(t, url)
		for i := range 22 {
			for _, domain := range []string{"alfafar.example", "other.example"} {
				if fate := x.mail(fmt.Sprintf("From: p%d@%s\nSubject: Uno\n\nNo imprime.", i, domain)); fate != tickets.FateHeld {
					t.Fatal(fate)
				}
			}
		}
		x.mail(fail + "alfafar.example\nFrom: forged@alfafar.example\nSubject: Uno\n\nNo imprime.")
		asked := map[string]int{}
		for range 4 {
			for _, l := range x.letters() {
				asked[l.to]++
			}
			x.pass(61 * time.Minute)
			if err := x.g.desk.ExpireHeld(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
		if asked["p20@alfafar.example"] != 1 || asked["p21@alfafar.example"] != 1 || asked["p0@alfafar.example"] != 1 {
			t.Errorf("clerks were asked %d, %d and %d times", asked["p20@alfafar.example"], asked["p21@alfafar.example"], asked["p0@alfafar.example"])
		}
		if asked["p21@other.example"] != 0 || asked["forged@alfafar.example"] != 0 {
			t.Errorf("a stranger was asked later, or a suspect: %v", asked)
		}
	})
}

// Confirming an address lets all mails through that are held for it, and among them may
// be one that somebody else wrote: whom that one was copied to stays outside.
func TestForgedMailReleased(t *testing.T) {
	storetest.EachURL(t, func(t *testing.T, url string) {
		x := guarded(t, url)
		x.mail(fail + "alfafar.example\nFrom: maria@alfafar.example\nTo: batlia@town.example, eve@evil.example\nSubject: Falso\n\nFalso")
		question := x.letterTo(x.letters(), "maria@alfafar.example")
		x.mail("From: maria@alfafar.example\nTo: " + question.answerTo() + "\nSubject: Re: x\n\nSí")
		if got := x.ticket(1).Participants; len(got) != 1 {
			t.Errorf("participants %+v", got)
		}
		for _, l := range x.letters() {
			if l.to == "eve@evil.example" {
				t.Errorf("%s to her", l.kind)
			}
		}
		// Where her server speaks for the mail, it is sure.
		x.mail(pass + "other.example\nFrom: luis@other.example\nTo: batlia@town.example, eva@other.example\nSubject: Uno\n\nUno")
		question = x.letterTo(x.letters(), "luis@other.example")
		x.mail("From: luis@other.example\nTo: " + question.answerTo() + "\nSubject: Re: x\n\nSí")
		if got := x.ticket(2).Participants; len(got) != 2 {
			t.Errorf("participants %+v", got)
		}
	})
}

// What somebody says beside that it was she is read by somebody.
func TestConfirmationThatSaysMore(t *testing.T) {
	storetest.EachURL(t, func(t *testing.T, url string) {
		x := guarded(t, url)
		x.mail("From: luis@other.example\nSubject: Uno\n\nNo va.")
		question := x.letterTo(x.letters(), "luis@other.example")
		const more = "Sí, soy yo. Además ahora sale en pantalla el error palabra-nueva."
		answer := "From: luis@other.example\nTo: " + question.answerTo() + "\nSubject: Re: x\n\n"
		if fate := x.mail(answer + more); fate != tickets.FateJoined || x.count() != 1 {
			t.Errorf("%s, %d tickets", fate, x.count())
		}
		if l := x.letterTo(x.letters(), anaAddress); !strings.Contains(l.Text, "palabra-nueva") {
			t.Errorf("the technician was told:\n%s", l.Text)
		}
		if fate := x.mail(answer + "Sí"); fate != tickets.FateConfirmed {
			t.Errorf("the same once more: %s", fate)
		}
	})
}
