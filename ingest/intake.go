package ingest

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"log/slog"
	"runtime/debug"
	"sync/atomic"

	"respon/ingest/mailbox"
	"respon/ingest/reply"
	"respon/tickets"
	"respon/tickets/desk"
	"respon/tickets/store"
	"respon/tickets/token"
)

// Intake takes mails in. All fields are required but Flight.
type Intake struct {
	Desk      *desk.Desk
	Store     *store.Store // for reading only
	Signer    *token.Signer
	Parser    func() *Parser // the one for the present catalogue
	Catalogue func() *tickets.Catalogue
	Log       *slog.Logger
	// Flight remembers the mails in hand across a crash of the process; nil
	// leaves that out.
	Flight *Flight
	// DKIM checks signatures where no trusted server speaks of a mail; nil leaves
	// that out.
	DKIM *DKIM

	deadly map[note]bool // mails in whose taking the process died too often; set by Recover
	alone  atomic.Int64  // how many mails are still to be understood one at a time
}

// maxTries is how often a mail is tried before it goes to quarantine.
const maxTries = 3

// parsed is what Prepare leaves for Take.
type parsed struct {
	message *Message
	err     error
	key     string
}

// Prepare understands a mail ahead, while an earlier one is being committed.
func (in *Intake) Prepare(it *mailbox.Item) {
	if in.alone.Load() <= 0 && !in.deadly[noteOf(*it)] {
		it.Prepared = in.parse(*it)
	}
}

func (in *Intake) parse(it mailbox.Item) (p parsed) {
	in.Flight.begin(it)
	defer in.Flight.end(it)
	p.key = key(it)
	defer func() {
		if r := recover(); r != nil {
			p.err = fmt.Errorf("parser panicked: %v", r)
			in.Log.Error("parser panicked", "mailbox", it.Mailbox, "uid", it.UID, "err", r, "stack", string(debug.Stack()))
		}
	}()
	p.message, p.err = in.Parser().Parse(it.Raw)
	return p
}

// key is the mail's content key. A mail that this brings to panic has to be
// told by its bytes alone, to be quarantined like any other.
func key(it mailbox.Item) (key string) {
	defer func() {
		if recover() != nil {
			key = store.KeyString(sha256.Sum256(it.Raw))
		}
	}()
	return store.KeyString(ContentKey(it.Raw, it.Received))
}

// Take leads one mail through the intake. It never panics.
func (in *Intake) Take(ctx context.Context, it mailbox.Item) mailbox.Verdict {
	in.Flight.begin(it)
	defer in.Flight.end(it)
	in.alone.Add(-1)
	return in.settle(ctx, it, tickets.Arrival{Mailbox: it.Mailbox, UIDValidity: it.UIDValidity, UID: it.UID, Size: it.Size, Received: it.Received, Raw: it.Raw})
}

// Retake leads a mail that lies in quarantine through the intake once more, or
// returns store.ErrNotFound. If that goes wrong again it stays there, under a new
// id and with the new cause. If somebody else was quicker, the fate is what became
// of it there.
func (in *Intake) Retake(ctx context.Context, id int64) (tickets.Fate, error) {
	var q tickets.Quarantined
	var raw []byte
	err := in.Store.View(ctx, func(tx *store.Tx) (err error) {
		if q, err = tx.Quarantined(ctx, id); err != nil {
			return err
		}
		raw, err = tx.Raw(ctx, q.RawSHA)
		return err
	})
	if err != nil {
		return "", err
	}
	it := mailbox.Item{Mailbox: q.Mailbox, Size: q.Size, Received: q.ReceivedAt, Raw: raw}
	a := tickets.Arrival{Mailbox: it.Mailbox, Size: it.Size, Received: it.Received, Raw: raw, Quarantined: q.ID}
	if in.settle(ctx, it, a) == mailbox.Retry {
		return "", errors.New("could not be stored; see the log, and try again")
	}
	var fate tickets.Fate
	err = in.Store.View(ctx, func(tx *store.Tx) (err error) {
		fate, _, err = tx.Seen(ctx, key(it))
		return err
	})
	return fate, err
}

// settle does what a mail calls for and says where it belongs then.
func (in *Intake) settle(ctx context.Context, it mailbox.Item, a tickets.Arrival) mailbox.Verdict {
	p, ok := it.Prepared.(parsed)
	var err error
	switch {
	case in.deadly[noteOf(it)]:
		a.Key = key(it)
		err = in.quarantine(ctx, a, p, tickets.CauseDeadly)
	case !ok:
		p = in.parse(it)
		fallthrough
	default:
		a.Key = p.key
		err = in.guarded(ctx, it, a, p)
	}
	switch {
	case err == nil, errors.Is(err, store.ErrSeen):
		if it.TooBig {
			return mailbox.Quarantine // only there does it lie whole
		}
		return mailbox.Done
	case errors.Is(err, errQuarantined):
		return mailbox.Quarantine
	case store.Temporary(err):
		in.Log.Warn("mail is left for later", "mailbox", it.Mailbox, "uid", it.UID, "err", err)
		return mailbox.Retry
	}
	return in.failed(ctx, it, a, p, err)
}

// errQuarantined: the mail was put into quarantine, and that is settled.
var errQuarantined = errors.New("quarantined")

func (in *Intake) guarded(ctx context.Context, it mailbox.Item, a tickets.Arrival, p parsed) (err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("intake panicked: %v", r)
			in.Log.Error("intake panicked", "mailbox", it.Mailbox, "uid", it.UID, "err", r, "stack", string(debug.Stack()))
		}
	}()
	if errors.Is(p.err, ErrNothing) {
		// Another try would find nothing either.
		return in.quarantine(ctx, a, p, p.err.Error())
	}
	if p.err != nil {
		return p.err
	}
	return in.take(ctx, it, a, p.message)
}

// failed counts a try that ended badly; the third one ends in quarantine.
func (in *Intake) failed(ctx context.Context, it mailbox.Item, a tickets.Arrival, p parsed, cause error) mailbox.Verdict {
	in.Log.Warn("mail could not be taken", "mailbox", it.Mailbox, "uid", it.UID, "err", cause)
	tries, err := in.Desk.Tried(ctx, a, cause.Error())
	if err == nil && tries >= maxTries || it.UIDValidity == 0 {
		if err = in.quarantine(ctx, a, p, cause.Error()); errors.Is(err, errQuarantined) {
			return mailbox.Quarantine
		}
	}
	if err != nil {
		in.Log.Warn("mail is left for later", "mailbox", it.Mailbox, "uid", it.UID, "err", err)
	}
	return mailbox.Retry
}

func (in *Intake) quarantine(ctx context.Context, a tickets.Arrival, p parsed, cause string) error {
	from, subject := "", ""
	if p.message != nil {
		subject = p.message.Subject
		if p.message.From != nil {
			from = p.message.From.Address
		}
	}
	if err := in.Desk.Quarantine(ctx, a, from, subject, cause); err != nil && !errors.Is(err, store.ErrSeen) {
		return err
	}
	return errQuarantined
}

// take does what the mail calls for.
func (in *Intake) take(ctx context.Context, it mailbox.Item, a tickets.Arrival, m *Message) error {
	var s *sender
	var at place
	var now, ever bool
	vouched := in.vouched(ctx, it, m)
	err := in.Store.View(ctx, func(tx *store.Tx) (err error) {
		if s, err = in.identify(ctx, tx, m, vouched); err != nil {
			return err
		}
		if at, err = in.thread(ctx, tx, m, s); err != nil {
			return err
		}
		if m.Kind == KindBounce && at.ticket == 0 {
			if at.ticket, err = in.bounceTicket(ctx, tx, m); err != nil {
				return err
			}
		}
		now, ever, err = in.straight(ctx, tx, s)
		return err
	})
	if err != nil {
		return err
	}
	inc := in.incoming(a, m, s, at)
	if r, ok := in.robot(m, s, at, inc); ok {
		return in.note(ctx, a, m, s, r)
	}
	if l := localeIn(m.Reply); l != "" && inc.Ask.Kind == "" && s.Technician == "" && in.sure(s) {
		inc.Author.Locale = l
		if err := in.Desk.SetLocale(ctx, s.Address, l); err != nil {
			return err
		}
	}
	if list, ok := in.decides(m, s); ok && a.Quarantined == 0 && !it.TooBig {
		return in.decide(ctx, inc, list)
	}
	switch {
	case it.TooBig:
		return in.Desk.Refuse(ctx, inc, tickets.LetterTooBig)
	case s.hasConfirms && s.confirms.For(s.Address) && m.FromExact:
		return in.confirm(ctx, inc, s)
	case inc.Ask.Kind != "" && inc.Silent == "" && (in.sure(s) || ever && s.Trust != tickets.Suspect):
		return in.ask(ctx, inc, s)
	case at.ticket != 0 && inc.Satisfied != nil && !at.internal:
		if in.sure(s) {
			return in.Desk.Satisfied(ctx, at.ticket, inc)
		}
		// It counts for nothing, and nothing is to be opened again by it either.
		inc.Courtesy = inc.Courtesy || inc.Reply == ""
		return in.join(ctx, at, inc, m, s)
	case at.ticket != 0:
		return in.join(ctx, at, inc, m, s)
	case s.Address == "":
		return in.quarantine(ctx, a, parsed{message: m}, tickets.CauseNoSender)
	case now && s.Technician != "":
		if done, err := in.ownMail(ctx, inc, m, s); done || err != nil {
			return err
		}
		fallthrough
	case now:
		_, err = in.Desk.Open(ctx, inc)
		return err
	case ever:
		return in.Desk.Hold(ctx, inc)
	case in.Catalogue().Policy == tickets.PolicyEntities:
		return in.Desk.Refuse(ctx, inc, tickets.LetterRefusal)
	}
	return in.quarantine(ctx, a, parsed{message: m}, tickets.CauseNoAddress)
}

// join adds a mail to the ticket it belongs to, in the part that its sender
// has there.
func (in *Intake) join(ctx context.Context, at place, inc tickets.Incoming, m *Message, s *sender) (err error) {
	if s.Technician == "" {
		_, err = in.Desk.FollowUp(ctx, at.ticket, inc)
		return err
	}
	cmds, rest, problems := tickets.ParseCommands(inc.Reply)
	if above, _, _ := tickets.ParseCommands(m.Subject); tickets.HasNote(above) && !tickets.HasNote(cmds) {
		cmds = append(cmds, tickets.Command{Verb: tickets.VerbNote, Line: m.Subject}) // before the "Re:", as in a new mail
	}
	// A note is one in his own matter, too: others take part in it.
	if !tickets.HasNote(cmds) && in.asRequester(ctx, at.ticket, s) {
		_, err = in.Desk.FollowUp(ctx, at.ticket, inc)
		return err
	}
	if s.Trust != tickets.Verified {
		_, err = in.Desk.Unverified(ctx, at.ticket, inc)
		return err
	}
	inc.HandTo, inc.SentTo = in.handedTo(m, s), sentTo(in.Catalogue(), m)
	if aside, err := in.aside(ctx, at.ticket, m); err != nil {
		return err
	} else if aside && !tickets.HasNote(cmds) {
		cmds = append(cmds, tickets.Command{Verb: tickets.VerbNote})
	}
	if line := reply.NothingAbove(inc.Text, formNames(in.Catalogue()).Addresses...); line != "" && inc.HandTo == "" {
		// Sent by mistake, or written below: the notice would go to the requester.
		problems = []tickets.CommandProblem{{Line: line, Why: tickets.ProblemUnclear}}
	}
	if len(problems) == 0 {
		inc.Reply = rest
	}
	_, err = in.Desk.Answer(ctx, at.ticket, inc, cmds, problems)
	return err
}

// asRequester reports whether a technician writes on a ticket that he opened
// himself and that somebody else works on.
func (in *Intake) asRequester(ctx context.Context, n tickets.Number, s *sender) (own bool) {
	err := in.Store.View(ctx, func(tx *store.Tx) error {
		t, err := tx.Ticket(ctx, n)
		own = err == nil && t.TakesPart(s.Address) && t.Technician != s.Technician
		return err
	})
	return err == nil && own
}

func (in *Intake) incoming(a tickets.Arrival, m *Message, s *sender, at place) tickets.Incoming {
	inc := tickets.Incoming{
		Arrival: a, Author: s.Author, References: m.References,
		Subject: m.SubjectPlain, Text: m.Text, Reply: m.Reply, At: a.Received,
		Why: at.why, Internal: at.internal, Quoted: at.quoted, Silent: silent(m, s),
	}
	if s.Technician == "" {
		var rest string
		if inc.Satisfied, rest = satisfied(m); inc.Satisfied != nil {
			inc.Reply, inc.Subject = rest, m.SubjectPlain
		}
	}
	inc.Copied = copied(in.Catalogue(), m, s)
	if inc.Hints, inc.Form = in.said(m); inc.Form.Rest != "" {
		inc.Reply = inc.Form.Rest // the form's lines have become answers, which everybody is shown
	}
	inc.Ask = in.asked(m, s, at)
	inc.Courtesy = !inc.Form.Filled && len(m.Attachments) == 0 && reply.Courtesy(inc.Reply)
	if m.MessageID != nil {
		inc.MessageID = *m.MessageID
	}
	if m.InReplyTo != nil {
		inc.InReplyTo = *m.InReplyTo
	}
	for _, f := range m.Attachments {
		if in.Catalogue().RefusesFile(f.Filename) {
			inc.Refused = append(inc.Refused, f.Filename)
			continue
		}
		inc.Attachments = append(inc.Attachments, tickets.Attachment{
			Filename: f.Filename, ContentType: f.ContentType, Size: f.Size, SHA256: f.SHA256,
			Inline: f.Inline, ContentID: f.ContentIDString(), Part: f.Part, Data: f.Data,
		})
	}
	return inc
}
