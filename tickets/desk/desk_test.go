package desk_test

import (
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"respon/tickets"
	"respon/tickets/desk"
	"respon/tickets/store"
	"respon/tickets/store/storetest"
)

// composer writes letters that only say what they are.
type composer struct {
	prefix string
	n      atomic.Int64
}

func (c *composer) Compose(l tickets.Letter) (tickets.Mail, error) {
	n := c.n.Add(1)
	if l.Receipt != nil {
		l.Text = "code=" + l.Receipt.Code
	}
	return tickets.Mail{
		MessageID: fmt.Sprintf("%sm%d@dival.example", c.prefix, n), From: "batlia@dival.example", To: l.To.Address,
		Subject: string(l.Kind), Raw: fmt.Appendf(nil, "Subject: %s %d\r\n\r\n%s\r\n", l.Kind, n, l.Text), Text: l.Text,
	}, nil
}

// scene is a desk on a fresh database, with what a test says to it.
type scene struct {
	*testing.T
	*desk.Desk
	now  time.Time
	keys int
}

func catalogue() *tickets.Catalogue {
	return &tickets.Catalogue{
		Gateway:  tickets.Gateway{Address: "batlia@dival.example", Prefix: "BR", Locale: tickets.Spanish},
		Entities: []tickets.Entity{{Name: "Alfafar", Domains: []string{"alfafar.example"}, Locale: tickets.Valencian}},
		Categories: []tickets.Category{
			{ID: "contabilidad", Technicians: []string{"ana"}}, {ID: "padron", Aliases: []string{"habitantes"}, Technicians: []string{"pere"}},
		},
		Technicians: []tickets.Technician{
			{ID: "ana", Name: "Ana", Email: "ana@dival.example", Capacity: 20, Default: true},
			{ID: "pere", Name: "Pere", Email: "pere@dival.example", Capacity: 20},
		},
		Limits: tickets.Limits{AutomaticPerSender: 3},
		Life:   tickets.Lifecycle{ReopenWindow: 720 * time.Hour},
		SLA:    map[tickets.Priority]tickets.Target{"P4": {FirstAnswer: 4 * time.Hour}},
	}
}

func each(t *testing.T, f func(*scene)) {
	storetest.EachURL(t, func(t *testing.T, url string) {
		s := &scene{T: t, now: time.Date(2026, 1, 12, 9, 0, 0, 0, time.UTC)}
		c, uid := catalogue(), 0
		s.Desk = &desk.Desk{
			Store: storetest.Open(t, url, func() time.Time { return s.now }), Composer: &composer{},
			Catalogue: func() *tickets.Catalogue { return c },
			NewUID:    func() (string, error) { uid++; return fmt.Sprintf("%010x", uid), nil },
			Log:       slog.New(slog.DiscardHandler),
		}
		f(s)
	})
}

// from makes what somebody wrote, by a mail of its own.
func (s *scene) from(address, text string) tickets.Incoming {
	s.keys++
	c := catalogue()
	in := tickets.Incoming{
		Arrival: tickets.Arrival{Mailbox: "support", UIDValidity: 1, UID: uint32(s.keys), Key: fmt.Sprint("key", s.keys),
			Received: s.now, Raw: []byte("Subject: x\r\n\r\n" + text)},
		Author:    tickets.Author{Person: c.Person("", address), Trust: tickets.Verified},
		MessageID: fmt.Sprintf("in%d@example", s.keys), Subject: "No va", Text: text, Reply: text, At: s.now,
	}
	if tech := c.TechnicianByAddress(address); tech != nil {
		in.Author.Technician = tech.ID
	}
	return in
}

func (s *scene) open(in tickets.Incoming) *tickets.Ticket {
	s.Helper()
	t, err := s.Open(s.Context(), in)
	if err != nil {
		s.Fatal(err)
	}
	return t
}

func (s *scene) technician(address, text string) {
	s.Helper()
	s.technicianOn(1, address, text)
}

func (s *scene) technicianOn(n tickets.Number, address, text string) {
	s.Helper()
	in := s.from(address, text)
	cmds, rest, problems := tickets.ParseCommands(text)
	in.Reply = rest
	if _, err := s.Answer(s.Context(), n, in, cmds, problems); err != nil {
		s.Fatal(err)
	}
}

// ticket reads a ticket whole.
func (s *scene) ticket(n tickets.Number) (t *tickets.Ticket) {
	s.Helper()
	if err := s.Store.View(s.Context(), func(tx *store.Tx) (err error) {
		if t, err = tx.Ticket(s.Context(), n); err != nil {
			return err
		}
		if t.Messages, err = tx.Messages(s.Context(), n); err != nil {
			return err
		}
		t.Events, err = tx.Events(s.Context(), n)
		return err
	}); err != nil {
		s.Fatal(err)
	}
	return t
}

// letters are the letters made so far: kind and recipient.
func (s *scene) letters() (list []string) {
	s.Helper()
	if err := s.Store.View(s.Context(), func(tx *store.Tx) error {
		all, err := tx.Outbox(s.Context(), true)
		for _, p := range all {
			list = append(list, string(p.Kind)+" "+p.Recipient)
		}
		return err
	}); err != nil {
		s.Fatal(err)
	}
	return list
}

func (s *scene) wantLetters(want ...string) {
	s.Helper()
	if diff := cmp.Diff(want, s.letters()); diff != "" {
		s.Errorf("letters: %s", diff)
	}
}

func TestOpen(t *testing.T) {
	each(t, func(s *scene) {
		in := s.from("maria@alfafar.example", "no va")
		in.Hints.Category = "padron"
		tk := s.open(in)
		got := s.ticket(tk.Number)
		if got.Number != 1 || got.Technician != "pere" || got.Priority != "P4" || got.Requester.Entity != "Alfafar" {
			s.Errorf("opened %+v", got)
		}
		if want := s.now.Add(4 * time.Hour); got.FirstAnswerDue == nil || !got.FirstAnswerDue.Equal(want) {
			s.Errorf("first answer due %v, want %v", got.FirstAnswerDue, want)
		}
		if len(got.Events) != 2 || got.Events[1].Kind != tickets.EventAssigned || !strings.Contains(got.Events[1].Detail, "category padron") {
			s.Errorf("events %+v, want the assignment with its reason", got.Events)
		}
		s.wantLetters("ack maria@alfafar.example", "assigned pere@dival.example")
	})
}

func TestAMailIsTakenOnce(t *testing.T) {
	each(t, func(s *scene) {
		in := s.from("maria@alfafar.example", "no va")
		s.open(in)
		again := in
		again.UID = 99 // another copy of the same mail
		for _, offer := range []tickets.Incoming{in, again} {
			if _, err := s.Open(s.Context(), offer); !errors.Is(err, store.ErrSeen) {
				s.Errorf("offered again: %v, want ErrSeen", err)
			}
		}
		s.wantLetters("ack maria@alfafar.example", "assigned ana@dival.example")
		fates, err := s.Fates(s.Context(), "support", 1, []uint32{1, 99})
		if err != nil {
			s.Fatal(err)
		}
		want := map[uint32]tickets.Fate{1: tickets.FateOpened, 99: tickets.FateDuplicate}
		if diff := cmp.Diff(want, fates); diff != "" {
			s.Error(diff)
		}
	})
}

func TestAnswerReachesTheRequester(t *testing.T) {
	each(t, func(s *scene) {
		s.open(s.from("maria@alfafar.example", "no va"))
		s.technician("ana@dival.example", "Pruebe ahora.")
		got := s.ticket(1)
		if got.Status != tickets.Open || got.FirstAnsweredAt == nil {
			s.Errorf("status %s, first answered %v", got.Status, got.FirstAnsweredAt)
		}
		s.wantLetters("ack maria@alfafar.example", "assigned ana@dival.example", "answer maria@alfafar.example")
	})
}

func TestNoteStaysInside(t *testing.T) {
	each(t, func(s *scene) {
		s.open(s.from("maria@alfafar.example", "no va"))
		s.technician("ana@dival.example", "#nota\nsecreto")
		last := s.ticket(1).Messages
		if m := last[len(last)-1]; !m.Internal || m.Kind != tickets.KindNote {
			s.Errorf("the note is %+v", m)
		}
		s.wantLetters("ack maria@alfafar.example", "assigned ana@dival.example", "receipt ana@dival.example")
	})
}

func TestCommandsAllOrNone(t *testing.T) {
	each(t, func(s *scene) {
		s.open(s.from("maria@alfafar.example", "no va"))
		s.technician("ana@dival.example", "#resolver\n#categoria nada\nListo")
		got := s.ticket(1)
		if got.Status != tickets.New {
			s.Errorf("status %s: one command was done although another could not be", got.Status)
		}
		s.wantLetters("ack maria@alfafar.example", "assigned ana@dival.example", "command ana@dival.example")
	})
}

func TestCommands(t *testing.T) {
	for _, tt := range []struct {
		name, text string
		check      func(*tickets.Ticket) bool
		letters    []string
	}{
		{"resolve with words", "#resuelto\nListo.", func(t *tickets.Ticket) bool { return t.Status == tickets.Resolved && t.ResolvedAt != nil }, []string{"resolved maria@alfafar.example", "receipt ana@dival.example"}},
		{"resolve alone", "#resolver", func(t *tickets.Ticket) bool { return t.Status == tickets.Resolved }, []string{"resolved maria@alfafar.example", "receipt ana@dival.example"}},
		{"close", "#tancar", func(t *tickets.Ticket) bool { return t.Status == tickets.Closed && t.ClosedAt != nil }, []string{"receipt ana@dival.example"}},
		{"wait with words", "#espera\n¿Qué versión?", func(t *tickets.Ticket) bool { return t.Status == tickets.Waiting }, []string{"answer maria@alfafar.example", "receipt ana@dival.example"}},
		{"assign", "#asignar pere", func(t *tickets.Ticket) bool { return t.Technician == "pere" }, []string{"assigned pere@dival.example", "receipt ana@dival.example"}},
		{"assign by address", "#assign pere@dival.example", func(t *tickets.Ticket) bool { return t.Technician == "pere" }, []string{"assigned pere@dival.example", "receipt ana@dival.example"}},
		{"category by alias", "#categoria Habitantes", func(t *tickets.Ticket) bool { return t.Category == "padron" }, []string{"receipt ana@dival.example"}},
		{"priority by hand", "#prioridad P1", func(t *tickets.Ticket) bool { return t.Priority == "P1" }, []string{"receipt ana@dival.example"}},
		{"type", "#tipus petició", func(t *tickets.Ticket) bool {
			return t.Type == tickets.Request && t.TypeKnown && t.Priority == "P5"
		}, []string{"receipt ana@dival.example"}},
		{"help", "#ayuda\nno sé", func(t *tickets.Ticket) bool { return t.Status == tickets.New }, []string{"help ana@dival.example"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			each(t, func(s *scene) {
				s.open(s.from("maria@alfafar.example", "no va"))
				s.technician("ana@dival.example", tt.text)
				if got := s.ticket(1); !tt.check(got) {
					s.Errorf("ticket is %+v", got)
				}
				s.wantLetters(append([]string{"ack maria@alfafar.example", "assigned ana@dival.example"}, tt.letters...)...)
			})
		})
	}
}

func TestFollowUp(t *testing.T) {
	each(t, func(s *scene) {
		s.open(s.from("maria@alfafar.example", "no va"))
		s.technician("ana@dival.example", "#resolver")
		if _, err := s.FollowUp(s.Context(), 1, s.from("maria@alfafar.example", "sigue igual")); err != nil {
			s.Fatal(err)
		}
		if got := s.ticket(1); got.Status != tickets.Open {
			s.Errorf("status %s after the requester wrote, want open", got.Status)
		}
		s.technician("ana@dival.example", "#cerrar")
		s.now = s.now.Add(721 * time.Hour)
		tk, err := s.FollowUp(s.Context(), 1, s.from("maria@alfafar.example", "otra vez"))
		if err != nil {
			s.Fatal(err)
		}
		if tk.Number != 2 || s.ticket(1).Status != tickets.Closed {
			s.Errorf("after the window: ticket %d, the old one is %s", tk.Number, s.ticket(1).Status)
		}
		if diff := cmp.Diff([]tickets.Link{{Number: 1, Kind: tickets.FollowUp}}, s.ticket(2).Links); diff != "" {
			s.Error(diff)
		}
	})
}

func TestThanks(t *testing.T) {
	each(t, func(s *scene) {
		s.open(s.from("maria@alfafar.example", "no va"))
		thanks := func() {
			in := s.from("maria@alfafar.example", "gracias")
			in.Courtesy = true
			if _, err := s.FollowUp(s.Context(), 1, in); err != nil {
				s.Fatal(err)
			}
		}
		thanks() // the technician is still at it, and is told
		s.technician("ana@dival.example", "#resolver")
		thanks()
		if got := s.ticket(1); got.Status != tickets.Resolved || got.Messages[len(got.Messages)-1].Reply != "gracias" {
			s.Errorf("status %s, last message %q; want it resolved, with the thanks kept", got.Status, got.Messages[len(got.Messages)-1].Reply)
		}
		s.now = s.now.Add(721 * time.Hour)
		thanks() // long after, too: no new ticket for it
		s.wantLetters("ack maria@alfafar.example", "assigned ana@dival.example", "follow_up ana@dival.example", "resolved maria@alfafar.example", "receipt ana@dival.example")
	})
}

func TestOutsiderWithAToken(t *testing.T) {
	each(t, func(s *scene) {
		s.open(s.from("maria@alfafar.example", "no va"))
		s.technician("ana@dival.example", "#resolver")
		in := s.from("no-reply@service.example", "your code is 1234")
		in.Internal = true
		if _, err := s.FollowUp(s.Context(), 1, in); err != nil {
			s.Fatal(err)
		}
		got := s.ticket(1)
		if m := got.Messages[len(got.Messages)-1]; !m.Internal || got.Status != tickets.Resolved {
			s.Errorf("message %+v, status %s: an outsider's mail must stay inside and change nothing", m, got.Status)
		}
		s.wantLetters("ack maria@alfafar.example", "assigned ana@dival.example", "resolved maria@alfafar.example", "receipt ana@dival.example", "follow_up ana@dival.example")
	})
}

func TestAutomaticMailsAreLimited(t *testing.T) {
	each(t, func(s *scene) {
		for range 5 {
			s.open(s.from("robot@alfafar.example", "beep"))
		}
		acks := 0
		for _, l := range s.letters() {
			if strings.HasPrefix(l, "ack ") {
				acks++
			}
		}
		if acks != 3 {
			s.Errorf("%d acknowledgements within the hour, want 3", acks)
		}
		s.now = s.now.Add(61 * time.Minute)
		s.open(s.from("robot@alfafar.example", "beep"))
		if n := len(s.letters()); n != 6+3+1+1 { // six assignments, four acknowledgements, one word that there were no more
			s.Errorf("%d letters after an hour, want 11", n)
		}
	})
}

func TestBounce(t *testing.T) {
	each(t, func(s *scene) {
		s.open(s.from("maria@alfafar.example", "no va"))
		r := desk.Robot{Incoming: s.from("mailer-daemon@relay.example", "undeliverable"), Kind: tickets.KindBounce,
			Ticket: 1, Recipient: "maria@alfafar.example", Failure: "unknown_user", Final: true, Bounced: "m1@dival.example"}
		if err := s.Robot(s.Context(), r); err != nil {
			s.Fatal(err)
		}
		// The notice of that comes back, too: nobody is told again.
		r.Incoming, r.Bounced = s.from("mailer-daemon@relay.example", "again"), "m2@dival.example"
		if err := s.Robot(s.Context(), r); err != nil {
			s.Fatal(err)
		}
		s.wantLetters("ack maria@alfafar.example", "assigned ana@dival.example", "bounce ana@dival.example")
	})
}

func TestHoldAndRelease(t *testing.T) {
	each(t, func(s *scene) {
		for range 2 {
			if err := s.Hold(s.Context(), s.from("eva@fuera.example", "hola")); err != nil {
				s.Fatal(err)
			}
		}
		s.wantLetters("confirm eva@fuera.example") // once a day
		held, err := s.HeldMails(s.Context(), "0000000001")
		if err != nil || len(held) != 2 {
			s.Fatalf("%d held mails, %v; want 2", len(held), err)
		}
		for i, h := range held {
			in := s.from("eva@fuera.example", "hola")
			in.Arrival = tickets.Arrival{Mailbox: "held", Key: h.Key, Raw: h.Raw, Received: h.ReceivedAt}
			if _, err := s.Release(s.Context(), h.Held, in); err != nil || s.ticket(tickets.Number(i+1)).Requester.Address != "eva@fuera.example" {
				s.Errorf("released: %v", err)
			}
			if _, err := s.Release(s.Context(), h.Held, in); !errors.Is(err, store.ErrNotFound) {
				s.Errorf("released twice: %v", err)
			}
		}
	})
}

func TestUnverifiedTechnician(t *testing.T) {
	each(t, func(s *scene) {
		s.open(s.from("maria@alfafar.example", "no va"))
		in := s.from("ana@dival.example", "#cerrar\nadiós")
		in.Author.Trust = tickets.Claimed
		if _, err := s.Unverified(s.Context(), 1, in); err != nil {
			s.Fatal(err)
		}
		got := s.ticket(1)
		if m := got.Messages[len(got.Messages)-1]; got.Status != tickets.New || !m.Internal || m.Technician != "" {
			s.Errorf("status %s, message %+v", got.Status, m)
		}
		s.wantLetters("ack maria@alfafar.example", "assigned ana@dival.example", "unverified ana@dival.example")
	})
}

func TestUnverifiedMailsDoNotBuryTheTechnician(t *testing.T) {
	each(t, func(s *scene) {
		s.open(s.from("maria@alfafar.example", "no va"))
		count := func() (n int) {
			for _, l := range s.letters() {
				if l == "unverified ana@dival.example" {
					n++
				}
			}
			return n
		}
		forge := func() {
			s.Helper()
			in := s.from("ana@dival.example", "#cerrar")
			in.Author.Trust = tickets.Claimed
			if _, err := s.Unverified(s.Context(), 1, in); err != nil {
				s.Fatal(err)
			}
			alone := s.from("ana@dival.example", "#ausente")
			alone.Author.Trust = tickets.Claimed
			if err := s.UnverifiedAlone(s.Context(), alone); err != nil {
				s.Fatal(err)
			}
		}
		for range 10 {
			forge()
		}
		if got := count(); got != 5 {
			s.Errorf("%d notices within the hour, want 5", got)
		}
		if got := len(s.ticket(1).Messages); got != 12 {
			s.Errorf("%d messages: each is kept all the same", got)
		}
		s.now = s.now.Add(2 * time.Hour)
		forge()
		if got := count(); got != 7 {
			s.Errorf("%d notices two hours later, want 7", got)
		}
	})
}

func TestRefuseOnceADay(t *testing.T) {
	each(t, func(s *scene) {
		for range 3 {
			if err := s.Refuse(s.Context(), s.from("eva@fuera.example", "hola"), tickets.LetterRefusal); err != nil {
				s.Fatal(err)
			}
		}
		suspect := s.from("luz@fuera.example", "hola")
		suspect.Author.Trust = tickets.Suspect
		if err := s.Refuse(s.Context(), suspect, tickets.LetterRefusal); err != nil {
			s.Fatal(err)
		}
		s.wantLetters("refusal eva@fuera.example")
	})
}

func TestSuspectIsToldNothing(t *testing.T) {
	each(t, func(s *scene) {
		in := s.from("maria@alfafar.example", "no va")
		in.Author.Trust, in.Silent = tickets.Suspect, "the sender is suspect"
		s.open(in)
		s.wantLetters("assigned ana@dival.example")
	})
}

func TestUnsafeAddressGetsNoMail(t *testing.T) {
	each(t, func(s *scene) {
		s.open(s.from(`"eve@evil.example> ORCPT=x"@good.example`, "no va"))
		s.wantLetters("assigned ana@dival.example")
		events := s.ticket(1).Events
		if last := events[len(events)-1]; last.Kind != tickets.EventLetterFailed {
			s.Errorf("last event %+v, want letter_failed", last)
		}
	})
}
