package web

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"testing"
	"time"
)

func TestSourceOf(t *testing.T) {
	for _, tt := range []struct{ remote, forwarded, want string }{
		{"192.0.2.7:4711", "", "192.0.2.7/32"},
		{"[::ffff:192.0.2.7]:4711", "", "192.0.2.7/32"},
		{"[2001:db8:1:2:3:4:5:6]:4711", "", "2001:db8:1:2::/64"},
		{"192.0.2.7:4711", "203.0.113.9", "192.0.2.7/32"}, // anybody can say so
		{"127.0.0.1:4711", "", ""},
		{"127.0.0.1:4711", "10.0.0.1, 203.0.113.9", "203.0.113.9/32"},
		{"[::1]:4711", "2001:db8:1:2::9", "2001:db8:1:2::/64"},
		{"127.0.0.1:4711", "unknown", ""},
		{"@", "203.0.113.9", ""},
	} {
		r := httptest.NewRequest(http.MethodPost, "/login", nil)
		r.RemoteAddr = tt.remote
		if tt.forwarded != "" {
			r.Header.Set("X-Forwarded-For", tt.forwarded)
		}
		if got := sourceOf(r); got != tt.want {
			t.Errorf("%s for %q: %q, want %q", tt.remote, tt.forwarded, got, tt.want)
		}
	}
}

// TestOneNetworkAsksForTenLinks: whoever goes through a list of addresses is
// stopped before all others are.
func TestOneNetworkAsksForTenLinks(t *testing.T) {
	each(t, func(t *testing.T, s *site) {
		ask := func(path, remote string, n int) int {
			b := s.browser()
			b.remote = remote
			return b.submit(path, url.Values{"address": {fmt.Sprintf("somebody%d@alfafar.example", n)}, "name": {"Somebody"}}).Code
		}
		for n := range 10 {
			path := []string{"/login", "/register"}[n%2]
			if got := ask(path, "192.0.2.7:4711", n); got != http.StatusOK {
				t.Fatalf("%s, %d: %d", path, n, got)
			}
		}
		for _, path := range []string{"/login", "/register"} {
			if got := ask(path, "192.0.2.7:4712", 10); got != http.StatusTooManyRequests {
				t.Errorf("%s, the eleventh: %d", path, got)
			}
			if got := ask(path, "192.0.2.8:4711", 11); got != http.StatusOK {
				t.Errorf("%s from elsewhere: %d", path, got)
			}
		}
		s.server.background.Wait()
		s.clock.add(16 * time.Minute)
		if got := ask("/login", "192.0.2.7:4711", 12); got != http.StatusOK {
			t.Errorf("a quarter of an hour later: %d", got)
		}
	})
}
