package ingest_test

import (
	"fmt"
	"testing"
	"time"

	"respon/ingest/mailbox"
	"respon/tickets"
	"respon/tickets/store"
	"respon/tickets/store/storetest"
	"respon/tickets/token"
)

// Mails of people that bear a machine's marks: each must open or join.
func TestPeopleWithMachinesMarks(t *testing.T) {
	now := time.Date(2026, 1, 12, 9, 0, 0, 0, time.UTC)
	in := newIntake(t, storetest.SQLite(t), func() time.Time { return now })
	in.Catalogue().Entities = []tickets.Entity{{Name: "Alfafar", Domains: []string{"alfafar.example"}}}
	uid := uint32(0)
	take := func(name, to, header, subject, text string, want tickets.Fate) {
		t.Helper()
		uid++
		raw := fmt.Appendf(nil, "%sFrom: Maria <maria@alfafar.example>\r\nTo: %s\r\nDate: Mon, 12 Jan 2026 09:00:00 +0100\r\nMessage-ID: <%d@alfafar.example>\r\nSubject: %s\r\n\r\n%s\r\n", header, to, uid, subject, text)
		in.Take(t.Context(), mailbox.Item{Mailbox: "support", UIDValidity: 1, UID: uid, Size: int64(len(raw)), Received: now, Raw: raw})
		if err := in.Store.View(t.Context(), func(tx *store.Tx) error {
			all, err := tx.Fates(t.Context(), "support", 1, []uint32{uid})
			if all[uid] != want {
				t.Errorf("%s: %s, want %s", name, all[uid], want)
			}
			return err
		}); err != nil {
			t.Fatal(err)
		}
	}
	const desk = "batlia@dival.example"
	take("the ticket", desk, "", "No va", "No va.", tickets.FateOpened)
	var ticket string
	if err := in.Store.View(t.Context(), func(tx *store.Tx) error {
		tk, err := tx.Ticket(t.Context(), 1)
		if err == nil {
			ticket = tk.UID
		}
		return err
	}); err != nil {
		t.Fatal(err)
	}
	tag, err := in.Signer.Sign(token.Reply, ticket, "maria@alfafar.example")
	if err != nil {
		t.Fatal(err)
	}
	take("her answer, through the town hall's group", "batlia+"+tag+"@dival.example", "List-Id: <informatica.alfafar.example>\r\nList-Unsubscribe: <mailto:u@alfafar.example>\r\nPrecedence: list\r\n",
		"Re: [BR-1] No va", "Sigue sin ir, es urgente.", tickets.FateJoined)
	const suppress = "X-Auto-Response-Suppress: All\r\n"
	take("VPN", desk, suppress, "VPN no conecta fuera de la oficina", "No me conecta desde casa.", tickets.FateOpened)
	take("sede", desk, suppress, "Fuera de servicio la sede", "No funciona desde las 9.", tickets.FateOpened)
	take("secretaria", desk, suppress, "Ausencia de la secretaria: cambio de firmante", "Hay que cambiarlo.", tickets.FateOpened)
	const list = "List-Id: <informatica.alfafar.example>\r\nPrecedence: list\r\n"
	take("a new mail through the group", desk, list, "No va", "No puedo entrar.", tickets.FateQuarantined)
	take("a newsletter to many", "boletin@alfafar.example", list, "Agenda", "Mercado medieval.", tickets.FateNoted)
	// The operator says that it is a person's.
	var waiting []tickets.Quarantined
	if err := in.Store.View(t.Context(), func(tx *store.Tx) (err error) {
		waiting, err = tx.QuarantineList(t.Context())
		return err
	}); err != nil || len(waiting) != 1 {
		t.Fatalf("%d in quarantine, %v", len(waiting), err)
	}
	if fate, err := in.Retake(t.Context(), waiting[0].ID); err != nil || fate != tickets.FateOpened {
		t.Errorf("taken out of quarantine: %s, %v", fate, err)
	}
}
