package web

import (
	"context"
	"errors"
	"net/http"
	"slices"

	"respon/tickets"
	"respon/tickets/store"
	"respon/tickets/token"
)

type loginView struct {
	layout
	Demo    []DemoUser
	Entered string // the address as it was typed
	Wrong   bool   // it is no address
	Sent    bool
}

func (s *Server) askLogin(w http.ResponseWriter, q *request) error {
	return s.render(w, q, http.StatusOK, "login", loginView{layout: s.layout(q, "login"), Demo: s.DemoUsers})
}

// sendLogin answers the same, and as quickly, whether it knows the address or
// not: the letter is written after the answer.
func (s *Server) sendLogin(w http.ResponseWriter, q *request) error {
	if err := parseForm(q); err != nil {
		return err
	}
	view := loginView{layout: s.layout(q, "login"), Demo: s.DemoUsers, Entered: oneLine(q.PostForm.Get("address"))}
	address := tickets.NormalAddress(q.PostForm.Get("address"))
	if !tickets.PlainAddress(address) {
		view.Wrong = true
		return s.render(w, q, http.StatusUnprocessableEntity, "login", view)
	}
	link, hash, err := s.secret()
	if err != nil {
		return err
	}
	wait, err := s.Desk.AskLogin(q.Context(), address, sourceOf(q.Request), hash)
	if err != nil {
		return err
	}
	if wait > 0 {
		return errTooMany{wait}
	}
	s.later(q.Context(), "login link was not sent", func(ctx context.Context) error {
		return s.Desk.SendLogin(ctx, address, link)
	})
	view.Sent = true
	return s.render(w, q, http.StatusOK, "login", view)
}

// buttonView is a page with one button, for what a link in a mail may do only
// when a person presses it.
type buttonView struct {
	layout
	Action string
	Done   bool
	Failed bool // the link is not, or no longer, good
}

func (s *Server) offerLogin(w http.ResponseWriter, q *request) error {
	return s.render(w, q, http.StatusOK, "login_link", buttonView{layout: s.layout(q, ""), Action: q.link(q.URL.EscapedPath())})
}

func (s *Server) login(w http.ResponseWriter, q *request) error {
	link, err := hashOf(q.PathValue("token"))
	if err == nil {
		err = s.begin(w, q, func(session []byte) (string, error) { return s.Desk.Login(q.Context(), link, session) })
	}
	if errors.Is(err, store.ErrNotFound) {
		return s.render(w, q, http.StatusGone, "login_link", buttonView{layout: s.layout(q, ""), Failed: true})
	}
	return err
}

// begin begins a session, under a new cookie: one that somebody planted before
// is worth nothing.
func (s *Server) begin(w http.ResponseWriter, q *request, signIn func(session []byte) (string, error)) error {
	cookie, session, err := s.secret()
	if err != nil {
		return err
	}
	address, err := signIn(session)
	if err != nil {
		return err
	}
	if q.session != nil {
		if err := s.Desk.Logout(q.Context(), q.session); err != nil {
			s.Log.Warn("former session was not ended", "err", err)
		}
	}
	setCookie(w, q.catalogue, cookie)
	home := "/tickets"
	if q.catalogue.TechnicianByAddress(address) != nil {
		home = "/queue"
	}
	if wanted := wantedTicket(w, q); wanted != "" {
		home = wanted
	}
	http.Redirect(w, q.Request, q.link(home), http.StatusSeeOther)
	return nil
}

func (s *Server) logout(w http.ResponseWriter, q *request) error {
	if q.session != nil {
		if err := s.Desk.Logout(q.Context(), q.session); err != nil {
			return err
		}
	}
	setCookie(w, q.catalogue, "")
	http.Redirect(w, q.Request, q.link("/"), http.StatusSeeOther)
	return nil
}

// demoLogin lets the people of the demo in by a click. Its route exists in a
// demo only.
func (s *Server) demoLogin(w http.ResponseWriter, q *request) error {
	if err := parseForm(q); err != nil {
		return err
	}
	address := tickets.NormalAddress(q.PostForm.Get("address"))
	if !slices.ContainsFunc(s.DemoUsers, func(u DemoUser) bool { return tickets.NormalAddress(u.Address) == address }) {
		return errNotFound
	}
	return s.begin(w, q, func(session []byte) (string, error) {
		return address, s.Desk.BeginSession(q.Context(), session, address)
	})
}

func (s *Server) offerConfirm(w http.ResponseWriter, q *request) error {
	return s.render(w, q, http.StatusOK, "confirm", buttonView{layout: s.layout(q, ""), Action: q.link(q.URL.EscapedPath())})
}

func (s *Server) confirmHeld(w http.ResponseWriter, q *request) error {
	view := buttonView{layout: s.layout(q, "")}
	err := s.Confirm(q.Context(), q.PathValue("token"))
	if errors.Is(err, token.ErrInvalid) || errors.Is(err, store.ErrNotFound) {
		view.Failed = true
		return s.render(w, q, http.StatusGone, "confirm", view)
	} else if err != nil {
		return err
	}
	view.Done = true
	return s.render(w, q, http.StatusOK, "confirm", view)
}

// parseForm reads a form without files.
func parseForm(q *request) error {
	if err := q.ParseForm(); err != nil {
		return errors.Join(errBadForm, err)
	}
	return nil
}
