package gateway

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"respon/tickets"
	"respon/tickets/store/storetest"
)

// burjassot is a second entity in the configuration.
const burjassot = "[[entity]]\nname = \"Burjassot\"\ndomains = [\"burjassot.example\"]\n\n[[category]]"

// twoHouses is a guarded town with two entities.
func twoHouses(t testing.TB, url string) *town {
	x := guarded(t, url)
	x.edit("[[category]]", burjassot)
	return x
}

// orders lets the technician of a ticket answer its notice, and gives the letters
// that come of it.
func (x *town) orders(at target, lines string) []*sent {
	x.Helper()
	x.letters()
	x.mail(fmt.Sprintf("%stown.example\nFrom: %s\nTo: %s\nSubject: Re: x\n\n%s", pass, at.notice.to, at.notice.answerTo(), lines))
	return x.letters()
}

// writes lets a requester answer her acknowledgement.
func (x *town) writes(at target, words string) tickets.Fate {
	x.Helper()
	return x.mail(fmt.Sprintf("%s%s\nFrom: %s\nTo: %s\nSubject: Re: x\n\n%s", pass, tickets.DomainOf(at.clerk), at.clerk, at.ack.answerTo(), words))
}

// code is what takes back what a receipt among the letters names, "" if there is
// nothing.
func code(list []*sent) string {
	for _, l := range list {
		if found := undoCode.FindStringSubmatch(l.Text); found != nil && l.kind == tickets.NoticeReceipt {
			return found[1]
		}
	}
	return ""
}

// Whoever takes the place of a requester sees what is written from then on: not
// what the other wrote, whatever way it might come to her.
func TestNewRequesterSeesNoHistory(t *testing.T) {
	storetest.EachURL(t, func(t *testing.T, url string) {
		x := twoHouses(t, url)
		at := x.opened("maria@alfafar.example", "Padró")
		const before, after = "palabra-de-antes", "palabra-de-luego"
		x.writes(at, before)
		x.orders(at, "> "+before+"\nLo miro.")
		undo := code(x.orders(at, "#solicitante rosa@burjassot.example"))
		rosa := x.signIn("rosa@burjassot.example")
		sees := func(what string) {
			t.Helper()
			for n := range x.count() {
				if page := x.page(fmt.Sprintf("/tickets/BR-%d", n+1), rosa).Body.String(); strings.Contains(page, before) {
					t.Errorf("%s: her page of BR-%d has what was written before", what, n+1)
				}
			}
			for _, l := range x.letters() {
				if l.to == "rosa@burjassot.example" && strings.Contains(l.everything(), before) {
					t.Errorf("%s: a letter to her (%s) has what was written before", what, l.kind)
				}
			}
		}
		sees("as she comes")
		x.orders(at, "> "+before+"\n"+after)
		if page := x.page("/tickets/BR-1", rosa).Body.String(); !strings.Contains(page, after) {
			t.Error("her page has not what was written since")
		}
		sees("after an answer between the lines")
		x.orders(at, "#dividir")
		sees("after a split")
		again := code(x.orders(at, "#deshacer "+undo))
		if got := x.ticket(1).Requester.Address; got != at.clerk {
			t.Fatalf("taken back: the requester is %s", got)
		}
		if again != "" {
			x.orders(at, "#deshacer "+again)
		}
		sees("after taking back what was taken back")
	})
}

// Who takes it back that somebody was let in writes the words below for those who
// are left.
func TestWordsBelowAnUndo(t *testing.T) {
	storetest.EachURL(t, func(t *testing.T, url string) {
		x := twoHouses(t, url)
		at := x.opened("maria@alfafar.example", "Padró")
		undo := code(x.orders(at, "#copia luis@other.example"))
		list := x.orders(at, "#deshacer "+undo+"\nLa clave es palabra-secreta.")
		if got := kinds(list); !slices.Contains(got, "answer maria@alfafar.example") || slices.Contains(got, "answer luis@other.example") {
			t.Errorf("letters %v", got)
		}
	})
}

// A mail that was kept among technicians becomes no ticket of the requester's, and no
// other mail does instead of it.
func TestSplitOfWhatIsInternal(t *testing.T) {
	storetest.EachURL(t, func(t *testing.T, url string) {
		x := twoHouses(t, url)
		at := x.opened("maria@alfafar.example", "Padró")
		x.mail(pass + "other.example\nFrom: luis@other.example\nTo: " + at.ack.answerTo() + "\nSubject: Re: x\n\npalabra-de-luis")
		told := x.letterTo(x.letters(), at.notice.to)
		x.mail(fmt.Sprintf("%stown.example\nFrom: %s\nTo: %s\nIn-Reply-To: <%s>\nSubject: Re: x\n\n#dividir", pass, at.notice.to, told.answerTo(), *told.MessageID))
		if got := kinds(x.letters()); !slices.Equal(got, []string{"command " + at.notice.to}) || x.count() != 1 {
			t.Errorf("letters %v, tickets %d", got, x.count())
		}
	})
}

// A note that is called one in the subject is one.
func TestNoteInTheSubject(t *testing.T) {
	storetest.EachURL(t, func(t *testing.T, url string) {
		x := guarded(t, url)
		at := x.opened("maria@alfafar.example", "Padró")
		for subject, note := range map[string]bool{"#nota Re: [BR-1] Padró": true, "Re: [BR-1] Padró #nota": false} {
			x.mail(fmt.Sprintf("%stown.example\nFrom: %s\nTo: %s\nSubject: %s\n\nNo sabe lo que hace.", pass, at.notice.to, at.notice.answerTo(), subject))
			if got := kinds(x.letters()); slices.Contains(got, "answer maria@alfafar.example") == note {
				t.Errorf("%q: letters %v", subject, got)
			}
		}
	})
}

// alone lets a technician write a mail about no ticket, but for what its subject
// names.
func (x *town) alone(who, subject, body string) []*sent {
	x.Helper()
	x.letters()
	x.mail(fmt.Sprintf("%stown.example\nFrom: %s\nSubject: %s\n\n%s", pass, who, subject, body))
	return x.letters()
}

// What is taken back in an odd order leaves each ticket to be found, and nobody in
// one that is not hers.
func TestUndoInOddOrders(t *testing.T) {
	storetest.EachURL(t, func(t *testing.T, url string) {
		x := twoHouses(t, url)
		maria, eva, nuria := x.opened("maria@alfafar.example", "Uno"), x.opened("eva@alfafar.example", "Dos"), x.opened("nuria@alfafar.example", "Tres")
		refused := func(what string, list []*sent) {
			t.Helper()
			if got := kinds(list); !slices.Contains(got, "command "+anaAddress) {
				t.Errorf("%s: letters %v, want that it is refused", what, got)
			}
		}
		// A split, when the ticket went into its own part.
		split := code(x.orders(maria, "#dividir"))
		part := tickets.Number(x.count())
		merge := code(x.orders(maria, "#fusionar "+part.Format("BR")))
		refused("a split", x.alone(anaAddress, "x", "#deshacer "+split))
		refused("a split, from within", x.orders(maria, "#deshacer "+split))
		if fate := x.writes(maria, "hola"); fate != tickets.FateJoined {
			t.Fatalf("a mail to it: %s", fate)
		}
		x.orders(maria, "#deshacer "+merge)
		x.orders(maria, "#deshacer "+split)
		if got := x.ticket(part).MergedInto; got != maria.number {
			t.Errorf("in its order: the part went into %d", got)
		}
		// A merge, when the other ticket was merged as well: who came along is in the third.
		first := code(x.orders(maria, fmt.Sprintf("#fusionar BR-%d", eva.number)))
		second := code(x.orders(eva, fmt.Sprintf("#fusionar BR-%d", nuria.number)))
		refused("a merge in a chain", x.alone(anaAddress, "x", "#deshacer "+first))
		x.alone(anaAddress, "x", "#deshacer "+second)
		x.alone(anaAddress, "x", "#deshacer "+first)
		for _, at := range []target{maria, eva, nuria} {
			if got := x.ticket(at.number); got.MergedInto != 0 || len(got.Participants) != 1 {
				t.Errorf("in its order: BR-%d went into %d, with %+v", at.number, got.MergedInto, got.Participants)
			}
		}
	})
}

// What a general ticket did to its parts is taken back from a part, too.
func TestUndoOfAGeneralTicketFromAPart(t *testing.T) {
	storetest.EachURL(t, func(t *testing.T, url string) {
		x := twoHouses(t, url)
		top, part := x.opened("maria@alfafar.example", "[contabilidad] [incidencia] Uno"), x.opened("rosa@burjassot.example", "[contabilidad] [incidencia] Dos")
		x.orders(top, "#general BR-1 BR-2")
		undo := code(x.orders(top, "#resolver"))
		x.orders(part, "#deshacer "+undo)
		if a, b := x.ticket(1).Status, x.ticket(2).Status; a != tickets.New || b != tickets.New {
			t.Errorf("%s and %s", a, b)
		}
		if got := x.ticket(2).Events; got[len(got)-1].Detail != "resolved → new" {
			t.Errorf("last event %+v", got[len(got)-1])
		}
	})
}

// Words below the line that takes a merge back were written for the one that goes its
// own way again, or for the other: they go to neither.
func TestWordsBelowAnUndoneMerge(t *testing.T) {
	storetest.EachURL(t, func(t *testing.T, url string) {
		x := twoHouses(t, url)
		maria, rosa := x.opened("maria@alfafar.example", "Uno"), x.opened("rosa@burjassot.example", "Dos")
		undo := code(x.orders(maria, fmt.Sprintf("#fusionar BR-%d !", rosa.number)))
		list := x.orders(maria, "#deshacer "+undo+"\nMaría: la clave es palabra-secreta.")
		if got := kinds(list); !slices.Equal(got, []string{"receipt " + anaAddress}) {
			t.Errorf("letters %v", got)
		}
	})
}

// A ticket goes into one other, and is over then, whatever else the mail says.
func TestMergeAndMore(t *testing.T) {
	storetest.EachURL(t, func(t *testing.T, url string) {
		x := twoHouses(t, url)
		maria, eva, nuria := x.opened("maria@alfafar.example", "Uno"), x.opened("eva@alfafar.example", "Dos"), x.opened("nuria@alfafar.example", "Tres")
		if got := kinds(x.orders(maria, fmt.Sprintf("#fusionar BR-%d\n#fusionar BR-%d", eva.number, nuria.number))); !slices.Equal(got, []string{"command " + anaAddress}) {
			t.Errorf("into two: letters %v", got)
		}
		if got := x.ticket(eva.number).Participants; len(got) != 1 {
			t.Errorf("into two: %+v", got)
		}
		x.orders(maria, fmt.Sprintf("#fusionar BR-%d\n#reabrir", eva.number))
		if got := x.ticket(maria.number); got.Status != tickets.Closed || got.MergedInto != eva.number {
			t.Errorf("%s, and went into %d", got.Status, got.MergedInto)
		}
	})
}

// Whoever comes into a matter of others by a merge is told to its requester, if she is
// no colleague.
func TestOutsiderWhoComesInByAMerge(t *testing.T) {
	storetest.EachURL(t, func(t *testing.T, url string) {
		x := twoHouses(t, url)
		maria, eva := x.opened("maria@alfafar.example", "Uno"), x.opened("eva@alfafar.example", "Dos")
		x.orders(maria, "#copia luis@other.example")
		list := x.orders(maria, fmt.Sprintf("#fusionar BR-%d", eva.number))
		if got := kinds(list); !slices.Equal(got, []string{"added " + eva.clerk, "receipt " + anaAddress}) {
			t.Fatalf("letters %v", got)
		}
		if l := list[0]; !strings.Contains(l.Text, "luis@other.example") || strings.Contains(l.everything(), maria.clerk) {
			t.Errorf("she is told:\n%s", l.Text)
		}
	})
}

// Somebody who was let in and became the requester since is not taken out again, which
// would make all of the ticket hers.
func TestUndoOfACopyToTheRequester(t *testing.T) {
	storetest.EachURL(t, func(t *testing.T, url string) {
		x := twoHouses(t, url)
		at := x.opened("maria@alfafar.example", "Uno")
		x.writes(at, "palabra-de-antes")
		copied := code(x.orders(at, "#copia rosa@burjassot.example"))
		moved := code(x.orders(at, "#solicitante rosa@burjassot.example"))
		rosa := x.signIn("rosa@burjassot.example")
		for _, step := range []struct {
			undo, letter, requester string
			parts                   int
		}{
			{copied, "command " + anaAddress, "rosa@burjassot.example", 2},
			{moved, "receipt " + anaAddress, "maria@alfafar.example", 2},
			{copied, "receipt " + anaAddress, "maria@alfafar.example", 1},
		} {
			if got := kinds(x.orders(at, "#deshacer "+step.undo)); !slices.Equal(got, []string{step.letter}) {
				t.Errorf("letters %v, want %s", got, step.letter)
			}
			if got := x.ticket(1); got.Requester.Address != step.requester || len(got.Participants) != step.parts {
				t.Errorf("requester %s, with %+v", got.Requester.Address, got.Participants)
			}
			if strings.Contains(x.page("/tickets/BR-1", rosa).Body.String(), "palabra-de-antes") {
				t.Error("she reads what was written before")
			}
		}
	})
}
