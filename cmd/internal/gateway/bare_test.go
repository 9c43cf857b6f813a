package gateway

import (
	"bytes"
	"database/sql"
	"errors"
	"net/smtp"
	"strings"
	"sync"
	"testing"

	"github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapclient"
	"github.com/jhillyerd/enmime/v2"

	"respon/internal/testservers"
	"respon/mailer/postoffice"
)

// bare does with the mails what cannot be left out, and nothing else: it
// fetches each, parses it, keeps its bytes in a transaction of its own, and
// sends its share of the letters. What it takes is the measure of the gateway.
type bare struct {
	testing.TB
	db      *sql.DB
	insert  string
	dovecot *testservers.DovecotServer
	relay   string
	letters []postoffice.Envelope
	mails   int // in the mailbox
}

const (
	bareFetch   = 50 // mails in one command
	bareSenders = 4  // connections to the relay
)

// newBare opens a table of its own in the database.
func newBare(t testing.TB, url string, d *testservers.DovecotServer, relay string, letters []postoffice.Envelope, mails int) *bare {
	x := &bare{TB: t, insert: `INSERT INTO bare (data) VALUES (?)`, dovecot: d, relay: relay, letters: letters, mails: mails}
	create := `CREATE TABLE bare (id INTEGER PRIMARY KEY, data BLOB)`
	var err error
	if path, ok := strings.CutPrefix(url, "sqlite:"); ok {
		x.db, err = sql.Open("sqlite", "file:"+path+".bare?_pragma=journal_mode(WAL)&_pragma=synchronous(FULL)&_txlock=immediate")
	} else {
		x.db, err = sql.Open("postgres", url+"&binary_parameters=yes")
		x.insert, create = `INSERT INTO bare (data) VALUES ($1)`, `CREATE TABLE bare (id BIGSERIAL PRIMARY KEY, data BYTEA)`
	}
	if err != nil {
		t.Fatal(err)
	}
	x.db.SetMaxOpenConns(1)
	if _, err := x.db.Exec(create); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := x.db.Close(); err != nil {
			t.Error(err)
		}
	})
	return x
}

func (x *bare) run() {
	x.Helper()
	outbox := make(chan postoffice.Envelope, len(x.letters))
	var wg sync.WaitGroup
	for range bareSenders {
		wg.Go(func() {
			if err := x.send(outbox); err != nil {
				x.Error(err)
			}
		})
	}
	if err := x.take(outbox); err != nil {
		x.Error(err)
	}
	close(outbox)
	wg.Wait()
}

func (x *bare) take(outbox chan<- postoffice.Envelope) (err error) {
	c, err := imapclient.DialInsecure(x.dovecot.Addr, nil)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, c.Close()) }()
	if err := c.Login("bare", x.dovecot.Password("bare")).Wait(); err != nil {
		return err
	}
	if _, err := c.Select("INBOX", nil).Wait(); err != nil {
		return err
	}
	insert, err := x.db.Prepare(x.insert)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, insert.Close()) }()
	sent, done := 0, 0
	for first := 1; first <= x.mails; first += bareFetch {
		var set imap.SeqSet
		set.AddRange(uint32(first), uint32(min(first+bareFetch-1, x.mails)))
		got, err := c.Fetch(set, &imap.FetchOptions{UID: true, BodySection: []*imap.FetchItemBodySection{{Peek: true}}}).Collect()
		if err != nil {
			return err
		}
		for _, m := range got {
			if err := x.keep(insert, m.BodySection[0].Bytes); err != nil {
				return err
			}
			done++
			for ; sent < len(x.letters)*done/x.mails; sent++ {
				outbox <- x.letters[sent]
			}
		}
	}
	return nil
}

func (x *bare) keep(insert *sql.Stmt, raw []byte) error {
	if _, err := enmime.ReadEnvelope(bytes.NewReader(raw)); err != nil {
		return err
	}
	tx, err := x.db.Begin()
	if err != nil {
		return err
	}
	if _, err := tx.Stmt(insert).Exec(raw); err != nil {
		return errors.Join(err, tx.Rollback())
	}
	return tx.Commit()
}

func (x *bare) send(outbox <-chan postoffice.Envelope) (err error) {
	c, err := smtp.Dial(x.relay)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, c.Quit()) }()
	for e := range outbox {
		if err := errors.Join(c.Mail(e.From), c.Rcpt(e.To[0])); err != nil {
			return err
		}
		w, err := c.Data()
		if err != nil {
			return err
		}
		if _, err := w.Write(e.Raw); err != nil {
			return err
		}
		if err := w.Close(); err != nil {
			return err
		}
	}
	return nil
}
