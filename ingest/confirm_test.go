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

// Whoever confirms her address when the mail has expired already is not left
// without an answer: what she writes now opens the ticket. A second answer to
// the same letter opens no other.
func TestConfirmationThatComesTooLate(t *testing.T) {
	now := time.Date(2026, 1, 12, 9, 0, 0, 0, time.UTC)
	in := newIntake(t, storetest.SQLite(t), func() time.Time { return now })
	in.Catalogue().Policy = tickets.PolicyConfirm
	letters := in.Desk.Composer.(*silent)
	fates := func() (got []tickets.Fate) {
		t.Helper()
		if err := in.Store.View(t.Context(), func(tx *store.Tx) error {
			all, err := tx.Fates(t.Context(), "support", 1, []uint32{1, 2, 3, 4})
			for uid := uint32(1); all[uid] != ""; uid++ {
				got = append(got, all[uid])
			}
			return err
		}); err != nil {
			t.Fatal(err)
		}
		return got
	}
	take := func(uid uint32, to string, want tickets.Fate) {
		t.Helper()
		it := item(uid, "No va")
		it.Raw = []byte(strings.Replace(string(it.Raw), "batlia@dival.example", to, 1))
		if v := in.Take(t.Context(), it); v != mailbox.Done {
			t.Fatalf("mail %d: %s", uid, v)
		}
		if got := fates(); len(got) != int(uid) || got[uid-1] != want {
			t.Errorf("mail %d: fates %v, want the last one %s", uid, got, want)
		}
	}
	answer := func() string {
		tag, err := in.Signer.Sign(token.Confirm, letters.token, "maria@alfafar.example")
		if err != nil {
			t.Fatal(err)
		}
		return "batlia+" + tag + "@dival.example"
	}
	take(1, "batlia@dival.example", tickets.FateHeld)
	late := answer()
	now = now.Add(8 * 24 * time.Hour)
	if err := in.Desk.ExpireHeld(t.Context()); err != nil {
		t.Fatal(err)
	}
	take(2, late, tickets.FateOpened)

	take(3, "batlia@dival.example", tickets.FateHeld)
	again := answer()
	if err := in.Release(t.Context(), letters.token); err != nil {
		t.Fatal(err)
	}
	take(4, again, tickets.FateConfirmed)
}
