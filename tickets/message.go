package tickets

import "time"

// Direction of a message, seen from the gateway.
type Direction string

// The directions.
const (
	In  Direction = "in"
	Out Direction = "out"
)

// MessageKind is what a message is to its ticket.
type MessageKind string

// The kinds of messages.
const (
	KindRequest   MessageKind = "request"
	KindReply     MessageKind = "reply"
	KindNote      MessageKind = "note"
	KindAck       MessageKind = "ack"
	KindForm      MessageKind = "form"
	KindNotice    MessageKind = "notice"
	KindBounce    MessageKind = "bounce"
	KindAutoReply MessageKind = "auto_reply"
)

// Message is one entry of a ticket's thread.
type Message struct {
	ID         int64
	Ticket     Number
	Direction  Direction
	Kind       MessageKind
	Author     Person
	Technician string // id, if a technician wrote it
	MessageID  string // without <>
	InReplyTo  string
	References []string
	ReceivedAt time.Time
	Subject    string
	Text       string // all of it
	Reply      string // what is new in it
	Trust      Trust
	// Internal messages are for technicians: notes, and mails that reached the
	// ticket from somebody who has no part in it. No requester ever sees one.
	Internal    bool
	RawSHA      []byte // key of the raw mail; nil for messages from the page
	Attachments []Attachment
}

// Attachment describes a file of a message. Its bytes lie in the raw mail.
type Attachment struct {
	Filename    string `json:"filename"`
	ContentType string `json:"content_type"`
	Size        int64  `json:"size"`
	SHA256      string `json:"sha256"` // hex
	Inline      bool   `json:"-"`
	ContentID   string `json:"-"`
	Part        string `json:"-"` // part number in the raw mail, "2.1"
	Data        []byte `json:"-"` // only on the way in
}
