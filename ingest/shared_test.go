package ingest_test

import (
	"strings"
	"testing"
	"time"

	"respon/ingest"
	"respon/ingest/mailbox"
	"respon/tickets"
	"respon/tickets/store"
	"respon/tickets/store/storetest"
	"respon/tickets/token"
)

// What several people were sent identifies none of them: whoever got a copy
// could write in the requester's name.
func TestWhatSeveralGotIdentifiesNobody(t *testing.T) {
	const maria, luis = "maria@alfafar.example", "luis@other.example"
	for _, tt := range []struct {
		name, tokenOf, from, results string
		trust                        tickets.Trust
		internal                     bool
	}{
		{"her own token", maria, maria, "", tickets.Verified, false},
		{"a shared token", "", maria, "", tickets.Claimed, false},
		{"a shared token, and a server vouches", "", maria, "dmarc=pass header.from=alfafar.example", tickets.Verified, false},
		{"a shared token in her name, forged", "", maria, "dmarc=fail header.from=alfafar.example", tickets.Claimed, true},
		{"another's token in her name, forged", luis, maria, "dmarc=fail header.from=alfafar.example", tickets.Claimed, true},
		{"a shared token, copied in", "", luis, "", tickets.Claimed, false},
		{"a shared token, a stranger", "", "rosa@else.example", "", tickets.Claimed, true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			in := newIntake(t, storetest.SQLite(t), func() time.Time { return time.Date(2026, 1, 12, 9, 0, 0, 0, time.UTC) })
			in.Catalogue().TrustedAuthserv = []string{"mx.dival.example"}
			in.Catalogue().Gateway.PlusAddressing = true
			take := func(it mailbox.Item, header string, from, to string) {
				t.Helper()
				raw := strings.Replace(string(it.Raw), "Maria <"+maria+">", from, 1)
				it.Raw = []byte(header + strings.Replace(raw, "To: batlia@dival.example", "To: "+to, 1))
				if v := in.Take(t.Context(), it); v != mailbox.Done {
					t.Fatalf("mail %d: %s", it.UID, v)
				}
			}
			const pass = "Authentication-Results: mx.dival.example; dmarc=pass header.from=alfafar.example\r\n"
			take(item(1, "No va"), pass, "Maria <"+maria+">", "batlia@dival.example, "+luis)
			tk := readTicket(t, in, 1)
			if len(tk.Participants) != 2 {
				t.Fatalf("participants %+v, want two", tk.Participants)
			}
			tag, err := in.Signer.Sign(token.Reply, tk.UID, tt.tokenOf)
			if err != nil {
				t.Fatal(err)
			}
			header := ""
			if tt.results != "" {
				header = "Authentication-Results: mx.dival.example; " + tt.results + "\r\n"
			}
			take(item(2, "Re: No va"), header, tt.from, "batlia+"+tag+"@dival.example")
			tk = readTicket(t, in, 1)
			last := tk.Messages[len(tk.Messages)-1]
			if last.Author.Address != tt.from || last.Trust != tt.trust || last.Internal != tt.internal {
				t.Errorf("from %s, %s, internal %t; want %s, %t", last.Author.Address, last.Trust, last.Internal, tt.trust, tt.internal)
			}
		})
	}
}

// readTicket reads a ticket with its messages.
func readTicket(t *testing.T, in *ingest.Intake, n tickets.Number) (tk *tickets.Ticket) {
	t.Helper()
	if err := in.Store.View(t.Context(), func(tx *store.Tx) (err error) {
		if tk, err = tx.Ticket(t.Context(), n); err != nil {
			return err
		}
		tk.Messages, err = tx.Messages(t.Context(), n)
		return err
	}); err != nil {
		t.Fatal(err)
	}
	return tk
}
