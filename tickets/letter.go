package tickets

import "time"

// LetterKind is the occasion of a letter.
type LetterKind string

// The letters. Those to technicians are called notices.
const (
	LetterAdded    LetterKind = "added"    // requester: somebody of elsewhere takes part now
	LetterAck      LetterKind = "ack"      // requester: we have it, this is its number
	LetterAnswer   LetterKind = "answer"   // requester: a technician's words
	LetterForm     LetterKind = "form"     // requester: what her filled-in form changed
	LetterResolved LetterKind = "resolved" // requester: it is resolved
	LetterReminder LetterKind = "reminder" // requester: we wait for her answer
	LetterConfirm  LetterKind = "confirm"  // somebody unknown: is this address yours?
	LetterRefusal  LetterKind = "refusal"  // an outsider: who may write, and the phone
	LetterTooBig   LetterKind = "too_big"  // sender: the mail was over the limit
	LetterLogin    LetterKind = "login"    // anybody known: the link asked for
	LetterRegister LetterKind = "register" // anybody: the link that ends a registration
	LetterGuide    LetterKind = "guide"    // who asked for help: how this works
	LetterStatus   LetterKind = "status"   // who asked: how her tickets stand
	LetterFound    LetterKind = "found"    // who searched: her tickets with these words
	LetterFiles    LetterKind = "files"    // sender: which attachments were not taken
	LetterLocale   LetterKind = "locale"   // who changed it: the language from now on

	NoticeAssigned   LetterKind = "assigned"    // technician: yours now
	NoticeUnassigned LetterKind = "unassigned"  // default technicians: nobody has it
	NoticeTaken      LetterKind = "taken"       // technician: it was yours, and is somebody else's now
	NoticeFollowUp   LetterKind = "follow_up"   // technician: something came in
	NoticeBounce     LetterKind = "bounce"      // technician: a letter came back or failed
	NoticeCommand    LetterKind = "command"     // technician: nothing was done, and why
	NoticeHelp       LetterKind = "help"        // technician: the commands
	NoticeUnverified LetterKind = "unverified"  // technician: a mail in her name was not believed
	NoticeLimited    LetterKind = "limited"     // technician: somebody gets no automatic letters for a while
	NoticeReceipt    LetterKind = "receipt"     // technician: what his commands did
	NoticeState      LetterKind = "state"       // technician: how a ticket stands, or which are his
	NoticeWarning    LetterKind = "sla_warning" // technician: a target is near
	NoticeBreach     LetterKind = "sla_breach"  // technician: a target was missed
	NoticeMass       LetterKind = "mass"        // technicians of a category: many report the same
	NoticeEscalation LetterKind = "escalation"  // whom the operator named: a target was missed
	NoticeDigest     LetterKind = "digest"      // technician: his pending tickets, of a morning
	NoticeQuarantine LetterKind = "quarantine"  // operators: what could not be processed
	NoticeDecided    LetterKind = "decided"     // operators: what became of it by their answer
	NoticeReport     LetterKind = "report"      // whom the operator named: the figures of a week
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
	Cc     []Person // who get the same mail; everybody sees everybody
	Locale Locale
	Ticket *Ticket // nil for letters about no ticket
	About  *Message
	// Author is the technician whose words an answer passes on.
	Author *Technician
	Text   string // words passed on, or told of
	// Story is what somebody who is given a ticket has to have read, oldest first.
	Story []*Message
	// Satisfied and Moved say what somebody did with the words that are told of: how she
	// is content, and where to she moved the ticket.
	Satisfied *bool
	Moved     Status
	Files     []File
	// Refused are names of attachments that were not taken.
	Refused []string
	Asks    Questions // what the form is to ask
	Likely  []string  // ids of the categories that it may belong to, the likeliest first
	Form    FormRead  // what is to be said about the form that was filled in
	// InReplyTo and References thread the mail in its reader's client.
	InReplyTo  string
	References []string
	Subject    string    // of the mail answered, where there is no ticket
	Tickets    []*Ticket // that are listed
	Number     Number    // that was asked for and is none of the reader's
	Words      string    // that were searched for
	Problems   []CommandProblem
	Receipt    *Receipt
	Known      bool      // of an acknowledgement or a form: the fault is a general one, being worked on
	Behalf     bool      // of an acknowledgement: a technician opened the ticket for its reader
	Alerts     []Alert   // the targets told of
	Reports    []*Report // of the weeks told of, the last one being what it is about
	// Quarantined are mails that could not be processed, Decisions what became of some.
	Quarantined []Quarantined
	Decisions   []Decision
	Token       string // for a link or an answer: login, confirmation
	MaxSize     int64
	// Recipient and Failure tell of a letter that did not arrive.
	Recipient string
	Failure   string
	Stranger  bool // nobody knows whether it was the reader who wrote
	Internal  bool // the message told of is for technicians alone
	At        time.Time
}

// Mail is a letter made ready to be sent, byte for byte.
type Mail struct {
	MessageID string
	From      string     // envelope sender
	To        string     // envelope recipient
	Copies    []Envelope // of those whom it is copied to
	Subject   string
	Raw       []byte // RFC 5322, CRLF
	Text      string // its text part, for the ticket's thread
}

// Envelope says from where to where the same bytes go once more.
type Envelope struct{ From, To string }

// Automatic reports whether the letter is a machine's own; a technician's words
// passed on are not. Automatic letters are marked as such (RFC 3834) and count
// towards the limit of their recipient.
func (l *Letter) Automatic() bool {
	return l.Kind != LetterAnswer && (l.Kind != LetterResolved || l.Text == "")
}

// Notice reports whether the letter goes to a technician.
func (k LetterKind) Notice() bool {
	switch k {
	case NoticeAssigned, NoticeUnassigned, NoticeTaken, NoticeFollowUp, NoticeBounce, NoticeCommand, NoticeHelp, NoticeUnverified,
		NoticeLimited, NoticeReceipt, NoticeState, NoticeWarning, NoticeBreach, NoticeMass, NoticeEscalation, NoticeDigest, NoticeReport, NoticeQuarantine, NoticeDecided:
		return true
	}
	return false
}
