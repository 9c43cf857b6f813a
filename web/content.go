package web

import (
	"errors"
	"net/http"
	"strings"

	"respon/tickets"
	"respon/tickets/store"
	"respon/tickets/token"
)

type contentView struct {
	layout
	Action, Number, Subject string
	Answer                  string // "yes", "no", or "" if there is none yet
	Done                    bool
	Gone                    bool // the link is no good
}

// contentOf finds the ticket that a link to the question was made for, if it was
// made for its requester.
func (s *Server) contentOf(q *request) (t *tickets.Ticket, err error) {
	key, err := s.Signer.Open(token.Content, q.PathValue("token"))
	if err != nil {
		return nil, store.ErrNotFound
	}
	err = s.Store.View(q.Context(), func(tx *store.Tx) error {
		n, err := tx.TicketByUID(q.Context(), key.UID)
		if err != nil {
			return err
		}
		if t, err = tx.Ticket(q.Context(), n); err != nil || t.MergedInto == 0 {
			return err
		}
		// She who was told of its end under this number has it still.
		into, err := tx.LastMerged(q.Context(), t.MergedInto)
		if err == nil && into.TakesPart(t.Requester.Address) {
			err = store.ErrNotFound
		}
		return err
	})
	if err == nil && (!key.For(t.Requester.Address) || t.ClosedAt != nil && !tickets.TokenCounts(*t.ClosedAt, s.Now(), false)) {
		err = store.ErrNotFound
	}
	return t, err
}

func (s *Server) contentView(q *request, t *tickets.Ticket) contentView {
	v := contentView{layout: s.layout(q, ""), Action: q.link(q.URL.EscapedPath()),
		Number: t.Number.Format(q.catalogue.Gateway.Prefix), Subject: oneLine(t.Subject)}
	if t.Satisfied != nil {
		v.Answer = "no"
		if *t.Satisfied {
			v.Answer = "yes"
		}
	}
	return v
}

func (s *Server) askContent(w http.ResponseWriter, q *request) error {
	t, err := s.contentOf(q)
	if errors.Is(err, store.ErrNotFound) {
		return s.render(w, q, http.StatusGone, "content", contentView{layout: s.layout(q, ""), Gone: true})
	} else if err != nil {
		return err
	}
	return s.render(w, q, http.StatusOK, "content", s.contentView(q, t))
}

// sayContent does what an answer by mail does.
func (s *Server) sayContent(w http.ResponseWriter, q *request) error {
	if err := parseForm(q); err != nil {
		return err
	}
	t, err := s.contentOf(q)
	if errors.Is(err, store.ErrNotFound) {
		return s.render(w, q, http.StatusGone, "content", contentView{layout: s.layout(q, ""), Gone: true})
	} else if err != nil {
		return err
	}
	answer, text := q.PostForm.Get("content"), strings.TrimSpace(q.PostForm.Get("text"))
	if answer != "yes" && answer != "no" {
		return s.render(w, q, http.StatusUnprocessableEntity, "content", s.contentView(q, t))
	}
	if err := s.bounded(q, t.Number, t.Requester.Address); err != nil {
		return err
	}
	yes := answer == "yes"
	in := tickets.Incoming{
		Arrival: tickets.Arrival{Mailbox: "web", Received: s.Now(), Key: requestKey(t.Requester.Address, t.Number, "content "+answer+" "+text+" "+t.UpdatedAt.String())},
		Author:  tickets.Author{Person: t.Requester, Trust: tickets.Claimed},
		Subject: s.text(q, "content.title") + " " + s.text(q, "content."+answer), Text: text, Reply: text, Satisfied: &yes,
		At: s.Now(), Why: "the question on the page",
	}
	if err := s.Desk.Satisfied(q.Context(), t.Number, in); err != nil && !errors.Is(err, store.ErrSeen) {
		return err
	}
	if t, err = s.contentOf(q); err != nil {
		return err
	}
	v := s.contentView(q, t)
	v.Done = true
	return s.render(w, q, http.StatusOK, "content", v)
}
