package tickets

import "time"

// LetterKind is the occasion of a letter.
type LetterKind string

// The letters. Those to technicians are called notices.
const (
	LetterAck      LetterKind = "ack"      // requester: we have it, this is its number
	LetterAnswer   LetterKind = "answer"   // requester: a technician's words
	LetterForm     LetterKind = "form"     // requester: what her filled-in form changed
	LetterResolved LetterKind = "resolved" // requester: it is resolved
	LetterConfirm  LetterKind = "confirm"  // somebody unknown: is this address yours?
	LetterRefusal  LetterKind = "refusal"  // an outsider: who may write, and the phone
	LetterTooBig   LetterKind = "too_big"  // sender: the mail was over the limit
	LetterLogin    LetterKind = "login"    // anybody known: the link asked for

	NoticeAssigned   LetterKind = "assigned"   // technician: yours now
	NoticeFollowUp   LetterKind = "follow_up"  // technician: something came in
	NoticeBounce     LetterKind = "bounce"     // technician: a letter came back or failed
	NoticeCommand    LetterKind = "command"    // technician: nothing was done, and why
	NoticeHelp       LetterKind = "help"       // technician: the commands
	NoticeUnverified LetterKind = "unverified" // technician: a mail in her name was not believed
)

// File is an attachment that a letter passes on.
type File struct {
	Name        string
	ContentType string
	ContentID   string
	Data        []byte
}

// Letter is what we decide to say; the mailer turns it into a Mail.
type Letter struct {
	Kind   LetterKind
	To     Person
	Locale Locale
	Ticket *Ticket // nil for letters about no ticket
	About  *Message
	// Author is the technician whose words an answer passes on.
	Author *Technician
	Text   string // words passed on, or told of
	Files  []File
	Asks   Questions // what the form is to ask
	Form   FormRead  // what is to be said about the form that was filled in
	// InReplyTo and References thread the mail in its reader's client.
	InReplyTo  string
	References []string
	Subject    string // of the mail answered, where there is no ticket
	Problems   []CommandProblem
	Token      string // for a link or an answer: login, confirmation
	MaxSize    int64
	// Recipient and Failure tell of a letter that did not arrive.
	Recipient string
	Failure   string
	Internal  bool // the message told of is for technicians alone
	At        time.Time
}

// Mail is a letter made ready to be sent, byte for byte.
type Mail struct {
	MessageID string
	From      string // envelope sender
	To        string // envelope recipient
	Subject   string
	Raw       []byte // RFC 5322, CRLF
	Text      string // its text part, for the ticket's thread
}

// Automatic reports whether the letter is a machine's own; a technician's words
// passed on are not. Automatic letters are marked as such (RFC 3834) and count
// towards the limit of their recipient.
func (l *Letter) Automatic() bool {
	return l.Kind != LetterAnswer && (l.Kind != LetterResolved || l.Text == "")
}

// Notice reports whether the letter goes to a technician.
func (k LetterKind) Notice() bool {
	switch k {
	case NoticeAssigned, NoticeFollowUp, NoticeBounce, NoticeCommand, NoticeHelp, NoticeUnverified:
		return true
	}
	return false
}
