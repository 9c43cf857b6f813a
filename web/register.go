package web

import (
	"context"
	"errors"
	"net/http"
	"strings"

	"respon/tickets"
	"respon/tickets/store"
)

// maxName bounds what somebody types about herself, in characters.
const maxName = 120

type registerView struct {
	layout
	Name, Entity, Address string
	Entities              []string
	Wrong                 bool // the address is none
	Nameless              bool
	Sent                  bool
}

func (s *Server) registerView(q *request) registerView {
	v := registerView{layout: s.layout(q, "register")}
	for i := range q.catalogue.Entities {
		v.Entities = append(v.Entities, q.catalogue.Entities[i].Name)
	}
	return v
}

func (s *Server) askRegister(w http.ResponseWriter, q *request) error {
	return s.render(w, q, http.StatusOK, "register", s.registerView(q))
}

// register answers the same, and as quickly, whoever has the address and whether
// it is known: the letter is written after the answer.
func (s *Server) register(w http.ResponseWriter, q *request) error {
	if err := parseForm(q); err != nil {
		return err
	}
	v := s.registerView(q)
	v.Name, v.Entity, v.Address = short(q.PostForm.Get("name")), short(q.PostForm.Get("entity")), oneLine(q.PostForm.Get("address"))
	p := tickets.Person{Name: v.Name, Entity: v.Entity, Address: tickets.NormalAddress(v.Address), Locale: q.locale}
	v.Wrong, v.Nameless = !tickets.PlainAddress(p.Address), p.Name == ""
	if v.Wrong || v.Nameless {
		return s.render(w, q, http.StatusUnprocessableEntity, "register", v)
	}
	link, hash, err := s.secret()
	if err != nil {
		return err
	}
	ok, wait, err := s.Desk.AskRegister(q.Context(), p, sourceOf(q.Request), hash)
	if err != nil {
		return err
	}
	if wait > 0 {
		return errTooMany{wait}
	}
	if ok {
		s.later(q.Context(), "registration link was not sent", func(ctx context.Context) error {
			return s.Desk.SendRegister(ctx, p, link)
		})
	}
	v.Sent = true
	return s.render(w, q, http.StatusOK, "register", v)
}

// short makes what somebody typed one line of bearable length.
func short(s string) string {
	s = strings.TrimSpace(oneLine(s))
	if r := []rune(s); len(r) > maxName {
		s = string(r[:maxName])
	}
	return s
}

// confirm ends a registration, or releases the mails that are held until their
// sender confirms her address.
func (s *Server) confirm(w http.ResponseWriter, q *request) error {
	link, err := hashOf(q.PathValue("token"))
	if err != nil {
		return s.confirmHeld(w, q)
	}
	err = s.begin(w, q, func(session []byte) (string, error) {
		address, err := s.Desk.Registered(q.Context(), link, session)
		if err == nil {
			err = s.Release(q.Context(), address)
		}
		return address, err
	})
	if errors.Is(err, store.ErrNotFound) {
		return s.confirmHeld(w, q)
	}
	return err
}
