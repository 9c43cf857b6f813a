package gateway

import (
	"bytes"
	"context"
	"crypto/sha256"
	"database/sql"
	"errors"
	"fmt"
	"net/mail"
	"slices"
	"strings"
	"testing"

	"respon/internal/testservers"
	"respon/mailer/postoffice"
)

// A proof is all that can be known about a finished burst from outside: the
// mail folders, what the SMTP server accepted, and the database's rows. It is
// read past the program's own code, so that a mistake there cannot hide itself.
type proof struct {
	mails                        [][]byte // as they were put into the INBOX
	inbox, processed, quarantine [][]byte
	sink                         []postoffice.Envelope
	tickets                      []ticketRow
	outbox                       []outboxRow
	intake                       []intakeRow
	keys                         int // mails taken, by content key
}

type ticketRow struct {
	number    int64
	requester string
	events    int
	messages  int // that came in
}

type outboxRow struct {
	ticket    int64
	kind      string
	recipient string
	messageID string
	sha       []byte
	state     string
	unsure    int
}

type intakeRow struct {
	uid  int64
	fate string
}

// gather reads all of it; everything has to be at rest.
func gather(ctx context.Context, db *sql.DB, mails [][]byte, d *testservers.DovecotServer, sink *testservers.SinkServer) (*proof, error) {
	p := &proof{mails: mails, sink: sink.Mails()}
	for folder, into := range map[string]*[][]byte{"INBOX": &p.inbox, "Processed": &p.processed, "Quarantine": &p.quarantine} {
		var err error
		if *into, err = d.Mails("batlia", folder); err != nil {
			return nil, err
		}
	}
	return p, errors.Join(
		readRows(ctx, db, &p.tickets, `
			SELECT t.number, t.requester, (SELECT count(*) FROM event e WHERE e.ticket = t.number),
				(SELECT count(*) FROM message m WHERE m.ticket = t.number AND m.direction = 'in')
			FROM ticket t ORDER BY t.number`,
			func(r *ticketRow) []any { return []any{&r.number, &r.requester, &r.events, &r.messages} }),
		readRows(ctx, db, &p.outbox, `SELECT coalesce(ticket, 0), kind, recipient, message_id, raw_sha, state, unsure FROM outbox ORDER BY id`,
			func(r *outboxRow) []any {
				return []any{&r.ticket, &r.kind, &r.recipient, &r.messageID, &r.sha, &r.state, &r.unsure}
			}),
		readRows(ctx, db, &p.intake, `SELECT uid, fate FROM intake ORDER BY uid`,
			func(r *intakeRow) []any { return []any{&r.uid, &r.fate} }),
		db.QueryRowContext(ctx, `SELECT count(*) FROM seen`).Scan(&p.keys),
	)
}

// openRaw opens the gateway's database without the gateway. The drivers come
// with package store.
func openRaw(url string) (*sql.DB, error) {
	if path, ok := strings.CutPrefix(url, "sqlite:"); ok {
		return sql.Open("sqlite", "file:"+path+"?_pragma=busy_timeout(10000)")
	}
	return sql.Open("postgres", url)
}

func readRows[T any](ctx context.Context, db *sql.DB, into *[]T, query string, fields func(*T) []any) (err error) {
	rows, err := db.QueryContext(ctx, query)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	for rows.Next() {
		var r T
		if err := rows.Scan(fields(&r)...); err != nil {
			return err
		}
		*into = append(*into, r)
	}
	return rows.Err()
}

// problems says what is wrong about a burst in which each mail is to become a
// ticket of its own, of a requester of its own.
func (p *proof) problems() (list []string) {
	say := func(format string, args ...any) { list = append(list, fmt.Sprintf(format, args...)) }
	p.checkFolders(say)
	p.checkTickets(say)
	p.checkOutbox(say)
	p.checkAcknowledgements(say)
	return list
}

type complain func(format string, args ...any)

// checkFolders: Processed holds the mails as they came, each once.
func (p *proof) checkFolders(say complain) {
	if len(p.inbox) > 0 || len(p.quarantine) > 0 {
		say("%d mails in INBOX and %d in Quarantine, want none", len(p.inbox), len(p.quarantine))
	}
	copies := map[string]int{}
	for _, raw := range p.processed {
		copies[string(raw)]++
	}
	for i, raw := range p.mails {
		if n := copies[string(raw)]; n != 1 {
			say("mail %d lies in Processed %d times as it came, want once", i, n)
		}
	}
	if len(p.processed) != len(p.mails) {
		say("%d mails in Processed, want %d", len(p.processed), len(p.mails))
	}
}

// checkTickets: numbers without gap, each with its mail and its history; a row
// in the ledger for each UID, with one fate.
func (p *proof) checkTickets(say complain) {
	if len(p.tickets) != len(p.mails) {
		say("%d tickets, want %d", len(p.tickets), len(p.mails))
	}
	for i, t := range p.tickets {
		if t.number != int64(i+1) {
			say("ticket %d stands where %d should", t.number, i+1)
		}
		if t.messages != 1 || t.events == 0 {
			say("ticket %d has %d messages and %d events", t.number, t.messages, t.events)
		}
	}
	if len(p.intake) != len(p.mails) || p.keys != len(p.mails) {
		say("%d rows in the ledger and %d content keys, want %d", len(p.intake), p.keys, len(p.mails))
	}
	for _, r := range p.intake {
		if r.fate != "opened" {
			say("uid %d: %s, want opened", r.uid, r.fate)
		}
	}
}

// checkOutbox: what counts as sent was accepted, in the very bytes, by the
// server; nothing else was; and of no letter are there more copies than there
// were attempts whose end nobody saw.
func (p *proof) checkOutbox(say complain) {
	type letter struct{ messageID, to string }
	accepted := map[letter][][]byte{}
	for _, e := range p.sink {
		m, err := mail.ReadMessage(bytes.NewReader(e.Raw))
		if err != nil || len(e.To) != 1 {
			say("the server accepted what is no letter of ours, to %v: %v", e.To, err)
			continue
		}
		l := letter{strings.Trim(m.Header.Get("Message-ID"), "<>"), strings.ToLower(e.To[0])}
		accepted[l] = append(accepted[l], e.Raw)
	}
	for _, r := range p.outbox {
		l := letter{r.messageID, r.recipient}
		copies := accepted[l]
		delete(accepted, l)
		if r.state != "sent" {
			say("%s of ticket %d to %s is %s, want sent", r.kind, r.ticket, r.recipient, r.state)
		}
		if len(copies) == 0 {
			say("%s of ticket %d to %s was never accepted", r.kind, r.ticket, r.recipient)
		}
		if len(copies)-1 > r.unsure {
			say("%s of ticket %d: %d copies, but only %d attempts that nobody saw the end of", r.kind, r.ticket, len(copies), r.unsure)
		}
		for _, raw := range copies {
			if sum := sha256.Sum256(raw); !bytes.Equal(sum[:], r.sha) {
				say("%s of ticket %d was accepted in other bytes than those stored", r.kind, r.ticket)
			}
		}
	}
	for l := range accepted {
		say("the server accepted %s to %s, of which the outbox knows nothing", l.messageID, l.to)
	}
}

// checkAcknowledgements: one for each mail, in its sender's thread, with the
// number of the ticket.
func (p *proof) checkAcknowledgements(say complain) {
	type answer struct{ to, parent string }
	answers := map[answer][]*mail.Message{}
	for _, e := range p.sink {
		m, err := mail.ReadMessage(bytes.NewReader(e.Raw))
		if err != nil {
			continue // told already
		}
		a := answer{e.To[0], m.Header.Get("In-Reply-To")}
		answers[a] = append(answers[a], m)
	}
	acks := map[string]outboxRow{}
	for _, r := range p.outbox {
		if r.kind == "ack" {
			acks[r.recipient] = r
		}
	}
	if len(acks) != len(p.mails) {
		say("%d people have acknowledgements, want %d", len(acks), len(p.mails))
	}
	for i, raw := range p.mails {
		m, err := mail.ReadMessage(bytes.NewReader(raw))
		if err != nil {
			say("mail %d: %v", i, err)
			continue
		}
		from, id := m.Header.Get("From"), m.Header.Get("Message-ID")
		row := acks[from]
		got := answers[answer{from, id}]
		if len(got) == 0 {
			say("mail %d of %s has no answer in its thread", i, from)
		}
		for _, ack := range got {
			if strings.Trim(ack.Header.Get("Message-ID"), "<>") != row.messageID {
				say("mail %d has another answer than its acknowledgement", i)
			}
			if !slices.Contains(strings.Fields(ack.Header.Get("References")), id) {
				say("the acknowledgement of mail %d does not refer to it", i)
			}
			if want := fmt.Sprintf("[BR-%d]", row.ticket); !strings.Contains(ack.Header.Get("Subject"), want) {
				say("the acknowledgement of mail %d lacks %s in its subject", i, want)
			}
		}
	}
}

// clone is a proof whose lists can be changed.
func (p *proof) clone() *proof {
	q := *p
	q.inbox, q.processed, q.sink = slices.Clone(p.inbox), slices.Clone(p.processed), slices.Clone(p.sink)
	q.tickets, q.outbox, q.intake = slices.Clone(p.tickets), slices.Clone(p.outbox), slices.Clone(p.intake)
	return &q
}

// ack finds an acknowledgement in the sink.
func (p *proof) ack() int {
	return slices.IndexFunc(p.sink, func(e postoffice.Envelope) bool { return strings.HasSuffix(e.To[0], "@alfafar.example") })
}

// rewrite changes an accepted letter, and the outbox with it, as a gateway
// would that wrote it so.
func (p *proof) rewrite(i int, from, to string) {
	before := sha256.Sum256(p.sink[i].Raw)
	p.sink[i].Raw = bytes.Replace(p.sink[i].Raw, []byte(from), []byte(to), 1)
	after := sha256.Sum256(p.sink[i].Raw)
	for j, r := range p.outbox {
		if bytes.Equal(r.sha, before[:]) {
			p.outbox[j].sha = after[:]
		}
	}
}

// breaches are what a proof must find.
var breaches = []struct {
	name string
	do   func(*proof)
}{
	{"an acknowledgement never arrived", func(p *proof) { i := p.ack(); p.sink = slices.Delete(p.sink, i, i+1) }},
	{"an acknowledgement was never written", func(p *proof) {
		to := p.sink[p.ack()].To[0]
		p.sink = slices.DeleteFunc(p.sink, func(e postoffice.Envelope) bool { return e.To[0] == to })
		p.outbox = slices.DeleteFunc(p.outbox, func(r outboxRow) bool { return r.recipient == to })
	}},
	{"a letter came twice", func(p *proof) { p.sink = append(p.sink, p.sink[p.ack()]) }},
	{"a letter came three times, one of them explained", func(p *proof) {
		p.outbox[0].unsure = 1
		for _, e := range p.sink {
			if e.To[0] == p.outbox[0].recipient && bytes.Contains(e.Raw, []byte(p.outbox[0].messageID)) {
				p.sink = append(p.sink, e, e)
				return
			}
		}
	}},
	{"a letter changed on its way", func(p *proof) {
		i := p.ack()
		p.sink[i].Raw = append(slices.Clone(p.sink[i].Raw), ' ')
	}},
	{"an acknowledgement is in no thread", func(p *proof) { p.rewrite(p.ack(), "In-Reply-To: <", "In-Reply-To: <x") }},
	{"an acknowledgement refers to nothing", func(p *proof) { p.rewrite(p.ack(), "References: <", "References: <x") }},
	{"a wrong number in the subject", func(p *proof) { p.rewrite(p.ack(), "[BR-", "[BR-9") }},
	{"the server got what the outbox does not have", func(p *proof) {
		e := p.sink[0]
		e.Raw = bytes.Replace(e.Raw, []byte("Message-ID: <"), []byte("Message-ID: <x"), 1)
		p.sink = append(p.sink, e)
	}},
	{"a letter is still to be sent", func(p *proof) { p.outbox[0].state = "sending" }},
	{"a gap in the numbers", func(p *proof) { p.tickets[len(p.tickets)-1].number++ }},
	{"a ticket too many", func(p *proof) {
		t := p.tickets[0]
		t.number = int64(len(p.tickets) + 1)
		p.tickets = append(p.tickets, t)
	}},
	{"a ticket without history", func(p *proof) { p.tickets[0].events = 0 }},
	{"a ticket without its mail", func(p *proof) { p.tickets[0].messages = 0 }},
	{"a mail in no ledger", func(p *proof) { p.intake = p.intake[1:] }},
	{"a mail taken twice", func(p *proof) { p.intake[0].fate = "duplicate" }},
	{"a mail still in the INBOX", func(p *proof) { p.inbox = append(p.inbox, p.mails[0]) }},
	{"a mail in Quarantine", func(p *proof) { p.quarantine = append(p.quarantine, p.mails[0]) }},
	{"a mail lost", func(p *proof) { p.processed = p.processed[1:] }},
	{"a mail twice in Processed", func(p *proof) { p.processed = append(p.processed, p.mails[0]) }},
	{"a mail changed", func(p *proof) { p.processed[0] = append(slices.Clone(p.processed[0]), '\n') }},
}

// A check that was never seen to fail is none.
func TestProofFindsBreaches(t *testing.T) {
	b := newBurst(t, "sqlite:"+t.TempDir()+"/respon.db", 3)
	g := serve(t, b.config)
	b.await()
	g.stop()
	p := b.proof()
	if list := p.problems(); len(list) > 0 {
		t.Fatalf("a good burst is found bad: %q", list)
	}
	for _, br := range breaches {
		q := p.clone()
		br.do(q)
		if len(q.problems()) == 0 {
			t.Errorf("%s: not found", br.name)
		}
	}
}
