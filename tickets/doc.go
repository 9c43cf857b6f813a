// Package tickets holds the nouns and the rules of the desk: what a ticket, a
// message, an event and a letter are, how impact and urgency make a priority,
// which states follow each other, who gets a ticket and when it is due. It has
// no SQL and does no I/O; time comes in as a parameter.
//
// # Vocabulary
//
//   - requester, technician, participant: who asks, who answers, anyone in a ticket
//   - ticket, number: the matter; 482, shown as BR-482
//   - message, kind: one entry of a ticket's thread (request, reply, note, …)
//   - incoming: what a person contributes, on its way in, by mail or page
//   - letter, mail: what we decide to say; its finished RFC 5322 bytes
//   - acknowledgement, notice: a letter to the requester; to a technician
//   - entity: the organisation somebody writes for, known by the domain
//
// # The life of a ticket
//
//	new ──▶ open ◀──▶ waiting
//	 │       │          │
//	 └───────┴────┬─────┘
//	              ▼
//	          resolved ──▶ closed
//
// A ticket is new until its technician answers for the first time. A reply of
// the requester opens a waiting or resolved one again, and a closed one within
// the reopen window; later than that it becomes a follow-up ticket, linked.
// Silence moves it too: who lets it wait is reminded, what is resolved closes.
//
// The clock of its targets runs while it is new or open, and stands otherwise.
package tickets
