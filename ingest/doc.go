// Package ingest is the intake: it understands a raw mail, finds out who wrote
// it and which ticket it belongs to, and asks the desk to act.
//
// # The walk of a mail
//
//  1. mailbox offers it, one at a time and in order (package ingest/mailbox)
//  2. Intake.Take leads it through the steps below and gives the verdict
//  3. Parser.Parse: MIME, charsets, ids, text, attachments; what is new in an
//     answer; what kind of mail it is. Pure: bytes in, meaning out
//  4. identify (sender.go): who wrote it, and how sure that is
//  5. thread (thread.go): which ticket it belongs to, and by what right
//  6. one method of the desk, which is one transaction
//
// # What it promises
//
// A mail that was taken leaves one row in the ledger and has one effect,
// however often it is offered. A mail that cannot be taken because something is
// away (the database, the disk) stays in its folder. A mail that cannot be
// understood, or that brings the program down, goes to quarantine whole at the
// third try and does not hold up the next one.
package ingest
