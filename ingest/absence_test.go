package ingest_test

import (
	"strings"
	"testing"
	"time"

	"respon/ingest/mailbox"
	"respon/tickets"
	"respon/tickets/store"
	"respon/tickets/store/storetest"
	"respon/tickets/token"
)

// A technician's out-of-office answer says when she is away. It counts only
// where a letter to herself is answered: anybody can write her name.
func TestOutOfOfficeOfATechnician(t *testing.T) {
	now := time.Date(2026, 12, 21, 9, 0, 0, 0, time.UTC)
	in := newIntake(t, storetest.SQLite(t), func() time.Time { return now })
	uid, err := in.Signer.NewUID()
	if err != nil {
		t.Fatal(err)
	}
	sign := func(p token.Purpose, person string) string {
		t.Helper()
		tag, err := in.Signer.Sign(p, uid, person)
		if err != nil {
			t.Fatal(err)
		}
		return "batlia+" + tag + "@dival.example"
	}
	for i, tt := range []struct{ name, from, to, want string }{
		{"to the gateway itself", "ana@dival.example", "batlia@dival.example", ""},
		{"to somebody else's letter", "ana@dival.example", sign(token.Bounce, "maria@alfafar.example"), ""},
		{"a requester's", "maria@alfafar.example", sign(token.Bounce, "maria@alfafar.example"), ""},
		{"two senders", "ana@dival.example, x@evil.example", sign(token.Bounce, "ana@dival.example"), ""},
		{"to her letter's envelope sender", "ana@dival.example", sign(token.Bounce, "ana@dival.example"), "2026-12-21..2027-01-06"},
	} {
		raw := "From: " + tt.from + "\r\nTo: " + tt.to + "\r\nDate: Mon, 21 Dec 2026 10:00:00 +0100\r\nMessage-ID: <" +
			strings.ReplaceAll(tt.name, " ", ".") + "@dival.example>\r\nAuto-Submitted: auto-replied\r\nSubject: Fuera de la oficina\r\n\r\n" +
			"Estaré ausente hasta el 6 de enero de 2027.\r\n"
		v := in.Take(t.Context(), mailbox.Item{Mailbox: "support", UIDValidity: 1, UID: uint32(i + 1), Size: int64(len(raw)), Received: now, Raw: []byte(raw)})
		if v != mailbox.Done {
			t.Errorf("%s: %s", tt.name, v)
		}
		if err := in.Store.View(t.Context(), func(tx *store.Tx) error {
			list, err := tx.Absences(t.Context(), "2026-12-21")
			got := ""
			for _, a := range list {
				got += a.String()
				if a.Technician != "ana" || a.Source != tickets.AbsenceAutoReply {
					t.Errorf("%s: %+v", tt.name, a)
				}
			}
			if got != tt.want {
				t.Errorf("%s: absences %q, want %q", tt.name, got, tt.want)
			}
			return err
		}); err != nil {
			t.Fatal(err)
		}
	}
}
