package mailer_test

import (
	"bytes"
	"net/mail"
	"slices"
	"strings"
	"testing"

	"respon/tickets"
)

// What shows who somebody is goes to nobody else: a thread holds the Message-IDs
// of letters to others, and of notices to technicians.
func TestReferencesOfOthersStayOut(t *testing.T) {
	c := composer(t)
	l := letter(tickets.LetterAck, tickets.Spanish)
	id := func(l tickets.Letter) string {
		m, err := c.Compose(l)
		if err != nil {
			t.Fatal(err)
		}
		return m.MessageID
	}
	own, other, shared := l, l, l
	other.To = tickets.Person{Address: "ana@dival.example"}
	shared.Cc = []tickets.Person{{Address: "eva@alfafar.example"}}
	ids := []string{id(own), id(other), id(shared), "1@alfafar.example"}
	for _, tt := range []struct {
		name string
		to   tickets.Letter
		want []string
	}{
		{"hers", own, []string{ids[0], ids[2], ids[3]}},
		{"the other's", other, []string{ids[1], ids[2], ids[3]}},
		{"one to both", shared, []string{ids[2], ids[3]}},
	} {
		for _, answers := range ids {
			l := tt.to
			l.References, l.InReplyTo = ids, answers
			m, err := c.Compose(l)
			if err != nil {
				t.Fatal(err)
			}
			read, err := mail.ReadMessage(bytes.NewReader(m.Raw))
			if err != nil {
				t.Fatal(err)
			}
			if got := strings.Join(strings.Fields(read.Header.Get("References")), " "); got != "<"+strings.Join(tt.want, "> <")+">" {
				t.Errorf("%s: References %s, want %s", tt.name, got, tt.want)
			}
			if got := read.Header.Get("In-Reply-To"); (got != "") != slices.Contains(tt.want, answers) {
				t.Errorf("%s: In-Reply-To %q of %s", tt.name, got, answers)
			}
		}
	}
}
