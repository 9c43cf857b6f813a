package ingest

import "strings"

// Kinds of mails; the first that holds, in this order.
const (
	KindBounce    = "bounce"
	KindReport    = "report"
	KindAutoReply = "auto_reply"
	KindBulk      = "bulk"
	KindReply     = "reply"
	KindNew       = "new"
)

// Message is what a mail says. Its JSON is what respon parse prints. All
// strings are valid UTF-8; lists may be empty and are never nil.
type Message struct {
	MessageID     *string      `json:"message_id"`
	InReplyTo     *string      `json:"in_reply_to"`
	References    []string     `json:"references"`
	From          *Address     `json:"from"`
	To            []Address    `json:"to"`
	Cc            []Address    `json:"cc"`
	ReplyTo       []Address    `json:"reply_to"`
	Subject       string       `json:"subject"`
	Date          *string      `json:"date"`
	Kind          string       `json:"kind"`
	AutoSubmitted bool         `json:"auto_submitted"`
	Bounce        *Bounce      `json:"bounce"`
	Text          string       `json:"text"`
	Reply         string       `json:"reply"`
	Attachments   []Attachment `json:"attachments"`
	Tags          Tags         `json:"tags"`
	Away          *Away        `json:"away"` // of an automatic answer; nil where it does not say
	// Listed: a list passed it on, which a person may have written to.
	Listed   bool     `json:"-"`
	Problems []string `json:"problems"`

	// Header holds the fields as they came, in their order.
	Header Header `json:"-"`
	// FromExact: there is exactly one From field with exactly one plain
	// address, in every reader's eyes. Only then does From say who wrote it.
	FromExact bool `json:"-"`
	// SubjectPlain is the subject without prefixes and without tags that were
	// understood: the ticket's subject.
	SubjectPlain string `json:"-"`
	HTML         string `json:"-"` // the HTML text as it came, decoded
	// Calendar tells what an invitation says: what, when, where, by whom. It
	// stands in Text, too, where the mail has no other.
	Calendar string `json:"-"`
}

// Address of a person.
type Address struct {
	Name    string `json:"name"`
	Address string `json:"address"`
}

// Attachment is a part that is not the text shown.
type Attachment struct {
	Filename    string  `json:"filename"`
	ContentType string  `json:"content_type"`
	Size        int64   `json:"size"`
	SHA256      string  `json:"sha256"`
	Inline      bool    `json:"inline"`
	ContentID   *string `json:"content_id"`
	Part        string  `json:"-"` // "2.1"; Part finds it again
	Data        []byte  `json:"-"`
}

// ContentIDString is the content id, "" if there is none.
func (a *Attachment) ContentIDString() string {
	if a.ContentID == nil {
		return ""
	}
	return *a.ContentID
}

// Tags are what the subject says in brackets or behind #; nil where it says
// nothing, or two things that contradict each other.
type Tags struct {
	Category *string `json:"category"`
	Impact   *string `json:"impact"`
	Type     *string `json:"type"`
	Ticket   *string `json:"ticket"`

	Suggestion bool `json:"-"` // of a request: it only suggests something
}

// Bounce is a report on the delivery of one mail.
type Bounce struct {
	Recipients        []BounceRecipient `json:"recipients"`
	OriginalMessageID *string           `json:"original_message_id"`
}

// BounceRecipient is one recipient that was reported on (RFC 3464, section 2.3).
type BounceRecipient struct {
	Address    string  `json:"address"`
	Status     *string `json:"status"`
	Action     string  `json:"action"`
	Diagnostic string  `json:"diagnostic"`
	Reason     string  `json:"reason"`
}

// Header is the fields of a mail in their order.
type Header []Field

// Field is one header field, unfolded and not decoded.
type Field struct{ Name, Value string }

// Values gives all values of a field, topmost first.
func (h Header) Values(name string) (values []string) {
	for _, f := range h {
		if strings.EqualFold(f.Name, name) {
			values = append(values, f.Value)
		}
	}
	return values
}

// Get gives the topmost value of a field, "" if there is none.
func (h Header) Get(name string) string {
	for _, f := range h {
		if strings.EqualFold(f.Name, name) {
			return f.Value
		}
	}
	return ""
}

// Said gives the topmost value of a field that is not empty: programs add fields
// to mails that have them already, and one of the two may say nothing.
func (h Header) Said(name string) string {
	for _, f := range h {
		if f.Value != "" && strings.EqualFold(f.Name, name) {
			return f.Value
		}
	}
	return ""
}

// Recipients gives the addresses in a field.
func (m *Message) Recipients(field string) (list []string) {
	for _, v := range m.Header.Values(field) {
		for _, a := range parseAddresses(v) {
			list = append(list, a.Address)
		}
	}
	return list
}
