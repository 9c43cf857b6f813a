package gateway

import (
	"crypto/rand"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"respon/tickets/store/storetest"
)

// TestReloadReadsTheOperatorsWords: the words in templates_dir take the place of
// ours at a reload; wrong ones are refused by file and line, and the old stay.
func TestReloadReadsTheOperatorsWords(t *testing.T) {
	dir := t.TempDir()
	words := func(text string) {
		t.Helper()
		if err := os.MkdirAll(filepath.Join(dir, "text"), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, "text", "es.toml"), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	x := newTownOf(t, storetest.SQLite(t), rand.Reader, "RESPON_GATEWAY_TEMPLATES_DIR="+dir)
	ack := func(subject string) string {
		t.Helper()
		x.mail("From: luis@other.example\nSubject: " + subject + "\n\nNo va.")
		return x.letterTo(x.letters(), "luis@other.example").Text
	}
	if got := ack("uno"); !strings.Contains(got, "Hemos recibido su mensaje") {
		t.Fatalf("our own words: %s", got)
	}

	words("[ack]\nintro = \"Su número es el %s. Le atendemos enseguida.\"\n")
	if err := x.g.Reload(x.config()); err != nil {
		t.Fatal(err)
	}
	if got := ack("dos"); !strings.Contains(got, "Su número es el BR-2. Le atendemos enseguida.") || !strings.Contains(got, "Esto es lo que hemos anotado") {
		t.Errorf("after the reload: %s", got)
	}

	for _, wrong := range []string{"[ack]\nintro = \"Sin número.\"\n", "[ack]\nintro = \n", "[ack]\n\nintrod = \"Su número es %s.\"\n"} {
		words(wrong)
		err := x.g.Reload(x.config())
		if err == nil || !strings.Contains(err.Error(), "es.toml") {
			t.Errorf("%q was taken, or is not named: %v", wrong, err)
		}
		if got := ack("tres"); !strings.Contains(got, "Su número es el BR-") {
			t.Errorf("after %q: %s", wrong, got)
		}
	}
}
