package web

import (
	"errors"
	"net/http"
	"net/url"
	"strings"
	"time"

	"respon/tickets"
	"respon/tickets/store"
	"respon/tickets/token"
)

// questions are the form's five questions, with what is answered.
type questions struct {
	Type       tickets.Type // "" if nobody said
	Categories []option
	Blocks     answerView
	Others     answerView
	Citizens   answerView
}

// answerView is a question that is answered by yes or no.
type answerView struct {
	Name    string // of the field
	Yes, No bool
}

func newQuestions(q *request, t tickets.Type, category string, a tickets.Answers) questions {
	v := questions{Type: t, Blocks: yesOrNo("blocks_work", a.BlocksWork), Others: yesOrNo("affects_others", a.AffectsOthers), Citizens: yesOrNo("affects_citizens", a.AffectsCitizens)}
	for i := range q.catalogue.Categories {
		c := &q.catalogue.Categories[i]
		v.Categories = append(v.Categories, option{Value: c.ID, Label: c.Name(q.locale), Selected: c.ID == category})
	}
	return v
}

func yesOrNo(name string, b *bool) answerView {
	return answerView{Name: name, Yes: b != nil && *b, No: b != nil && !*b}
}

// readHints reads the answers of a form; what was left open says nothing.
func readHints(values url.Values, c *tickets.Catalogue) (h tickets.Hints) {
	h.Type = tickets.ParseType(values.Get("type"))
	if cat := c.CategoryByID(values.Get("category")); cat != nil {
		h.Category = cat.ID
	}
	answer := func(name string) *bool {
		switch values.Get(name) {
		case "yes":
			yes := true
			return &yes
		case "no":
			no := false
			return &no
		}
		return nil
	}
	h.Answers = tickets.Answers{BlocksWork: answer("blocks_work"), AffectsOthers: answer("affects_others"), AffectsCitizens: answer("affects_citizens")}
	return h
}

type formView struct {
	layout
	questions
	Action, Number, Subject string
	Rank                    string // the priority as requesters are told it
	Impact, Urgency         tickets.Level
	Done                    bool
	Gone                    bool // the link is no good, or the ticket is over
}

// formOf finds the ticket that a form's link was made for, and the participant it
// was made for.
func (s *Server) formOf(q *request) (t *tickets.Ticket, p tickets.Participant, err error) {
	key, err := s.Signer.Open(token.Form, q.PathValue("token"))
	if err != nil {
		return nil, p, store.ErrNotFound
	}
	err = s.Store.View(q.Context(), func(tx *store.Tx) error {
		n, err := tx.TicketByUID(q.Context(), key.UID)
		if err != nil {
			return err
		}
		t, err = tx.Ticket(q.Context(), n)
		return err
	})
	if err != nil {
		return nil, p, err
	}
	for _, part := range t.Participants {
		if key.For(part.Address) && t.Status.Pending() && t.MergedInto == 0 {
			return t, part, nil
		}
	}
	return nil, p, store.ErrNotFound
}

// linkPosts is how much one person may write to a ticket in an hour before the links
// of her letters, which need no sign-in, take no more of it.
const linkPosts = 20

// bounded refuses what comes by a link once too much has come.
func (s *Server) bounded(q *request, n tickets.Number, address string) error {
	var last []time.Time
	err := s.Store.View(q.Context(), func(tx *store.Tx) (err error) {
		last, err = tx.LastWritten(q.Context(), n, address, linkPosts)
		return err
	})
	if err != nil || len(last) < linkPosts {
		return err
	}
	if wait := last[linkPosts-1].Add(time.Hour).Sub(s.Now()); wait > 0 {
		return errTooMany{wait}
	}
	return nil
}

func (s *Server) formView(q *request, t *tickets.Ticket) formView {
	known := t.Type
	if !t.TypeKnown {
		known = ""
	}
	return formView{
		layout: s.layout(q, ""), questions: newQuestions(q, known, t.Category, t.Answers), Action: q.link(q.URL.EscapedPath()),
		Number: t.Number.Format(q.catalogue.Gateway.Prefix), Subject: oneLine(t.Subject),
		Rank: t.Priority.Rank(), Impact: t.Impact, Urgency: t.Urgency,
	}
}

func (s *Server) offerForm(w http.ResponseWriter, q *request) error {
	t, _, err := s.formOf(q)
	if errors.Is(err, store.ErrNotFound) {
		return s.render(w, q, http.StatusGone, "form", formView{layout: s.layout(q, ""), Gone: true})
	} else if err != nil {
		return err
	}
	return s.render(w, q, http.StatusOK, "form", s.formView(q, t))
}

// fillForm does what an answer with the form filled in does.
func (s *Server) fillForm(w http.ResponseWriter, q *request) error {
	if err := parseForm(q); err != nil {
		return err
	}
	t, p, err := s.formOf(q)
	if errors.Is(err, store.ErrNotFound) {
		return s.render(w, q, http.StatusGone, "form", formView{layout: s.layout(q, ""), Gone: true})
	} else if err != nil {
		return err
	}
	if err := s.bounded(q, t.Number, p.Address); err != nil {
		return err
	}
	h := readHints(q.PostForm, q.catalogue)
	if !h.Empty() {
		text := s.formText(q, h)
		in := tickets.Incoming{
			Arrival: tickets.Arrival{Mailbox: "web", Received: s.Now(), Key: requestKey(p.Address, t.Number, "form "+text+" "+string(t.Status)+" "+t.UpdatedAt.String())},
			Author:  tickets.Author{Person: q.catalogue.Person(p.Name, p.Address), Trust: tickets.Claimed},
			Subject: t.Subject, Text: text, Reply: text, Hints: h, Form: tickets.FormRead{Filled: true, Only: true},
			At: s.Now(), Why: "the form on the page",
		}
		in.Author.Locale = t.Requester.Locale
		if _, err := s.Desk.FollowUp(q.Context(), t.Number, in); err != nil && !errors.Is(err, store.ErrSeen) {
			return err
		}
		if t, _, err = s.formOf(q); err != nil {
			return err
		}
	}
	v := s.formView(q, t)
	v.Done = true
	return s.render(w, q, http.StatusOK, "form", v)
}

// formText writes the answers as the form's lines in a mail read.
func (s *Server) formText(q *request, h tickets.Hints) string {
	var lines []string
	add := func(question, answer string) {
		if answer != "" {
			lines = append(lines, question+": "+answer)
		}
	}
	if h.Type != "" {
		add(s.text(q, "questions.type"), s.word(q, "type", string(h.Type)))
	}
	add(s.text(q, "questions.category"), q.category(h.Category))
	for _, a := range []struct {
		key string
		yes *bool
	}{{"blocks_work", h.Answers.BlocksWork}, {"affects_others", h.Answers.AffectsOthers}, {"affects_citizens", h.Answers.AffectsCitizens}} {
		if a.yes != nil {
			word := "no"
			if *a.yes {
				word = "yes"
			}
			add(strings.Trim(s.text(q, "questions."+a.key), "¿?"), s.text(q, "questions."+word))
		}
	}
	return strings.Join(lines, "\n")
}

func (s *Server) text(q *request, key string) string {
	return s.Templates().Text(string(q.locale), "page."+key)
}
