package desk_test

import (
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"respon/tickets"
	"respon/tickets/store"
)

// code is that of the last receipt.
func (s *scene) code() (code string) {
	s.Helper()
	if err := s.Store.View(s.Context(), func(tx *store.Tx) error {
		all, err := tx.Outbox(s.Context(), true)
		for _, p := range all {
			if p.Kind == tickets.NoticeReceipt {
				raw, err := tx.Raw(s.Context(), p.RawSHA)
				if err != nil {
					return err
				}
				code = string(regexp.MustCompile(`code=(\w*)`).FindSubmatch(raw)[1])
			}
		}
		return err
	}); err != nil {
		s.Fatal(err)
	}
	return code
}

// asTechnician lets a technician write on a ticket.
func (s *scene) asTechnician(n tickets.Number, address, text string) {
	s.Helper()
	in := s.from(address, text)
	cmds, rest, problems := tickets.ParseCommands(text)
	in.Reply = rest
	if _, err := s.Answer(s.Context(), n, in, cmds, problems); err != nil {
		s.Fatal(err)
	}
}

const anna = "ana@dival.example"

func TestUndo(t *testing.T) {
	each(t, func(s *scene) {
		for _, tt := range []struct{ name, before, text string }{
			{"resolve", "", "#resolver"},
			{"close", "", "#cerrar"},
			{"reopen", "#cerrar", "#reabrir"},
			{"wait", "", "#espera"},
			{"assign", "#mia", "#asignar pere"},
			{"take", "#asignar pere", "#mia"},
			{"category", "", "#categoria padron"},
			{"type", "", "#tipo petición"},
			{"priority", "", "#prioridad P1"},
			{"several", "#asignar pere", "#mia\n#prioridad P1\n#tipo petición\n#espera\n#copia nuria@alfafar.example"},
			{"copy", "", "#copia nuria@alfafar.example"},
			{"requester", "", "#solicitante nuria@alfafar.example"},
			{"requester who was copied in", "#copia nuria@alfafar.example", "#solicitante nuria@alfafar.example"},
			{"requester and copied in at once", "", "#copia nuria@alfafar.example\n#solicitante nuria@alfafar.example"},
			{"merge", "", "#fusionar OTHER"},
			{"link", "", "#enlazar OTHER"},
		} {
			n := s.open(s.from("maria@alfafar.example", "no va")).Number
			m := s.open(s.from("eva@alfafar.example", "a mi tampoc")).Number
			if tt.before != "" {
				s.asTechnician(n, anna, tt.before)
			}
			before, other := s.ticket(n), s.ticket(m)
			s.asTechnician(n, anna, strings.ReplaceAll(tt.text, "OTHER", m.Format("BR")))
			done := s.ticket(n)
			if cmp.Equal(before.Document("BR"), done.Document("BR")) {
				s.Fatalf("%s: nothing was done", tt.name)
			}
			code := s.code()
			s.asTechnician(m, "pere@dival.example", "#deshacer "+code)
			if !cmp.Equal(done.Document("BR"), s.ticket(n).Document("BR")) {
				s.Errorf("%s: another technician took it back", tt.name)
			}
			s.asTechnician(m, anna, "#deshacer "+strings.ToUpper(code)+".")
			got := s.ticket(n)
			if diff := cmp.Diff(before.Snapshot(), got.Snapshot()); diff != "" {
				s.Errorf("%s: %s", tt.name, diff)
			}
			if diff := cmp.Diff(before.Participants, got.Participants); diff != "" {
				s.Errorf("%s: %s", tt.name, diff)
			}
			if diff := cmp.Diff([]any{other.Participants, other.Links}, []any{s.ticket(m).Participants, s.ticket(m).Links}); diff != "" {
				s.Errorf("%s: %s", tt.name, diff)
			}
			if last := got.Events[len(got.Events)-1]; last.Kind != tickets.EventUndone || last.Actor != "ana" {
				s.Errorf("%s: last event %+v", tt.name, last)
			}
		}
	})
}

func TestUndoIsRefused(t *testing.T) {
	each(t, func(s *scene) {
		s.open(s.from("maria@alfafar.example", "no va"))
		refused := func(what string) {
			s.Helper()
			if last := s.letters()[len(s.letters())-1]; last != "command "+anna {
				s.Errorf("%s: the last letter is %q", what, last)
			}
		}
		s.technician(anna, "#resolver")
		code := s.code()
		if _, err := s.FollowUp(s.Context(), 1, s.from("maria@alfafar.example", "sigue igual")); err != nil {
			s.Fatal(err)
		}
		s.technician(anna, "#deshacer "+code)
		refused("somebody changed it since")
		s.technician(anna, "#prioridad P1")
		code = s.code()
		s.now = s.now.Add(61 * 60e9)
		s.technician(anna, "#deshacer "+code)
		refused("too late")
		s.technician(anna, "#prioridad P2")
		code = s.code()
		s.technician(anna, "#deshacer "+code)
		s.technician(anna, "#deshacer "+code)
		refused("twice")
		if got := s.ticket(1).Priority; got != "P1" {
			s.Errorf("priority %s, want P1", got)
		}
	})
}

// Mails to a number that was merged away land in the ticket it went into.
// Colleagues are brought together; people of different houses get every answer
// under their own number and never learn of each other.
func TestMerge(t *testing.T) {
	each(t, func(s *scene) {
		s.open(s.from("maria@alfafar.example", "no va"))  // 1
		s.open(s.from("eva@alfafar.example", "tampoc"))   // 2
		s.open(s.from("rosa@elsewhere.example", "tampo")) // 3
		s.asTechnician(2, anna, "#fusionar BR-1")
		if got := s.ticket(1); len(got.Copied()) != 1 || got.Copied()[0].Address != "eva@alfafar.example" || got.Copied()[0].Since == 0 {
			s.Errorf("participants %+v, want eva, from now on", got.Participants)
		}
		if got := s.ticket(2); got.MergedInto != 1 || got.Status != tickets.Closed {
			s.Errorf("ticket 2: into %d, %s", got.MergedInto, got.Status)
		}
		s.asTechnician(3, anna, "#fusionar BR-1")
		if s.ticket(3).MergedInto != 0 {
			s.Error("tickets of different houses were merged without a word")
		}
		s.asTechnician(3, anna, "#fusionar BR-2 !") // goes on to 1
		if s.ticket(3).MergedInto != 1 {
			s.Errorf("merged into %d, want 1", s.ticket(3).MergedInto)
		}
		s.asTechnician(1, anna, "#fusionar BR-3")
		if s.ticket(1).MergedInto != 0 {
			s.Error("a ticket went into itself")
		}

		in := s.from("rosa@elsewhere.example", "SECRET of rosa")
		if tk, err := s.FollowUp(s.Context(), 3, in); err != nil || tk.Number != 1 {
			s.Fatalf("%+v, %v; want ticket 1", tk, err)
		}
		for _, m := range s.ticket(1).Messages {
			if strings.Contains(m.Text, "SECRET") && !m.Internal {
				s.Error("what rosa wrote is not internal in another's ticket")
			}
		}
		n := len(s.letters())
		s.asTechnician(1, anna, "#resolver\nListo.")
		got := slices.DeleteFunc(s.letters()[n:], func(l string) bool { return strings.HasSuffix(l, "dival.example") })
		want := []string{"resolved maria@alfafar.example", "resolved rosa@elsewhere.example"}
		if diff := cmp.Diff(want, got); diff != "" {
			s.Error(diff)
		}
		if tk := s.ticket(3); !strings.Contains(tk.Messages[len(tk.Messages)-1].Text, "Listo.") {
			s.Error("her own thread does not have the answer")
		}
	})
}

func TestSplit(t *testing.T) {
	each(t, func(s *scene) {
		s.open(s.from("maria@alfafar.example", "no va"))
		in := s.from("maria@alfafar.example", "i una altra cosa: el padró")
		in.Subject = "Padró"
		if _, err := s.FollowUp(s.Context(), 1, in); err != nil {
			s.Fatal(err)
		}
		s.technician(anna, "#dividir")
		got := s.ticket(2)
		if got.Subject != "Padró" || got.Requester.Address != "maria@alfafar.example" || got.Technician != "ana" || !strings.Contains(got.Messages[0].Text, "padró") {
			s.Errorf("split: %+v", got)
		}
		if diff := cmp.Diff([]tickets.Link{{Number: 1, Kind: tickets.Split}}, got.Links); diff != "" {
			s.Error(diff)
		}
		s.technician(anna, "#deshacer "+s.code())
		if got := s.ticket(2); got.MergedInto != 1 {
			s.Errorf("taken back: into %d, want 1", got.MergedInto)
		}
	})
}

func TestOnBehalf(t *testing.T) {
	each(t, func(s *scene) {
		open := func(text string, f *tickets.Forwarded) *tickets.Ticket {
			s.Helper()
			in := s.from(anna, text)
			in.Forwarded = f
			cmds, rest, problems := tickets.ParseCommands(text)
			in.Reply = rest
			tk, err := s.OpenFor(s.Context(), in, cmds, problems)
			if err != nil {
				s.Fatal(err)
			}
			return tk
		}
		tk := open("#solicitante maria@alfafar.example\n#categoria padron\nLlama María: no le abre el padrón.", nil)
		got := s.ticket(tk.Number)
		if got.Requester.Address != "maria@alfafar.example" || got.Category != "padron" || got.Messages[0].Technician != "ana" || got.Requester.Entity != "Alfafar" {
			s.Errorf("by telephone: %+v, %+v", got.Requester, got.Messages[0])
		}
		tk = open("#solicitante\nMíralo.", &tickets.Forwarded{From: tickets.Person{Name: "Eva", Address: "eva@alfafar.example"}, Subject: "Nòmina", Text: "No quadra."})
		got = s.ticket(tk.Number)
		if got.Requester.Name != "Eva" || got.Subject != "Nòmina" || got.Messages[0].Text != "No quadra." || got.Messages[0].Technician != "" || got.Messages[0].Internal {
			s.Errorf("passed on: %+v, %+v", got, got.Messages[0])
		}
		if note := got.Messages[1]; note.Reply != "Míralo." || !note.Internal {
			s.Errorf("his own words: %+v, want a note", note)
		}
		if tk := open("#solicitante pere@dival.example\nhola", nil); tk != nil {
			s.Error("a ticket was opened for a technician")
		}
		if tk := open("#resolber\nhola", nil); tk != nil {
			s.Error("a ticket was opened by a mail with an unknown command")
		}
	})
}

func TestWhereAServerVouchesATokenIsNotEnough(t *testing.T) {
	each(t, func(s *scene) {
		s.Catalogue().TrustedAuthserv = []string{"mx.dival.example"}
		for _, line := range []string{"#copia nuria@alfafar.example", "#solicitante nuria@alfafar.example", "#fusionar OTHER"} {
			before := s.open(s.from("maria@alfafar.example", "no va"))
			line = strings.ReplaceAll(line, "OTHER", s.open(s.from("maria@alfafar.example", "tampoc")).Number.Format("BR"))
			same := func() bool {
				got := s.ticket(before.Number)
				return got.Requester.Address == before.Requester.Address && len(got.Participants) == 1 && got.MergedInto == 0
			}
			s.asTechnician(before.Number, anna, line)
			if !same() {
				s.Errorf("%s was followed", line)
			}
			in := s.from(anna, line)
			in.Author.Vouched = true
			cmds, _, _ := tickets.ParseCommands(line)
			in.Reply = ""
			if _, err := s.Answer(s.Context(), before.Number, in, cmds, nil); err != nil {
				s.Fatal(err)
			}
			if same() {
				s.Errorf("%s was not followed, though his server vouches", line)
			}
		}
	})
}

func TestOrdersWithoutATicket(t *testing.T) {
	each(t, func(s *scene) {
		orders := func(text string) {
			s.Helper()
			in := s.from(anna, text)
			cmds, _, problems := tickets.ParseCommands(text)
			if err := s.Orders(s.Context(), in, cmds, problems); err != nil {
				s.Fatal(err)
			}
		}
		away := func() (n int) {
			if err := s.Store.View(s.Context(), func(tx *store.Tx) error {
				list, err := tx.Absences(s.Context(), "2026-01-12")
				n = len(list)
				return err
			}); err != nil {
				s.Fatal(err)
			}
			return n
		}
		orders("#ausente 24/12/2026..6/1/2027")
		if away() != 1 {
			s.Error("not away")
		}
		orders("#deshacer " + s.code())
		if away() != 0 {
			s.Error("still away")
		}
		orders("#ausente 24/12..6/1")
		orders("#disponible")
		if away() != 0 {
			s.Error("not back")
		}
		orders("#estado\n#ayuda")
		orders("#ausente mañana mismo")
		s.wantLetters("receipt "+anna, "receipt "+anna, "receipt "+anna, "receipt "+anna, "help "+anna, "state "+anna, "command "+anna)
	})
}
