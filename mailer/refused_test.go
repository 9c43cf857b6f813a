package mailer_test

import (
	"strings"
	"testing"

	"respon/tickets"
)

// The names of files are words of whoever sent them.
func TestRefusedFilesAreNamedWithCare(t *testing.T) {
	c := composer(t)
	l := letter(tickets.LetterAck, tickets.Spanish)
	l.Refused = []string{"informe https://evil.example/x [BR-7].exe", strings.Repeat("a", 500) + ".exe"}
	m, err := c.Compose(l)
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(m.Text, "informe") || strings.Contains(m.Text, "evil.example") || strings.Contains(m.Text, "[BR-7]") || strings.Contains(m.Text, strings.Repeat("a", 100)) {
		t.Errorf("named as they are:\n%s", m.Text)
	}
	l.Stranger = true
	if m, err = c.Compose(l); err != nil {
		t.Fatal(err)
	}
	if strings.Contains(m.Text, "informe") || !strings.Contains(m.Text, "alguno de los archivos") {
		t.Errorf("to a stranger:\n%s", m.Text)
	}
}
