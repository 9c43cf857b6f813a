package tickets

import "time"

// Event is an entry of a ticket's audit trail. Events are only ever added.
type Event struct {
	At     time.Time `json:"at"`
	Actor  string    `json:"actor"` // a technician's id, an address, or Respon
	Kind   EventKind `json:"kind"`
	Detail string    `json:"detail"` // in English, for technicians
	Cause  string    `json:"-"`      // key of the mail or request that brought it about, or the schedule's name
}

// Respon is the actor of what the gateway does by itself.
const Respon = "respon"

// EventKind says what happened.
type EventKind string

// The kinds of events.
const (
	EventOpened       EventKind = "opened"
	EventJoined       EventKind = "joined"
	EventAssigned     EventKind = "assigned"
	EventStatus       EventKind = "status"
	EventType         EventKind = "type"
	EventCategory     EventKind = "category"
	EventAnswers      EventKind = "answers"
	EventPriority     EventKind = "priority"
	EventNote         EventKind = "note"
	EventAnswered     EventKind = "answered"
	EventParticipant  EventKind = "participant"
	EventMerged       EventKind = "merged"
	EventSplit        EventKind = "split"
	EventUndone       EventKind = "undone"
	EventLinked       EventKind = "linked"
	EventBounced      EventKind = "bounced"
	EventAutoReply    EventKind = "auto_reply"
	EventLetterFailed EventKind = "letter_failed"
	EventReminded     EventKind = "reminded"
	EventWarning      EventKind = "sla_warning"
	EventBreach       EventKind = "sla_breach"
	EventSatisfaction EventKind = "satisfaction"
)
