package web

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"runtime/debug"
	"strings"
	"time"

	"respon/tickets"
	"respon/tickets/store"
)

// headers that every answer carries. The pages load nothing from elsewhere and
// run no scripts; no-referrer keeps the tokens in paths to ourselves.
const (
	policy = "default-src 'none'; style-src 'self'; img-src 'self'; script-src 'self'; connect-src 'self'; " +
		"form-action 'self'; frame-src 'self'; frame-ancestors 'none'; base-uri 'none'"
	filePolicy  = "sandbox; default-src 'none'; img-src 'self'"
	permissions = "accelerometer=(), camera=(), display-capture=(), geolocation=(), gyroscope=(), magnetometer=(), " +
		"microphone=(), payment=(), usb=()"
)

// secure puts the headers around everything.
func (s *Server) secure(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Content-Security-Policy", policy)
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Referrer-Policy", referrers(s.Catalogue()))
		h.Set("Cross-Origin-Resource-Policy", "same-origin")
		h.Set("Cross-Origin-Opener-Policy", "same-origin")
		h.Set("Permissions-Policy", permissions)
		h.Set("Cache-Control", "no-store")
		if isSecure(s.Catalogue()) {
			h.Set("Strict-Transport-Security", "max-age=31536000")
		}
		next.ServeHTTP(w, r)
	})
}

// referrers is the policy for the Referer header: nobody learns the tokens in our
// paths. A browser that follows it sends no Origin with a form either; over plain
// HTTP, where it sends no Sec-Fetch-Site, its forms could then not be told from those
// of other sites. There our own pages alone get it.
func referrers(c *tickets.Catalogue) string {
	if u, err := url.Parse(c.Gateway.BaseURL); err == nil && u.Scheme == "http" && !loopback(u.Hostname()) {
		return "same-origin"
	}
	return "no-referrer"
}

// loopback hosts count as secure in browsers, whatever the scheme.
func loopback(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}

// maxForm bounds the body of a form without files; maxOverhead what a form with
// files may have beside them.
const (
	maxForm     = 64 << 10
	maxOverhead = 1 << 20
)

// serve answers a route: who, may she, the handler, and the error page.
func (s *Server) serve(rt route) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		begun := s.Now()
		answer := &answer{ResponseWriter: w}
		q := s.request(r)
		limit := int64(maxForm)
		if rt.files {
			limit = q.catalogue.MaxSize + maxOverhead
		}
		r.Body = http.MaxBytesReader(answer, r.Body, limit)
		if err := s.guarded(rt, answer, q); err != nil {
			s.fail(answer, q, rt, err)
		}
		level := s.Log.Info
		if rt.bare {
			level = s.Log.Debug // asked for each few seconds
		}
		// The pattern and not the path: there are tokens in paths.
		level("page served", "route", rt.pattern, "status", answer.status, "took", s.Now().Sub(begun).Round(time.Microsecond))
	})
}

// guarded calls the handler, unless this visitor may not go there. A panic is a
// bug of this one request.
func (s *Server) guarded(rt route, w http.ResponseWriter, q *request) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("panic: %v\n%s", p, debug.Stack())
		}
	}()
	if rt.bare {
		return rt.handle(s, w, q)
	}
	if err := s.identify(q); err != nil {
		return err
	}
	if rt.act != actPublic && !q.visitor.signedIn() {
		return errSignIn
	}
	if strings.Contains(rt.pattern, "{number}") {
		if err := s.loadTicket(q); err != nil {
			return err
		}
	}
	if !mayAct(&q.visitor, rt.act, q.ticket, nil) {
		return errNotFound
	}
	return rt.handle(s, w, q)
}

// maxMerges is how many merges are followed from a number.
const maxMerges = 20

// loadTicket reads the ticket of the path, or the one it was merged into, with
// its thread and trail. Whoever may not see it gets what she would get if it
// were not there: also if she may see the other, since she is not to learn what was
// merged into it. And who may not see the other stays on her own.
func (s *Server) loadTicket(q *request) error {
	n, err := tickets.ParseNumber(q.catalogue.Gateway.Prefix, q.PathValue("number"))
	if err != nil {
		return errNotFound
	}
	err = s.Store.View(q.Context(), func(tx *store.Tx) error {
		t, err := tx.Ticket(q.Context(), n)
		if err != nil {
			return err
		}
		if !mayAct(&q.visitor, actRead, t, nil) {
			return errNotFound
		}
		for next, i := t.MergedInto, 0; next != 0 && i < maxMerges; i++ {
			into, err := tx.Ticket(q.Context(), next)
			if err != nil {
				return err
			}
			if next = into.MergedInto; mayAct(&q.visitor, actRead, into, nil) {
				t = into
			}
		}
		if t.Messages, err = tx.Messages(q.Context(), t.Number); err != nil {
			return err
		}
		if t.Events, err = tx.Events(q.Context(), t.Number); err != nil {
			return err
		}
		q.ticket = t
		return nil
	})
	if errors.Is(err, store.ErrNotFound) {
		return errNotFound
	}
	return err
}

// answer remembers what was answered.
type answer struct {
	http.ResponseWriter
	status int
}

func (a *answer) WriteHeader(status int) {
	if a.status == 0 {
		a.status = status
	}
	a.ResponseWriter.WriteHeader(status)
}

func (a *answer) Write(b []byte) (int, error) {
	if a.status == 0 {
		a.status = http.StatusOK
	}
	return a.ResponseWriter.Write(b)
}

// Unwrap lets http.ResponseController reach the connection.
func (a *answer) Unwrap() http.ResponseWriter { return a.ResponseWriter }

// later runs f after the answer: its time must not show in the answer's. It is
// waited for at the end.
func (s *Server) later(ctx context.Context, what string, f func(context.Context) error) {
	s.background.Go(func() {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), laterTimeout)
		defer cancel()
		defer func() {
			if p := recover(); p != nil {
				s.Log.Error(what, "err", fmt.Sprintf("panic: %v\n%s", p, debug.Stack()))
			}
		}()
		if err := f(ctx); err != nil {
			s.Log.Error(what, "err", err)
		}
	})
}

const laterTimeout = 30 * time.Second
