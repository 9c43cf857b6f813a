package web

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"respon/tickets"
)

// ask asks for a link and gives its token; "" if none was mailed.
func (b *browser) ask(address string) (link string) {
	b.t.Helper()
	before := len(b.post.of(tickets.LetterLogin))
	b.wantStatus(b.submit("/login", url.Values{"address": {address}}), http.StatusOK)
	b.server.background.Wait()
	letters := b.post.of(tickets.LetterLogin)
	if len(letters) == before {
		return ""
	}
	return letters[before].Token
}

func TestLoginByLink(t *testing.T) {
	each(t, func(t *testing.T, s *site) {
		s.open("Núria Peris", clerk, "Printer", "It does not print.")
		b := s.browser()
		link := b.ask(strings.ToUpper(clerk))
		if link == "" {
			t.Fatal("no link was mailed to somebody who has a ticket")
		}
		letter := s.post.of(tickets.LetterLogin)[0]
		if letter.To.Address != clerk || letter.To.Name != "Núria Peris" || letter.Locale != tickets.Valencian {
			t.Errorf("link went to %+v in %s", letter.To, letter.Locale)
		}
		// Scanners open links: that does nothing.
		for range 3 {
			s.wantStatus(b.get("/login/"+link), http.StatusOK)
		}
		if b.cookie != "" {
			t.Fatal("a GET signed somebody in")
		}
		s.wantRedirect(b.submit("/login/"+link, nil), "/tickets")
		s.wantStatus(b.get("/tickets/BR-1"), http.StatusOK)

		again := s.browser()
		s.wantStatus(again.submit("/login/"+link, nil), http.StatusGone)
		if again.cookie != "" {
			t.Error("a link was good twice")
		}
	})
}

// Whoever follows a mail's link to a ticket comes to that ticket, once signed in.
func TestLoginComesBackToTheTicket(t *testing.T) {
	each(t, func(t *testing.T, s *site) {
		s.open("Núria Peris", clerk, "Printer", "It does not print.")
		s.open("Núria Peris", clerk, "Screen", "It stays dark.")
		b := s.browser()
		s.wantRedirect(b.get("/tickets/br-2"), "/login")
		if b.cookie != "" {
			t.Fatalf("somebody is signed in: %s", b.cookie)
		}
		s.wantRedirect(b.submit("/login/"+b.ask(clerk), nil), "/tickets/BR-2")
		if b.wanted != "" {
			t.Errorf("the ticket is remembered still: %s", b.wanted)
		}
		// A ticket of somebody else's is as little to be seen as before.
		other := s.browser()
		s.open("Else", "else@town.example", "Mine", "Of my own.")
		s.wantRedirect(other.get("/tickets/BR-3"), "/login")
		s.wantRedirect(other.submit("/login/"+other.ask(clerk), nil), "/tickets/BR-3")
		s.wantStatus(other.get("/tickets/BR-3"), http.StatusNotFound)
		// Only tickets are come back to.
		for planted, address := range map[string]string{"//evil.example": clerk, "BR-2/../../queue": "else@town.example"} {
			b := s.browser()
			link := b.ask(address)
			b.wanted = wantedCookie(s.catalogue.Load()) + "=" + planted
			s.wantRedirect(b.submit("/login/"+link, nil), "/tickets")
		}
	})
}

func TestLoginOfATechnician(t *testing.T) {
	each(t, func(t *testing.T, s *site) {
		b := s.browser()
		s.wantRedirect(b.submit("/login/"+b.ask(ana), nil), "/queue")
		s.wantStatus(b.get("/queue"), http.StatusOK)
	})
}

func TestLoginLinkEnds(t *testing.T) {
	each(t, func(t *testing.T, s *site) {
		b := s.browser()
		link := b.ask(ana)
		s.clock.add(linkAge)
		s.wantStatus(b.submit("/login/"+link, nil), http.StatusGone)
		link = b.ask(ana)
		s.clock.add(linkAge - time.Second)
		s.wantRedirect(b.submit("/login/"+link, nil), "/queue")
	})
}

// linkAge is how long INTERFACE promises a link to be good.
const linkAge = 15 * time.Minute

func TestLoginRefusesWhatIsNoLink(t *testing.T) {
	each(t, func(t *testing.T, s *site) {
		link := s.browser().ask(ana)
		for _, wrong := range []string{"x", link[:42], link + "A", strings.ToLower(link), strings.Repeat("A", 43), "%00", "..%2F..", link + "%0a"} {
			b := s.browser()
			if w := b.submit("/login/"+wrong, nil); w.Code != http.StatusGone {
				t.Errorf("%q: status %d", wrong, w.Code)
			}
			if b.cookie != "" {
				t.Errorf("%q signed somebody in", wrong)
			}
		}
	})
}

// TestLoginTellsNothing: whether an address is known shows neither in the
// answer nor in what has happened by the time of the answer.
func TestLoginTellsNothing(t *testing.T) {
	each(t, func(t *testing.T, s *site) {
		s.open("Núria Peris", clerk, "Printer", "It does not print.")
		answer := func(address string) string {
			// The letter can only be written once the answer is there.
			s.post.wait = make(chan struct{})
			w := s.browser().submit("/login", url.Values{"address": {address}})
			close(s.post.wait)
			s.server.background.Wait()
			s.wantStatus(w, http.StatusOK)
			var all strings.Builder
			if err := w.Result().Header.Write(&all); err != nil {
				t.Fatal(err)
			}
			return strings.ReplaceAll(all.String()+w.Body.String(), address, "ADDRESS")
		}
		unknown := answer("nobody@alfafar.example")
		if known := answer(clerk); known != unknown {
			t.Errorf("a known address gives\n%s\nan unknown one\n%s", known, unknown)
		}
		if technician := answer(ana); technician != unknown {
			t.Errorf("a technician's address gives\n%s", technician)
		}
		got := map[string]bool{}
		for _, l := range s.post.of(tickets.LetterLogin) {
			got[l.To.Address] = true
		}
		if len(got) != 2 || !got[clerk] || !got[ana] {
			t.Errorf("links went to %v", got)
		}
	})
}

func TestLoginLimits(t *testing.T) {
	each(t, func(t *testing.T, s *site) {
		for _, address := range []string{ana, "nobody@alfafar.example"} {
			for range 3 {
				s.wantStatus(s.browser().submit("/login", url.Values{"address": {address}}), http.StatusOK)
			}
			w := s.browser().submit("/login", url.Values{"address": {" " + strings.ToUpper(address)}})
			s.wantStatus(w, http.StatusTooManyRequests)
			if got := w.Header().Get("Retry-After"); got != "900" {
				t.Errorf("Retry-After %q", got)
			}
		}
		s.server.background.Wait()
		if n := len(s.post.of(tickets.LetterLogin)); n != 3 {
			t.Errorf("%d links were mailed", n)
		}
		s.clock.add(linkAge)
		s.wantStatus(s.browser().submit("/login", url.Values{"address": {ana}}), http.StatusOK)
	})
}

func TestLoginLimitInAll(t *testing.T) {
	each(t, func(t *testing.T, s *site) {
		for i := range 200 {
			address := fmt.Sprintf("x%d@flood.example", i)
			s.wantStatus(s.browser().submit("/login", url.Values{"address": {address}}), http.StatusOK)
		}
		w := s.browser().submit("/login", url.Values{"address": {ana}})
		s.wantStatus(w, http.StatusTooManyRequests)
		if got := w.Header().Get("Retry-After"); got != "3600" {
			t.Errorf("Retry-After %q", got)
		}
		s.clock.add(time.Hour)
		s.wantStatus(s.browser().submit("/login", url.Values{"address": {ana}}), http.StatusOK)
	})
}

// TestLoginLinksDoNotSilence: asking for links uses up none of the automatic
// mails that their recipient may get.
func TestLoginLinksDoNotSilence(t *testing.T) {
	each(t, func(t *testing.T, s *site) {
		s.open("Núria Peris", clerk, "Printer", "It does not print.")
		for range 4 {
			for range 3 {
				s.browser().ask(clerk)
			}
			s.clock.add(linkAge)
		}
		before := len(s.post.of(tickets.LetterAck))
		s.open("Núria Peris", clerk, "Scanner", "It does not scan.")
		if len(s.post.of(tickets.LetterAck)) != before+1 {
			t.Error("a new ticket was not acknowledged")
		}
	})
}

func TestLoginWantsAnAddress(t *testing.T) {
	each(t, func(t *testing.T, s *site) {
		for _, wrong := range []string{"", "ana", "a@b@c", `"a b"@dival.example`, "a@dival.example\r\nBcc: x@y.example", "<script>@x.example"} {
			w := s.browser().submit("/login", url.Values{"address": {wrong}})
			if w.Code != http.StatusUnprocessableEntity {
				t.Errorf("%q: status %d", wrong, w.Code)
			}
			if strings.Contains(w.Body.String(), "<script>") {
				t.Errorf("%q is shown as it came", wrong)
			}
		}
	})
}

func TestSessionEnds(t *testing.T) {
	each(t, func(t *testing.T, s *site) {
		idle := s.signedIn(ana)
		s.wantStatus(idle.get("/queue"), http.StatusOK)
		s.clock.add(12*time.Hour + time.Second)
		s.wantRedirect(idle.get("/queue"), "/login")

		busy := s.signedIn(ana)
		for range 7*3 - 1 {
			s.clock.add(8 * time.Hour)
			s.wantStatus(busy.get("/queue"), http.StatusOK)
		}
		s.clock.add(8 * time.Hour)
		s.wantRedirect(busy.get("/queue"), "/login")

		out := s.signedIn(ana)
		stolen := out.cookie
		s.wantRedirect(out.submit("/logout", nil), "/")
		if out.cookie != "" {
			t.Error("the cookie was left")
		}
		out.cookie = stolen
		s.wantRedirect(out.get("/queue"), "/login")
	})
}

// TestFixation: a cookie that somebody planted is worth nothing after signing
// in, nor does it keep its former session alive.
func TestFixation(t *testing.T) {
	each(t, func(t *testing.T, s *site) {
		b := s.signedIn(stranger)
		planted := b.cookie
		s.wantRedirect(b.submit("/login/"+b.ask(ana), nil), "/queue")
		if b.cookie == planted {
			t.Fatal("the cookie stayed the same")
		}
		victim := s.browser()
		victim.cookie = planted
		s.wantRedirect(victim.get("/tickets"), "/login")
	})
}

func TestCookie(t *testing.T) {
	for base, want := range map[string]string{
		"http://127.0.0.1:8080":  "respon=VALUE; Path=/; Max-Age=604800; HttpOnly; SameSite=Lax",
		"https://respon.example": "__Host-respon=VALUE; Path=/; Max-Age=604800; HttpOnly; Secure; SameSite=Lax",
	} {
		w := httptest.NewRecorder()
		c := newCatalogue(t)
		c.Gateway.BaseURL = base
		setCookie(w, c, "VALUE")
		if got := w.Header().Get("Set-Cookie"); got != want {
			t.Errorf("%s: %s", base, got)
		}
	}
}

// TestFormerTechnician: the present catalogue decides, at each request.
func TestFormerTechnician(t *testing.T) {
	each(t, func(t *testing.T, s *site) {
		s.open("Núria Peris", clerk, "Printer", "It does not print.")
		b := s.signedIn(ana)
		s.wantStatus(b.get("/queue"), http.StatusOK)
		s.wantStatus(b.get("/tickets/BR-1"), http.StatusOK)
		without := *s.catalogue.Load()
		without.Technicians = without.Technicians[1:]
		s.catalogue.Store(&without)
		s.wantStatus(b.get("/queue"), http.StatusNotFound)
		s.wantStatus(b.get("/tickets/BR-1"), http.StatusNotFound)
		s.wantStatus(b.submit("/tickets/BR-1", url.Values{"text": {"#close"}}), http.StatusNotFound)
		if got := s.ticket(1).Status; got != tickets.New {
			t.Errorf("ticket is %s", got)
		}
		if link := s.browser().ask(ana); link != "" {
			t.Error("a link was mailed to a former technician")
		}
	})
}

func TestDemoLogin(t *testing.T) {
	each(t, func(t *testing.T, s *site) {
		b := s.browser()
		for _, path := range []string{"/", "/login"} {
			if page := b.get(path).Body.String(); !strings.Contains(page, `action="/demo/login"`) || !strings.Contains(page, "Núria Peris") {
				t.Errorf("%s has no buttons", path)
			}
		}
		s.wantRedirect(b.submit("/demo/login", url.Values{"address": {ana}}), "/queue")
		s.wantStatus(b.submit("/demo/login", url.Values{"address": {pere}}), http.StatusNotFound)
	}, demo)
}

func TestNoDemoLogin(t *testing.T) {
	each(t, func(t *testing.T, s *site) {
		s.wantStatus(s.browser().submit("/demo/login", url.Values{"address": {ana}}), http.StatusNotFound)
		for _, path := range []string{"/", "/login"} {
			if strings.Contains(s.browser().get(path).Body.String(), "/demo/") {
				t.Errorf("%s speaks of the demo", path)
			}
		}
	})
}

func TestConfirm(t *testing.T) {
	each(t, func(t *testing.T, s *site) {
		b := s.browser()
		s.wantStatus(b.get("/confirm/good"), http.StatusOK)
		if len(s.confirmed) != 0 {
			t.Fatal("a GET confirmed an address")
		}
		s.wantStatus(b.submit("/confirm/good", nil), http.StatusOK)
		if len(s.confirmed) != 1 {
			t.Error("nothing was confirmed")
		}
		s.wantStatus(b.submit("/confirm/wrong", nil), http.StatusGone)
	})
}
