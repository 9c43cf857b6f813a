package web

import (
	"fmt"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"respon/tickets"
	"respon/tickets/store"
)

var numbers = regexp.MustCompile(`<span class="number">(BR-\d+)</span>`)

// listed gives the tickets of a list, in its order.
func (b *browser) listed(path string) (list []string) {
	b.t.Helper()
	w := b.get(path)
	b.wantStatus(w, 200)
	for _, m := range numbers.FindAllStringSubmatch(w.Body.String(), -1) {
		list = append(list, m[1])
	}
	return list
}

func TestOwnTickets(t *testing.T) {
	each(t, func(t *testing.T, s *site) {
		s.forest()
		s.open("Núria Peris", clerk, "Impresión en color", "Sale en gris.")
		s.answer(3, ana, "#resolver", "#resolver")
		b := s.signedIn(clerk)
		for path, want := range map[string][]string{
			"/tickets": {"BR-3", "BR-1"}, "/tickets?status=all": {"BR-3", "BR-1"}, "/tickets?status=nonsense": {"BR-3", "BR-1"},
			"/tickets?status=pending": {"BR-1"}, "/tickets?status=resolved": {"BR-3"}, "/tickets?status=closed": nil,
			"/tickets?q=impresion+GRIS": {"BR-3"}, "/tickets?q=gris&status=pending": nil, "/tickets?q=%25": nil, "/tickets?q=_": nil,
		} {
			if got := b.listed(path); !slices.Equal(got, want) {
				t.Errorf("%s lists %v, want %v", path, got, want)
			}
		}
		if got := s.signedIn(neighbour).listed("/tickets"); len(got) != 0 {
			t.Errorf("a colleague with no part in any ticket sees %v", got)
		}
		for _, path := range []string{"/", "/tickets", "/tickets/BR-1"} {
			if strings.Contains(b.get(path).Body.String(), "/queue") {
				t.Errorf("%s offers the queue to a requester", path)
			}
		}
	})
}

func TestPagesOfOwnTickets(t *testing.T) {
	each(t, func(t *testing.T, s *site) {
		for i := range pageLength + 2 {
			s.open("Núria Peris", clerk, fmt.Sprint("Matter ", i), "Words.")
		}
		b := s.signedIn(clerk)
		first := b.get("/tickets?q=words&lang=en").Body.String()
		next := regexp.MustCompile(`rel="next" href="([^"]+)"`).FindStringSubmatch(first)
		if next == nil || strings.Contains(first, `rel="prev"`) {
			t.Fatal("the first page leads to no second one, or to one before")
		}
		if got := b.listed(strings.ReplaceAll(next[1], "&amp;", "&")); !slices.Equal(got, []string{"BR-2", "BR-1"}) {
			t.Errorf("second page lists %v", got)
		}
		for _, odd := range []string{"0", "-1", "x", "99999999999999999999", "9223372036854775807"} {
			s.wantStatus(b.get("/tickets?page="+odd), 200)
		}
	})
}

func TestQueue(t *testing.T) {
	each(t, func(t *testing.T, s *site) {
		s.forest() // BR-1 answered, BR-2 new
		s.open("Rosa Camps", stranger, "Portal", "Cannot sign it.")
		s.answer(3, ana, "#assign pere\n#category portales\n#priority P1\nPere will look at it.", "…")
		s.open("Rosa Camps", stranger, "Another", "Words.")
		s.answer(4, ana, "#close", "#close")
		s.open("Rosa Camps", stranger, "Urgent", "Words.")
		s.answer(5, pere, "#note\n#take\n#priority P1", "…")
		b := s.signedIn(ana)
		for path, want := range map[string][]string{
			// BR-5: an hour for the first answer; BR-3: four hours in all; BR-2: four for the first answer.
			"/queue": {"BR-5", "BR-3", "BR-2", "BR-1"}, "/queue?technician=pere": {"BR-5", "BR-3"}, "/queue?technician=-": nil,
			"/queue?category=portales": {"BR-3"}, "/queue?category=-": {"BR-5", "BR-2", "BR-1"}, "/queue?priority=P1": {"BR-5", "BR-3"},
			"/queue?status=closed": {"BR-4"}, "/queue?status=new": {"BR-5", "BR-2"}, "/queue?q=osprey": {"BR-2"},
			"/queue?technician=pere&priority=P1&category=portales&q=sign": {"BR-3"},
		} {
			if got := b.listed(path); !slices.Equal(got, want) {
				t.Errorf("%s lists %v, want %v", path, got, want)
			}
		}
		page := b.get("/queue?lang=en").Body.String()
		if strings.Contains(page, " overdue</strong>") {
			t.Error("something is overdue already")
		}
		if !strings.Contains(page, "over capacity") {
			t.Error("the page does not say that Pere has more than he can carry")
		}
		s.clock.add(90 * time.Minute)
		page = b.get("/queue?lang=en").Body.String()
		if got := strings.Count(page, "</span> overdue</strong>"); got != 1 || !strings.Contains(page, "Overdue: 1") {
			t.Errorf("%d tickets are overdue in words", got)
		}
	})
}

// TestQueueShowsWhoIsAway, and that a ticket which nobody was free for waits.
func TestQueueShowsWhoIsAway(t *testing.T) {
	each(t, func(t *testing.T, s *site) {
		away := map[string]tickets.Day{}
		for i, tech := range s.catalogue.Load().Technicians {
			away[tech.ID] = [...]tickets.Day{"2099-01-06", ""}[min(i, 1)]
		}
		if err := s.store.Tx(t.Context(), func(tx *store.Tx) error {
			for id, to := range away {
				if _, err := tx.SetAbsence(t.Context(), tickets.Absence{Technician: id, From: "2020-01-01", To: to, Source: tickets.AbsenceCommand}); err != nil {
					return err
				}
			}
			return nil
		}); err != nil {
			t.Fatal(err)
		}
		tk := s.open("Maria", clerk, "Nobody has it", "No va")
		if tk.Technician != "" {
			t.Fatalf("%s has the ticket", tk.Technician)
		}
		b := s.signedIn(ana)
		page := b.get("/queue?lang=en").Body.String()
		for _, want := range []string{`away until <time datetime="2099-01-06">6 Jan 2099</time>`, `<span class="sub">away</span>`, `">unassigned</a>`} {
			if !strings.Contains(page, want) {
				t.Errorf("the page does not have %s", want)
			}
		}
		if got := b.listed("/queue?technician=-"); !slices.Equal(got, []string{"BR-1"}) {
			t.Errorf("without a technician: %v", got)
		}
	})
}

// TestWaitingTicketIsNotLate: while the requester is waited for, the clock of the
// targets stands.
func TestWaitingTicketIsNotLate(t *testing.T) {
	each(t, func(t *testing.T, s *site) {
		s.forest()
		s.clock.add(90 * time.Minute) // one is overdue
		b := s.signedIn(ana)
		for _, path := range b.listed("/queue") {
			n, err := tickets.ParseNumber("BR", path)
			if err != nil {
				t.Fatal(err)
			}
			if tk := s.ticket(n); tk.Status == tickets.New || tk.Status == tickets.Open {
				s.answer(n, ana, "#espera\n¿Qué programa usa?", "#espera\n¿Qué programa usa?")
			}
		}
		page := b.get("/queue?lang=en").Body.String()
		if strings.Contains(page, "overdue</strong>") || !strings.Contains(page, `<span class="sub">paused</span>`) {
			t.Error("the queue does not say that the clock stands")
		}
	})
}

// TestFiltersAreShown: what was chosen is still chosen on the next page, and
// comes back as text, never as HTML.
func TestFiltersAreShown(t *testing.T) {
	each(t, func(t *testing.T, s *site) {
		s.forest()
		query := url.Values{"q": {`"><script>x</script>`}, "status": {"waiting"}, "technician": {"pere"}, "priority": {"P2"}, "lang": {"en"}}
		page := s.signedIn(ana).get("/queue?" + query.Encode()).Body.String()
		for _, want := range []string{
			`value="&#34;&gt;&lt;script&gt;x&lt;/script&gt;"`, `<option value="waiting" selected>`, `<option value="pere" selected>`,
			`<option value="P2" selected>`, `<input type="hidden" name="lang" value="en">`, "No ticket matches",
		} {
			if !strings.Contains(page, want) {
				t.Errorf("the page does not have %s", want)
			}
		}
		if strings.Contains(page, "<script>") {
			t.Error("a script stands in the page")
		}
	})
}

// TestKindsToCome: a page is whole whatever kinds there will be.
func TestKindsToCome(t *testing.T) {
	each(t, func(t *testing.T, s *site) {
		s.forest()
		err := s.store.Tx(t.Context(), func(tx *store.Tx) error {
			m := &tickets.Message{Ticket: 1, Direction: tickets.In, Kind: "carrier_pigeon", Trust: tickets.Claimed, Reply: "Coo.", ReceivedAt: tx.Now}
			if err := tx.InsertMessage(t.Context(), m); err != nil {
				return err
			}
			return tx.AddEvents(t.Context(), 1, tickets.Event{Actor: "ana", Kind: "levitated"})
		})
		if err != nil {
			t.Fatal(err)
		}
		page := s.signedIn(ana).get("/tickets/BR-1?lang=en").Body.String()
		for _, want := range []string{"carrier_pigeon", "levitated", "Acknowledgement"} {
			if !strings.Contains(page, want) {
				t.Errorf("the page does not have %q", want)
			}
		}
	})
}

// TestHostileTicket: nothing of a ticket is more than text on its page.
func TestHostileTicket(t *testing.T) {
	each(t, func(t *testing.T, s *site) {
		evil := `</div><script>alert(1)</script><img src=x onerror=alert(1)>` + "\u202E"
		s.open(evil, clerk, evil, evil+" javascript:alert(1)")
		s.signedIn(clerk).upload("/tickets/BR-1", map[string]string{"text": evil}, upload{evil, "text/html", []byte(evil)})
		for _, path := range []string{"/tickets", "/tickets/BR-1", "/queue"} {
			page := s.signedIn(ana).get(path).Body.String()
			if strings.Contains(page, "<script") || strings.Contains(page, "<img") || strings.Contains(page, `href="javascript`) {
				t.Errorf("%s has HTML of a ticket", path)
			}
		}
	})
}
