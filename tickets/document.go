package tickets

import "time"

// Document is a ticket as the commands print it in JSON.
type Document struct {
	Number         string        `json:"number"`
	Type           Type          `json:"type"`
	Status         Status        `json:"status"`
	Subject        string        `json:"subject"`
	Category       *string       `json:"category"`
	Impact         Level         `json:"impact"`
	Urgency        Level         `json:"urgency"`
	Priority       Priority      `json:"priority"`
	Answers        Answers       `json:"answers"`
	Requester      Person        `json:"requester"`
	Participants   []Participant `json:"participants"`
	Technician     *string       `json:"technician"`
	CreatedAt      time.Time     `json:"created_at"`
	UpdatedAt      time.Time     `json:"updated_at"`
	FirstAnswerDue *time.Time    `json:"first_answer_due"`
	ResolutionDue  *time.Time    `json:"resolution_due"`
	MergedInto     *string       `json:"merged_into"`
	Links          []LinkEntry   `json:"links"`
}

// FullDocument is a Document with the ticket's thread and audit trail.
type FullDocument struct {
	Document
	Messages []MessageEntry `json:"messages"`
	Events   []Event        `json:"events"`
}

// LinkEntry is a link in JSON.
type LinkEntry struct {
	Number string   `json:"number"`
	Kind   LinkKind `json:"kind"`
}

// MessageEntry is a message in JSON.
type MessageEntry struct {
	ID          int64        `json:"id"`
	Direction   Direction    `json:"direction"`
	Kind        MessageKind  `json:"kind"`
	Author      Person       `json:"author"`
	MessageID   string       `json:"message_id"`
	ReceivedAt  time.Time    `json:"received_at"`
	Subject     string       `json:"subject"`
	Text        string       `json:"text"`
	Reply       string       `json:"reply"`
	Attachments []Attachment `json:"attachments"`
	Trust       Trust        `json:"trust"`
}

// Document gives the ticket as JSON shows it. Lists are empty, never null.
func (t *Ticket) Document(prefix string) Document {
	d := Document{
		Number: t.Number.Format(prefix), Type: t.Type.Filed(), Status: t.Status, Subject: t.Subject,
		Category: orNull(t.Category), Impact: t.Impact, Urgency: t.Urgency, Priority: t.Priority, Answers: t.Answers,
		Requester: t.Requester, Participants: append([]Participant{}, t.Participants...), Technician: orNull(t.Technician),
		CreatedAt: t.CreatedAt, UpdatedAt: t.UpdatedAt, FirstAnswerDue: t.FirstAnswerDue, ResolutionDue: t.ResolutionDue,
		Links: []LinkEntry{},
	}
	if t.MergedInto != 0 {
		number := t.MergedInto.Format(prefix)
		d.MergedInto = &number
	}
	for _, l := range t.Links {
		d.Links = append(d.Links, LinkEntry{Number: l.Number.Format(prefix), Kind: l.Kind})
	}
	return d
}

// FullDocument gives the ticket with messages and events.
func (t *Ticket) FullDocument(prefix string) FullDocument {
	d := FullDocument{Document: t.Document(prefix), Messages: []MessageEntry{}, Events: append([]Event{}, t.Events...)}
	for _, m := range t.Messages {
		d.Messages = append(d.Messages, MessageEntry{
			ID: m.ID, Direction: m.Direction, Kind: m.Kind, Author: m.Author, MessageID: m.MessageID,
			ReceivedAt: m.ReceivedAt, Subject: m.Subject, Text: m.Text, Reply: m.Reply, Trust: m.Trust,
			Attachments: append([]Attachment{}, m.Attachments...),
		})
	}
	return d
}

func orNull(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}
