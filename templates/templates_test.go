package templates

import (
	"strings"
	"testing"
)

func TestLoad(t *testing.T) {
	s, err := Load("")
	if err != nil {
		t.Fatal(err)
	}
	for _, locale := range Locales {
		if got := s.Text(locale, "ack.intro", "BR-482"); !strings.Contains(got, "BR-482") {
			t.Errorf("%s: ack.intro reads %q", locale, got)
		}
	}
}
