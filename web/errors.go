package web

import (
	"errors"
	"net/http"
	"strconv"
	"time"

	"respon/tickets/store"
)

// Errors of handlers, each with a page of its own.
var (
	errNotFound    = errors.New("no such page")
	errSignIn      = errors.New("not signed in")
	errCrossOrigin = errors.New("the request comes from another site")
	errBadForm     = errors.New("the form cannot be read")
	errBusy        = errors.New("too many uploads at the same time")
)

// errTooMany says that somebody asked too often.
type errTooMany struct{ wait time.Duration }

func (e errTooMany) Error() string { return "too many requests; wait " + e.wait.String() }

// retryAfter is when a page that could not be shown is worth another try.
const retryAfter = 30 * time.Second

// fail turns an error into a page. What went wrong inside is logged and not
// shown.
func (s *Server) fail(w *answer, q *request, rt route, err error) {
	if w.status != 0 {
		// Half an answer is out: all that can be done is to end it.
		s.Log.Warn("answer was cut off", "route", rt.pattern, "err", err)
		return
	}
	if errors.Is(err, errSignIn) {
		rememberTicket(w, q)
		http.Redirect(w, q.Request, q.link("/login"), http.StatusSeeOther)
		return
	}
	status, reason, wait := classify(err)
	if wait > 0 {
		w.Header().Set("Retry-After", strconv.Itoa(int(wait.Seconds())))
	}
	switch {
	case q.Context().Err() != nil:
		s.Log.Info("nobody waits for the answer any more", "route", rt.pattern, "err", err)
	case status >= http.StatusInternalServerError && !errors.Is(err, errBusy):
		s.Log.Error("page failed", "route", rt.pattern, "err", err)
	case errors.Is(err, errCrossOrigin):
		s.Log.Warn("request from another site refused", "route", rt.pattern)
	}
	view := errorView{layout: s.layout(q, ""), Reason: reason, Minutes: int((wait + time.Minute - 1) / time.Minute)}
	if err := s.render(w, q, status, "error", view); err != nil {
		s.Log.Error("error page failed", "route", rt.pattern, "err", err)
		http.Error(w, http.StatusText(status), status)
	}
}

// classify gives the status of an error, the reason as the page's texts name
// it, and when to try again.
func classify(err error) (status int, reason string, wait time.Duration) {
	var tooLarge *http.MaxBytesError
	var tooMany errTooMany
	switch {
	case errors.Is(err, errNotFound):
		return http.StatusNotFound, "not_found", 0
	case errors.Is(err, errCrossOrigin):
		return http.StatusForbidden, "cross_origin", 0
	case errors.As(err, &tooLarge):
		return http.StatusRequestEntityTooLarge, "too_large", 0
	case errors.Is(err, errBadForm):
		return http.StatusBadRequest, "bad_form", 0
	case errors.As(err, &tooMany):
		return http.StatusTooManyRequests, "too_many", tooMany.wait
	case errors.Is(err, errBusy), store.Temporary(err):
		return http.StatusServiceUnavailable, "unavailable", retryAfter
	default:
		return http.StatusInternalServerError, "internal", 0
	}
}

type errorView struct {
	layout
	Reason  string
	Minutes int
}
