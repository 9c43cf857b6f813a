package web

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"respon/tickets"
	"respon/tickets/token"
)

func TestContent(t *testing.T) {
	each(t, func(t *testing.T, s *site) {
		tk := s.open("Núria Peris", clerk, "Printer", "does not print")
		s.answer(1, ana, "#resolve", "#resolve")
		key := func(p token.Purpose, address string) string {
			k, err := s.signer.Sign(p, tk.UID, address)
			if err != nil {
				t.Fatal(err)
			}
			return k
		}
		b, path := s.browser(), "/content/"+key(token.Content, clerk)
		if page := b.get(path).Body.String(); !strings.Contains(page, "BR-1") || strings.Contains(page, " checked") || s.ticket(1).Satisfied != nil {
			t.Errorf("the question:\n%s", page)
		}
		s.wantStatus(b.submit(path, url.Values{"content": {"perhaps"}}), http.StatusUnprocessableEntity)
		s.wantStatus(b.submit(path, url.Values{"content": {"no"}, "text": {"It took long."}}), http.StatusOK)
		got := s.ticket(1)
		if got.Satisfied == nil || *got.Satisfied || got.Status != tickets.Resolved || got.Messages[len(got.Messages)-1].Text != "It took long." {
			t.Errorf("satisfied %v, %s", got.Satisfied, got.Status)
		}
		// The last answer counts.
		s.wantStatus(b.submit(path, url.Values{"content": {"yes"}}), http.StatusOK)
		if got := s.ticket(1); got.Satisfied == nil || !*got.Satisfied || got.Status != tickets.Resolved {
			t.Errorf("satisfied %v, %s", got.Satisfied, got.Status)
		}
		if page := b.get(path).Body.String(); !strings.Contains(page, `value="yes" required checked`) {
			t.Errorf("the page does not show the answer:\n%s", page)
		}
		for _, bad := range []string{key(token.Content, "eve@outside.example"), key(token.Form, clerk), "x"} {
			s.wantStatus(b.submit("/content/"+bad, url.Values{"content": {"no"}}), http.StatusGone)
		}
		if got := s.ticket(1); !*got.Satisfied {
			t.Error("a link that is not the requester's counted")
		}
		s.answer(1, ana, "#close", "#close")
		s.clock.add(179 * 24 * time.Hour)
		s.wantStatus(b.submit(path, url.Values{"content": {"no"}}), http.StatusOK)
		s.clock.add(2 * 24 * time.Hour)
		s.wantStatus(b.submit(path, url.Values{"content": {"yes"}}), http.StatusGone)
	})
}
