package web

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"respon/tickets"
	"respon/tickets/store"
	"respon/tickets/token"
)

func TestRegister(t *testing.T) {
	each(t, func(t *testing.T, s *site) {
		b := s.browser()
		fields := url.Values{"name": {"Rosa Camps"}, "entity": {"Burjassot"}, "address": {stranger}}
		w := b.submit("/register?lang=en", fields)
		s.wantStatus(w, http.StatusOK)
		first := w.Body.String()
		s.server.background.Wait()
		letters := s.post.of(tickets.LetterRegister)
		if len(letters) != 1 || letters[0].To.Address != stranger || letters[0].To.Name != "" || letters[0].Locale != tickets.English {
			t.Fatalf("letters %+v: one is wanted, without the name that anybody can type", letters)
		}
		// The same again, within the day: the same page, and no other letter.
		if again := b.submit("/register?lang=en", fields).Body.String(); again != first {
			t.Error("a second try gives another page")
		}
		s.server.background.Wait()
		if n := len(s.post.of(tickets.LetterRegister)); n != 1 {
			t.Errorf("%d letters within the day, want 1", n)
		}

		link := "/confirm/" + letters[0].Token
		s.wantStatus(b.get(link), http.StatusOK)
		if person := s.personOf(stranger); person.Name != "" {
			t.Error("looking at the link registered somebody")
		}
		s.wantRedirect(b.submit(link, nil), "/tickets")
		if person := s.personOf(stranger); person.Name != "Rosa Camps" || person.Entity != "Burjassot" || person.Locale != tickets.English {
			t.Errorf("registered %+v", person)
		}
		if len(s.released) != 1 || s.released[0] != stranger {
			t.Errorf("released %v", s.released)
		}
		s.wantStatus(b.submit(link, nil), http.StatusGone)
		// She comes back before she has a ticket.
		if s.browser().ask(stranger) == "" {
			t.Error("somebody who registered gets no link to sign in")
		}
	})
}

func TestRegisterIsRefused(t *testing.T) {
	each(t, func(t *testing.T, s *site) {
		b := s.browser()
		for _, fields := range []url.Values{
			{"name": {""}, "address": {stranger}},
			{"name": {"Rosa"}, "address": {"rosa"}},
			{"name": {"Rosa"}, "address": {`"a b"@x.example`}},
		} {
			w := b.submit("/register", fields)
			s.wantStatus(w, http.StatusUnprocessableEntity)
			if !strings.Contains(w.Body.String(), "aria-invalid") {
				t.Errorf("%v: nothing says what is wrong", fields)
			}
		}
		s.server.background.Wait()
		if n := len(s.post.of(tickets.LetterRegister)); n != 0 {
			t.Errorf("%d letters", n)
		}
		s.submitRegistration(b, stranger)
		link := "/confirm/" + s.post.of(tickets.LetterRegister)[0].Token
		s.clock.add(25 * time.Hour)
		s.wantStatus(b.submit(link, nil), http.StatusGone)
	})
}

func TestRegisterWhereOnlyListedEntitiesMay(t *testing.T) {
	each(t, func(t *testing.T, s *site) {
		s.submitRegistration(s.browser(), "eve@outside.example")
		s.submitRegistration(s.browser(), neighbour)
		if r, g := s.post.of(tickets.LetterRefusal), s.post.of(tickets.LetterRegister); len(r) != 1 || r[0].To.Address != "eve@outside.example" || len(g) != 1 || g[0].To.Address != neighbour {
			t.Errorf("refused %+v, linked %+v", r, g)
		}
	}, func(_ *Options, c *tickets.Catalogue) { c.Policy = tickets.PolicyEntities })
}

func (s *site) submitRegistration(b *browser, address string) {
	s.t.Helper()
	s.wantStatus(b.submit("/register", url.Values{"name": {"Somebody"}, "address": {address}}), http.StatusOK)
	s.server.background.Wait()
}

func (s *site) personOf(address string) (p tickets.Person) {
	s.t.Helper()
	_ = s.store.View(s.t.Context(), func(tx *store.Tx) (err error) {
		p, _, err = tx.Person(s.t.Context(), address)
		return err // there may be none
	})
	return p
}

func TestForm(t *testing.T) {
	each(t, func(t *testing.T, s *site) {
		tk := s.open("Núria Peris", clerk, "Printer", "does not print")
		key, err := s.signer.Sign(token.Form, tk.UID, clerk)
		if err != nil {
			t.Fatal(err)
		}
		b, path := s.browser(), "/form/"+key
		if page := b.get(path).Body.String(); !strings.Contains(page, "BR-1") || s.ticket(1).TypeKnown {
			t.Errorf("the form:\n%s", page)
		}
		w := b.submit(path+"?lang=en", url.Values{"type": {"incident"}, "blocks_work": {"yes"}, "affects_others": {"yes"}, "affects_citizens": {"no"}, "category": {"nowhere"}})
		s.wantStatus(w, http.StatusOK)
		if !strings.Contains(w.Body.String(), "Priority <strong>2</strong> (1 is the most urgent)") {
			t.Errorf("the page does not say the priority:\n%s", w.Body)
		}
		got := s.ticket(1)
		if !got.TypeKnown || got.Priority != "P2" || !got.Answers.Complete() || got.Category != "" {
			t.Errorf("ticket %+v", got)
		}
		if m := got.Messages[len(got.Messages)-1]; m.Kind != tickets.KindForm && m.Direction == tickets.In {
			t.Errorf("message %+v", m)
		}
		n := len(got.Messages)
		s.wantStatus(b.submit(path, url.Values{}), http.StatusOK) // nothing was said
		if len(s.ticket(1).Messages) != n {
			t.Error("an empty form was taken")
		}
		other, err := s.signer.Sign(token.Form, tk.UID, "eve@outside.example")
		if err != nil {
			t.Fatal(err)
		}
		reply, err := s.signer.Sign(token.Reply, tk.UID, clerk)
		if err != nil {
			t.Fatal(err)
		}
		for _, bad := range []string{other, reply, key[:len(key)-2]} {
			s.wantStatus(b.submit("/form/"+bad, url.Values{"type": {"request"}}), http.StatusGone)
		}
		// Whoever has the link cannot keep the technician busy with it.
		posted, refused := 0, 0
		for i := range 2 * linkPosts {
			w := b.submit(path, url.Values{"affects_others": {[]string{"yes", "no"}[i%2]}})
			if w.Code == http.StatusTooManyRequests {
				refused++
				continue
			}
			s.wantStatus(w, http.StatusOK)
			posted++
			s.clock.add(time.Second)
		}
		if posted == 0 || refused == 0 || posted > linkPosts {
			t.Errorf("%d taken, %d refused", posted, refused)
		}
		s.clock.add(time.Hour)
		s.wantStatus(b.submit(path, url.Values{"affects_others": {"yes"}}), http.StatusOK)
		s.answer(1, ana, "#close", "#close")
		s.wantStatus(b.get(path), http.StatusGone)
	})
}

func TestNewTicket(t *testing.T) {
	each(t, func(t *testing.T, s *site) {
		b := s.signedIn(clerk)
		key := b.key("/new")
		w := b.submit("/new", url.Values{"subject": {""}, "text": {"Keep this."}, "type": {"request"}, "key": {key}})
		s.wantStatus(w, http.StatusUnprocessableEntity)
		if page := w.Body.String(); !strings.Contains(page, "Keep this.") || !strings.Contains(page, `value="request" checked`) {
			t.Errorf("what was typed is lost:\n%s", page)
		}
		fields := url.Values{"subject": {"A new screen"}, "text": {"Mine is dark."}, "type": {"request"}, "blocks_work": {"no"}, "affects_others": {"no"}, "affects_citizens": {"no"}, "key": {key}}
		s.wantRedirect(b.submit("/new", fields), "/tickets/BR-1?sent=1#end")
		s.wantRedirect(b.submit("/new", fields), "/tickets") // pressed twice
		got := s.ticket(1)
		if got.Subject != "A new screen" || got.Type != tickets.Request || got.Priority != "P5" || got.Requester.Address != clerk || len(s.post.of(tickets.LetterAck)) != 1 {
			t.Errorf("ticket %+v", got)
		}
	})
}

// Somebody of elsewhere who was copied in on a ticket may sign in to read it,
// and opens none where that is for listed entities.
func TestNewTicketIsForListedEntities(t *testing.T) {
	each(t, func(t *testing.T, s *site) {
		b := s.signedIn("eve@outside.example")
		s.wantStatus(b.get("/new"), http.StatusNotFound)
		s.wantStatus(b.submit("/new", url.Values{"subject": {"x"}, "text": {"y"}}), http.StatusNotFound)
	}, func(_ *Options, c *tickets.Catalogue) { c.Policy = tickets.PolicyEntities })
}

func TestHelp(t *testing.T) {
	each(t, func(t *testing.T, s *site) {
		if page := s.browser().get("/help?lang=es").Body.String(); !strings.Contains(page, "ESTADO BR-12") || strings.Contains(page, "#resolver") {
			t.Errorf("the guide:\n%s", page)
		}
		if page := s.signedIn(ana).get("/help?lang=es").Body.String(); !strings.Contains(page, "#resolver") {
			t.Error("a technician is not told the commands")
		}
		b := s.signedIn(clerk)
		s.wantRedirect(b.submit("/help", url.Values{"locale": {"en"}}), "/help?lang=en")
		if p := s.personOf(clerk); p.Locale != tickets.English {
			t.Errorf("language %q", p.Locale)
		}
	})
}
