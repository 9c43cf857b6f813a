package templates

import (
	"testing"

	"respon/ingest/reply"
)

// Above our marker the answer ends; what finds the answer must know the marker
// of every language, and as a mail client quotes it, too.
func TestMarkerEndsAnAnswer(t *testing.T) {
	s, err := Load("")
	if err != nil {
		t.Fatal(err)
	}
	for _, locale := range Locales {
		marker := s.Text(locale, "mail.marker")
		if marker == "mail.marker" {
			t.Errorf("%s: no marker", locale)
		}
		for _, below := range []string{marker, "> " + marker, "  " + marker + "  "} {
			text := "Ya va.\n\n" + below + "\n\nBuenos días:\n\nHemos recibido su incidencia."
			if got, _ := reply.New(text, ""); got != "Ya va." {
				t.Errorf("%s: %q is no end: %q", locale, below, got)
			}
		}
	}
}
