package ingest

import (
	"os"
	"strings"
	"testing"

	"respon/tickets"
)

func TestLanguage(t *testing.T) {
	data, err := os.ReadFile("testdata/languages.txt")
	if err != nil {
		t.Fatal(err)
	}
	lines, missed := 0, 0
	for line := range strings.SplitSeq(strings.TrimSpace(string(data)), "\n") {
		want, text, ok := strings.Cut(line, "\t")
		if !ok || strings.HasPrefix(line, "#") {
			continue
		}
		lines++
		if want == "-" {
			want = ""
		}
		switch got := language(text); {
		case got == tickets.Locale(want):
		case got == "":
			missed++
			t.Logf("not told: %q (%s)", text, want)
		default:
			t.Errorf("%q: %s, want %q", text, got, want)
		}
	}
	if lines < 90 {
		t.Errorf("%d lines are too few to tell", lines)
	}
	// Nothing told is no mistake, but it must stay rare.
	if missed*20 > lines {
		t.Errorf("%d of %d were not told", missed, lines)
	}
}

func TestNothingOddChangesTheLanguage(t *testing.T) {
	for _, text := range []string{"", "OK", "12345", "maria@alfafar.example", "http://www.dival.example/ajuda", "Factura 2026/14", "no", strings.Repeat("a ", 5000), "\xff\xfe"} {
		if got := language(text); got != "" {
			t.Errorf("%.40q: %s", text, got)
		}
	}
}
