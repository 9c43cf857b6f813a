package web

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"respon/tickets"
	"respon/tickets/store/storetest"
)

func TestHeaders(t *testing.T) {
	for _, base := range []string{"http://127.0.0.1:8080", "https://respon.example", "http://respon.lan:8080"} {
		s := newSite(t, storetest.SQLite(t), func(_ *Options, c *tickets.Catalogue) { c.Gateway.BaseURL = base })
		for _, path := range []string{"/", "/login", "/none", "/healthz", "/login/x"} {
			h := s.browser().get(path).Header()
			want := map[string]string{
				"Content-Security-Policy": "default-src 'none'; style-src 'self'; img-src 'self'; script-src 'self'; connect-src 'self'; " +
					"form-action 'self'; frame-src 'self'; frame-ancestors 'none'; base-uri 'none'",
				"X-Content-Type-Options": "nosniff", "Referrer-Policy": "no-referrer", "Cache-Control": "no-store",
				"Cross-Origin-Resource-Policy": "same-origin", "Cross-Origin-Opener-Policy": "same-origin",
				"Strict-Transport-Security": "",
			}
			if base == "http://respon.lan:8080" {
				want["Referrer-Policy"] = "same-origin"
			}
			if strings.HasPrefix(base, "https") {
				want["Strict-Transport-Security"] = "max-age=31536000"
			}
			for name, value := range want {
				if got := h.Get(name); got != value {
					t.Errorf("%s %s: %s is %q, want %q", base, path, name, got, value)
				}
			}
		}
	}
}

func TestStaticIsKept(t *testing.T) {
	s := newSite(t, storetest.SQLite(t))
	w := s.browser().get(s.server.style.path)
	s.wantStatus(w, http.StatusOK)
	if got := w.Header().Get("Cache-Control"); got != "public, max-age=86400" {
		t.Errorf("Cache-Control %q", got)
	}
	if got := w.Header().Get("Content-Type"); got != "text/css; charset=utf-8" {
		t.Errorf("Content-Type %q", got)
	}
	r := httptest.NewRequest(http.MethodGet, s.server.style.path, nil)
	r.Header.Set("If-None-Match", w.Header().Get("ETag"))
	s.wantStatus(s.browser().do(r), http.StatusNotModified)
	s.wantStatus(s.browser().get("/static/..%2Fserver.go"), http.StatusNotFound)
}

// TestCrossSite: forms of other sites are refused, whatever they say.
func TestCrossSite(t *testing.T) {
	each(t, func(t *testing.T, s *site) {
		s.forest()
		before := len(s.ticket(1).Messages)
		for name, tt := range map[string]struct {
			header map[string]string
			want   int
		}{
			"cross-site":          {map[string]string{"Sec-Fetch-Site": "cross-site"}, http.StatusForbidden},
			"sub-domain":          {map[string]string{"Sec-Fetch-Site": "same-site"}, http.StatusForbidden},
			"origin of another":   {map[string]string{"Origin": "https://evil.example"}, http.StatusForbidden},
			"origin null":         {map[string]string{"Origin": "null"}, http.StatusForbidden},
			"same origin":         {map[string]string{"Sec-Fetch-Site": "same-origin", "Origin": "http://127.0.0.1:8080"}, http.StatusSeeOther},
			"origin of base_url":  {map[string]string{"Origin": "http://127.0.0.1:8080"}, http.StatusSeeOther},
			"a program, no hints": {nil, http.StatusSeeOther},
		} {
			b := s.signedIn(clerk)
			for k, v := range tt.header {
				b.header.Set(k, v)
			}
			if w := b.submit("/tickets/BR-1", url.Values{"text": {name}}); w.Code != tt.want {
				t.Errorf("%s: %d, want %d", name, w.Code, tt.want)
			}
			if w := b.submit("/logout", nil); w.Code != tt.want {
				t.Errorf("%s: logout %d, want %d", name, w.Code, tt.want)
			}
		}
		if got := len(s.ticket(1).Messages); got != before+3 {
			t.Errorf("%d messages were added", got-before)
		}
	})
}

// TestHostIsNotBelieved: what the request says about its host or path appears
// in no link and no redirect.
func TestHostIsNotBelieved(t *testing.T) {
	s := newSite(t, storetest.SQLite(t))
	for _, path := range []string{"/", "/login", "//evil.example/x", "/%2F/evil.example", "/tickets?next=https://evil.example/", "/login?next=//evil.example"} {
		r := httptest.NewRequest(http.MethodGet, "/", nil)
		r.URL = &url.URL{}
		u, err := url.ParseRequestURI(path)
		if err != nil {
			t.Fatal(err)
		}
		r.URL, r.Host = u, "evil.example"
		r.Header.Set("X-Forwarded-Host", "evil.example")
		w := s.browser().do(r)
		if to := w.Header().Get("Location"); to != "" && (!strings.HasPrefix(to, "/") || strings.HasPrefix(to, "//") || strings.Contains(to, "://")) {
			t.Errorf("%s redirects to %s", path, to)
		}
		for _, m := range regexp.MustCompile(`(?:href|action)="([^"]*)"`).FindAllStringSubmatch(w.Body.String(), -1) {
			if strings.HasPrefix(m[1], "//") || strings.Contains(m[1], "://") || strings.HasPrefix(m[1], `/\`) {
				t.Errorf("%s has a link to %s", path, m[1])
			}
		}
	}
}

func TestReady(t *testing.T) {
	s := newSite(t, storetest.SQLite(t))
	b := s.browser()
	s.wantStatus(b.get("/readyz"), http.StatusOK)
	if page := b.get("/?lang=en").Body.String(); !strings.Contains(page, "Email is working normally.") {
		t.Error("the front page does not say that all is well")
	}
	s.troubles = []error{errTrouble, errors.New("smtp: no answer\nfrom the relay")}
	w := b.get("/readyz")
	s.wantStatus(w, http.StatusServiceUnavailable)
	if got := w.Body.String(); got != "mailbox support: login refused\nsmtp: no answer from the relay\n" {
		t.Errorf("reasons %q", got)
	}
	s.wantStatus(b.get("/healthz"), http.StatusOK)
	if page := b.get("/?lang=en").Body.String(); !strings.Contains(page, "There are technical problems") || strings.Contains(page, "login refused") {
		t.Error("the front page does not tell of trouble, or tells too much")
	}
}

func TestDatabaseAway(t *testing.T) {
	each(t, func(t *testing.T, s *site) {
		b := s.signedIn(ana)
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		w := b.do(httptest.NewRequest(http.MethodGet, "/queue", nil).WithContext(ctx))
		s.wantStatus(w, http.StatusServiceUnavailable)
		if w.Header().Get("Retry-After") != "30" {
			t.Errorf("Retry-After %q", w.Header().Get("Retry-After"))
		}
	})
}

// TestErrorPage: what went wrong inside is logged, not shown, and a panic is
// one request's.
func TestErrorPage(t *testing.T) {
	s := newSite(t, storetest.SQLite(t))
	for _, rt := range []route{
		{pattern: "GET /panic", act: actPublic, handle: func(*Server, http.ResponseWriter, *request) error { panic("inner-secret") }},
		{pattern: "GET /error", act: actPublic, handle: func(*Server, http.ResponseWriter, *request) error { return errors.New("inner-secret") }},
	} {
		w := httptest.NewRecorder()
		s.server.serve(rt).ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/", nil))
		s.wantStatus(w, http.StatusInternalServerError)
		if strings.Contains(w.Body.String(), "inner-secret") || !strings.Contains(w.Body.String(), "</html>") {
			t.Errorf("%s shows %s", rt.pattern, w.Body)
		}
	}
	if got := strings.Count(s.log.String(), "level=ERROR msg=\"page failed\""); got != 2 {
		t.Errorf("%d errors are logged:\n%s", got, s.log)
	}
}

// TestLogHasNoSecrets: neither tokens nor cookies, nor what people write.
func TestLogHasNoSecrets(t *testing.T) {
	each(t, func(t *testing.T, s *site) {
		s.forest()
		b := s.browser()
		link := b.ask(clerk)
		b.get("/login/" + link)
		b.submit("/login/"+link, nil)
		b.submit("/login/"+link, nil)
		b.get("/confirm/confirm-canary")
		b.submit("/confirm/confirm-canary", nil)
		b.submit("/tickets/BR-1", url.Values{"text": {"words-canary"}})
		b.get("/tickets?q=search-canary")
		_, cookie, _ := strings.Cut(b.cookie, "=")
		log := s.log.String()
		for _, secret := range []string{link, cookie, "confirm-canary", "words-canary", "search-canary", canaryWords, canaryNote, clerk} {
			if strings.Contains(log, secret) {
				t.Errorf("the log has %q", secret)
			}
		}
		if !strings.Contains(log, `route="POST /login/{token}" status=410`) {
			t.Errorf("the log does not tell routes:\n%s", log)
		}
	})
}

func TestLanguages(t *testing.T) {
	each(t, func(t *testing.T, s *site) {
		for _, tt := range []struct{ address, accept, query, want string }{
			{"", "", "", "es"}, // the gateway's
			{"", "ca-ES,es;q=0.8", "", "ca-valencia"},
			{"", "de,en-GB;q=0.9,es;q=0.8", "", "en"},
			{"", "es-MX", "", "es"},
			{"", "eu,gl", "", "es"},
			{"", "en;q=0,ca;q=0.5", "", "ca-valencia"},
			{"", "en", "?lang=ca-valencia", "ca-valencia"},
			{"", "en", "?lang=xx", "en"},
			{"", strings.Repeat("en,", 5000), "", "es"},
			{clerk, "", "", "ca-valencia"}, // her entity's
			{clerk, "en", "", "en"},
			{clerk, "", "?lang=es", "es"},
			{pere, "", "", "ca-valencia"}, // his own
		} {
			b := s.browser()
			if tt.address != "" {
				b = s.signedIn(tt.address)
			}
			b.header.Set("Accept-Language", tt.accept)
			w := b.get("/" + tt.query)
			if !strings.Contains(w.Body.String(), `<html lang="`+tt.want+`">`) || w.Header().Get("Content-Language") != tt.want {
				t.Errorf("%+v: Content-Language %s", tt, w.Header().Get("Content-Language"))
			}
		}
		// A chosen language stays in the links, and nothing else keeps it.
		page := s.browser().get("/?lang=en").Body.String()
		if !strings.Contains(page, `href="/login?lang=en"`) {
			t.Error("the chosen language is lost at the next link")
		}
		if page := s.browser().get("/").Body.String(); strings.Contains(page, `href="/login?lang`) {
			t.Error("a language that nobody chose stands in the links")
		}
	})
}

// TestPagesAreWhole renders every page in every language, and looks for what
// is missing in the words.
func TestPagesAreWhole(t *testing.T) {
	each(t, func(t *testing.T, s *site) {
		s.forest()
		clerkSees, anaSees := s.signedIn(clerk), s.signedIn(ana)
		for _, lang := range tickets.Locales {
			query := "?lang=" + string(lang)
			for path, b := range map[string]*browser{
				"/": clerkSees, "/login": s.browser(), "/login/x": s.browser(), "/confirm/x": s.browser(), "/none": s.browser(),
				"/tickets": clerkSees, "/tickets/BR-1": clerkSees, "/tickets/BR-2": anaSees, "/queue": anaSees,
			} {
				page := b.get(path + query).Body.String()
				if !strings.Contains(page, `<html lang="`+string(lang)+`">`) || !strings.HasSuffix(strings.TrimSpace(page), "</html>") {
					t.Errorf("%s in %s is not whole:\n%s", path, lang, page)
				}
				for _, bad := range []string{"%!", "<no value>", "&lt;nil&gt;", "ZgotmplZ", "page."} {
					if strings.Contains(page, bad) {
						t.Errorf("%s in %s has %q", path, lang, bad)
					}
				}
				if n := strings.Count(page, "<h1>"); n != 1 {
					t.Errorf("%s in %s has %d first headings", path, lang, n)
				}
			}
		}
	})
}

func TestRun(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	inHand, finish := make(chan struct{}), make(chan struct{})
	s := newSite(t, storetest.SQLite(t), func(o *Options, _ *tickets.Catalogue) {
		o.Listener, o.Now = listener, time.Now
		o.Confirm = func(context.Context, string) error {
			close(inHand)
			<-finish
			return nil
		}
	})
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- s.server.Run(ctx) }()
	base := "http://" + listener.Addr().String()
	client := &http.Client{Transport: &http.Transport{}}
	t.Cleanup(client.CloseIdleConnections)
	answer := make(chan string, 1)
	go func() {
		resp, err := client.Post(base+"/confirm/x", "application/x-www-form-urlencoded", nil)
		if err != nil {
			answer <- err.Error()
			return
		}
		defer resp.Body.Close()
		if _, err := io.Copy(io.Discard, resp.Body); err != nil {
			answer <- err.Error()
			return
		}
		answer <- resp.Status
	}()
	<-inHand
	cancel()
	close(finish)
	if got := <-answer; got != "200 OK" {
		t.Errorf("the request in hand was answered %s", got)
	}
	if err := <-ended; err != nil {
		t.Errorf("Run: %v", err)
	}
	if _, err := client.Get(base + "/healthz"); err == nil {
		t.Error("it still listens")
	}
}

func TestPortTaken(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	s := newSite(t, storetest.SQLite(t), func(o *Options, _ *tickets.Catalogue) { o.Listen = listener.Addr().String() })
	if err := s.server.Run(t.Context()); err == nil || !strings.Contains(err.Error(), listener.Addr().String()) {
		t.Errorf("Run on a port that is taken: %v", err)
	}
}

func TestNewWantsItsOptions(t *testing.T) {
	if _, err := New(Options{}); err == nil {
		t.Error("a server without anything")
	}
}
