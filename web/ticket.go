package web

import (
	"errors"
	"mime"
	"net/http"
	"slices"
	"strconv"
	"time"

	"respon/tickets"
	"respon/tickets/store"
)

type ticketView struct {
	layout
	Number   string
	URL      string
	Subject  string
	Status   statusView
	Type     tickets.Type // "" until known
	Category string
	Priority tickets.Priority
	Created  moment
	Updated  moment

	Requester    string
	Entity       string
	Participants []personView
	Technician   string
	Links        []linkView

	Messages []messageView
	Reply    replyView
	Limit    string // of its files
	Sent     bool

	// For technicians alone.
	Audit          bool
	Due            due
	FirstAnswerDue moment
	ResolutionDue  moment
	Impact         tickets.Level
	Urgency        tickets.Level
	Events         []eventView
}

// personView is somebody in a ticket. Address is empty where the reader has no
// business with it.
type personView struct {
	Name, Address string
	Role          tickets.Role
}

type linkView struct {
	Number, URL, Kind string
}

type messageView struct {
	ID       int64
	Who      personView
	Kind     string
	Side     string // requester, technician, gateway
	At       moment
	Text     string
	Whole    string // with all that was quoted; for technicians
	Folded   bool   // a machine's letter, of which the beginning is enough
	Internal bool
	Trust    tickets.Trust // for technicians
	Files    []fileView
}

type fileView struct {
	Name, Type, URL, Length string
}

type eventView struct {
	At     moment
	Actor  string
	Kind   string
	Detail string
}

func (s *Server) showTicket(w http.ResponseWriter, q *request) error {
	reply, err := s.newReply()
	if err != nil {
		return err
	}
	return s.renderTicket(w, q, http.StatusOK, reply)
}

func (s *Server) renderTicket(w http.ResponseWriter, q *request, status int, reply replyView) error {
	t := q.ticket
	audit := mayAct(&q.visitor, actAudit, t, nil)
	number := t.Number.Format(q.catalogue.Gateway.Prefix)
	v := ticketView{
		layout: s.layout(q, "tickets"), Number: number, URL: "/tickets/" + number, Subject: oneLine(t.Subject),
		Status: q.status(t), Category: q.category(t.Category), Priority: t.Priority,
		Created: q.moment(t.CreatedAt), Updated: q.moment(t.UpdatedAt),
		Requester: q.requester(t, audit), Entity: t.Requester.Entity, Technician: q.technician(t.Technician),
		Reply: reply, Limit: length(q.catalogue.MaxSize), Sent: q.URL.Query().Get("sent") != "", Audit: audit,
	}
	if t.TypeKnown {
		v.Type = t.Type
	}
	v.Reply.Technician = mayAct(&q.visitor, actAnswer, t, nil)
	for _, p := range t.Participants {
		v.Participants = append(v.Participants, q.participant(p, audit))
	}
	for i := range t.Messages {
		if m := &t.Messages[i]; mayAct(&q.visitor, actMessage, t, m) {
			v.Messages = append(v.Messages, s.message(q, m, v.URL, audit))
		}
	}
	if audit {
		s.auditView(q, &v)
	}
	return s.render(w, q, status, "ticket", v)
}

// auditView adds what technicians see.
func (s *Server) auditView(q *request, v *ticketView) {
	t := q.ticket
	v.Page, v.Impact, v.Urgency, v.Due = "queue", t.Impact, t.Urgency, q.due(t, s.Now())
	for at, to := range map[*time.Time]*moment{t.FirstAnswerDue: &v.FirstAnswerDue, t.ResolutionDue: &v.ResolutionDue} {
		if at != nil {
			*to = q.moment(*at)
		}
	}
	for _, l := range t.Links {
		number := l.Number.Format(q.catalogue.Gateway.Prefix)
		v.Links = append(v.Links, linkView{Number: number, URL: "/tickets/" + number, Kind: s.word(q, "link", string(l.Kind))})
	}
	for _, e := range t.Events {
		v.Events = append(v.Events, eventView{At: q.moment(e.At), Actor: oneLine(e.Actor), Kind: s.word(q, "event", string(e.Kind)), Detail: oneLine(e.Detail)})
	}
}

// participant shows who takes part. A technician's own address is shown to
// technicians alone.
func (q *request) participant(p tickets.Participant, audit bool) personView {
	v := personView{Name: oneLine(p.Name), Address: p.Address, Role: p.Role}
	if tech := q.catalogue.TechnicianByAddress(p.Address); tech != nil && !audit {
		v.Name, v.Address = tech.Name, ""
	}
	return v
}

// requester names who asked; a technician's own address is not for others.
func (q *request) requester(t *tickets.Ticket, audit bool) string {
	p := q.participant(tickets.Participant{Name: t.Requester.Name, Address: t.Requester.Address}, audit)
	return named(p.Name, p.Address)
}

func named(name, address string) string {
	if name = oneLine(name); name != "" {
		return name
	}
	return address
}

// message shows one message. Requesters see what is new in it: all of a
// technician's mail holds the notice that it answers, with her address.
func (s *Server) message(q *request, m *tickets.Message, ticketURL string, audit bool) messageView {
	v := messageView{
		ID: m.ID, Kind: s.word(q, "kind", string(m.Kind)), At: q.moment(m.ReceivedAt), Internal: m.Internal, Text: m.Reply,
		Who: personView{Name: oneLine(m.Author.Name)},
	}
	switch {
	case m.Direction == tickets.Out:
		v.Side, v.Folded, v.Text = "gateway", true, m.Text
		v.Who.Name = q.catalogue.Gateway.Name
	case m.Technician != "":
		v.Side = "technician"
		if tech := q.catalogue.TechnicianByID(m.Technician); tech != nil {
			v.Who.Name = tech.Name
		} else if v.Who.Name == "" {
			v.Who.Name = q.catalogue.Gateway.Name
		}
	default:
		v.Side = "requester"
		v.Who = q.participant(tickets.Participant{Name: m.Author.Name, Address: m.Author.Address}, audit)
		if v.Text == "" {
			v.Text = m.Text
		}
	}
	if audit {
		v.Trust = m.Trust
		if m.Direction == tickets.In {
			v.Who.Address = m.Author.Address
		}
		if m.Text != v.Text {
			v.Whole = m.Text
		}
	}
	for _, a := range m.Attachments {
		v.Files = append(v.Files, fileView{
			Name: oneLine(a.Filename), Type: oneLine(a.ContentType), Length: length(a.Size),
			URL: ticketURL + "/files/" + strconv.FormatInt(m.ID, 10) + "/" + a.Part,
		})
	}
	return v
}

// file gives an attachment, read back out of the raw mail. It is never shown
// in the browser, whatever it says it is.
func (s *Server) file(w http.ResponseWriter, q *request) error {
	id, err := strconv.ParseInt(q.PathValue("message"), 10, 64)
	if err != nil {
		return errNotFound
	}
	at := slices.IndexFunc(q.ticket.Messages, func(m tickets.Message) bool { return m.ID == id })
	if at < 0 || !mayAct(&q.visitor, actMessage, q.ticket, &q.ticket.Messages[at]) {
		return errNotFound
	}
	m := &q.ticket.Messages[at]
	at = slices.IndexFunc(m.Attachments, func(a tickets.Attachment) bool { return a.Part == q.PathValue("part") })
	if at < 0 || len(m.RawSHA) == 0 {
		return errNotFound
	}
	var raw []byte
	err = s.Store.View(q.Context(), func(tx *store.Tx) (err error) {
		raw, err = tx.Raw(q.Context(), m.RawSHA)
		return err
	})
	if err != nil {
		return err
	}
	data, err := s.Part(raw, m.Attachments[at].Part)
	if err != nil {
		return err
	}
	return s.sendFile(w, &m.Attachments[at], data)
}

func (s *Server) sendFile(w http.ResponseWriter, a *tickets.Attachment, data []byte) error {
	h := w.Header()
	h.Set("Content-Security-Policy", filePolicy)
	h.Set("Content-Type", harmless(a.ContentType))
	name := oneLine(a.Filename)
	if name == "" {
		name = "file"
	}
	h.Set("Content-Disposition", mime.FormatMediaType("attachment", map[string]string{"filename": name}))
	h.Set("Content-Length", strconv.Itoa(len(data)))
	err := http.NewResponseController(w).SetWriteDeadline(s.Now().Add(writeFileTimeout))
	if err != nil && !errors.Is(err, http.ErrNotSupported) {
		return err
	}
	_, err = w.Write(data)
	return err
}

// harmless keeps the types in which a browser runs nothing; all others are
// just bytes.
func harmless(contentType string) string {
	t, _, err := mime.ParseMediaType(contentType)
	if err != nil {
		t = ""
	}
	switch t {
	case "image/png", "image/jpeg", "image/gif", "image/webp", "application/pdf":
		return t
	}
	return "application/octet-stream"
}
