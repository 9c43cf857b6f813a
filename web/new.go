package web

import (
	"errors"
	"net/http"
	"strings"

	"respon/tickets"
	"respon/tickets/store"
)

type newView struct {
	layout
	questions
	Subject, Text, Key, Limit string
	NoSubject, NoText         bool
	FilesLost                 bool
	Refused                   string // names of files that are not taken
}

// mayOpen reports whether the visitor may open tickets: an outsider who was only
// copied in on one may not, where that is for listed entities.
func mayOpen(q *request) bool {
	c := q.catalogue
	return c.Policy != tickets.PolicyEntities || c.EntityOf(q.visitor.address) != nil || q.visitor.technician != nil
}

func (s *Server) offerNew(w http.ResponseWriter, q *request) error {
	if !mayOpen(q) {
		return errNotFound
	}
	key, _, err := s.secret()
	if err != nil {
		return err
	}
	v := newView{layout: s.layout(q, "new"), questions: newQuestions(q, "", "", tickets.Answers{}), Key: key, Limit: length(q.catalogue.MaxSize)}
	return s.render(w, q, http.StatusOK, "new", v)
}

// open opens a ticket as a mail would. The acknowledgement comes by mail, too.
func (s *Server) open(w http.ResponseWriter, q *request) error {
	if !mayOpen(q) {
		return errNotFound
	}
	select {
	case s.uploads <- struct{}{}:
		defer func() { <-s.uploads }()
	default:
		return errBusy
	}
	p, err := readReply(q)
	if err != nil {
		return err
	}
	subject, h := short(p.values.Get("subject")), readHints(p.values, q.catalogue)
	v := newView{
		layout: s.layout(q, "new"), questions: newQuestions(q, h.Type, h.Category, h.Answers), Limit: length(q.catalogue.MaxSize),
		Subject: subject, Text: p.text, NoSubject: subject == "", NoText: p.text == "", Key: p.key, FilesLost: len(p.files) > 0, Refused: refused(q, p.files),
	}
	if v.NoSubject || v.NoText || v.Refused != "" {
		return s.render(w, q, http.StatusUnprocessableEntity, "new", v)
	}
	if p.key == "" {
		if p.key, _, err = s.secret(); err != nil {
			return err
		}
	}
	name := ""
	if err := s.Store.View(q.Context(), func(tx *store.Tx) error {
		person, _, err := tx.Person(q.Context(), q.visitor.address)
		name = person.Name
		if errors.Is(err, store.ErrNotFound) {
			return nil
		}
		return err
	}); err != nil {
		return err
	}
	in := tickets.Incoming{
		Arrival: tickets.Arrival{Mailbox: "web", Received: s.Now(), Key: requestKey(q.visitor.address, 0, p.key)},
		Author:  q.author(name), Subject: strings.TrimSpace(subject), Text: p.text, Reply: p.text, Attachments: p.files, Hints: h,
		At: s.Now(), Why: "written on the page",
	}
	in.MessageID = in.Key[len(keyPrefix):len(keyPrefix)+32] + ".web@" + tickets.DomainOf(q.catalogue.Gateway.Address)
	if err := s.withFiles(q, &in, p.files); err != nil {
		return err
	}
	t, err := s.Desk.Open(q.Context(), in)
	if errors.Is(err, store.ErrSeen) {
		http.Redirect(w, q.Request, q.link("/tickets"), http.StatusSeeOther)
		return nil
	} else if err != nil {
		return err
	}
	http.Redirect(w, q.Request, q.link("/tickets/"+t.Number.Format(q.catalogue.Gateway.Prefix)+"?sent=1#end"), http.StatusSeeOther)
	return nil
}
