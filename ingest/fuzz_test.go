package ingest

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"
)

// FuzzParse: whatever comes, the answer is the same each time, is valid UTF-8
// and JSON, and has no control characters.
func FuzzParse(f *testing.F) {
	f.Add([]byte(headerOfAll + "\nhola\n"))
	f.Add([]byte(headerOfAll + "Content-Type: multipart/mixed; boundary=b\n\n--b\n\nx\n--b--\n"))
	files, err := filepath.Glob("testdata/*.eml")
	if err != nil {
		f.Fatal(err)
	}
	for _, file := range files {
		raw, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(raw)
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		before := bytes.Clone(raw)
		m, err := NewParser(Options{}).Parse(raw)
		again, err2 := NewParser(Options{}).Parse(raw)
		if (err == nil) != (err2 == nil) || !bytes.Equal(before, raw) {
			t.Fatalf("%v, then %v; the mail itself was changed: %v", err, err2, !bytes.Equal(before, raw))
		}
		if err != nil {
			return
		}
		one, err := json.Marshal(m)
		if err != nil || !json.Valid(one) || !utf8.Valid(one) {
			t.Fatalf("%v: %q", err, one)
		}
		if two, err := json.Marshal(again); err != nil || !bytes.Equal(one, two) {
			t.Errorf("%q, then %q, %v", one, two, err)
		}
		lines := []string{m.Subject, m.SubjectPlain}
		for _, list := range [][]Address{m.To, m.Cc, m.ReplyTo} {
			for _, a := range list {
				lines = append(lines, a.Name, a.Address)
			}
		}
		for _, a := range m.Attachments {
			if lines = append(lines, a.Filename, a.ContentType, a.ContentIDString()); a.Filename == "" || strings.ContainsAny(a.Filename, "/\\") {
				t.Errorf("file name %q", a.Filename)
			}
		}
		for _, s := range append(lines, m.References...) {
			if !utf8.ValidString(s) || strings.ContainsFunc(s, unicode.IsControl) {
				t.Errorf("a line holds %q", s)
			}
		}
		for _, s := range []string{m.Text, m.Reply} {
			if !utf8.ValidString(s) || strings.ContainsFunc(s, func(r rune) bool { return unicode.IsControl(r) && r != '\n' && r != '\t' }) {
				t.Errorf("the text holds %q", s)
			}
		}
	})
}

func FuzzTags(f *testing.F) {
	f.Add("Re: [BR-7] [cat: Padrón] [impacto: ALTO] #conta hola")
	p := NewParser(Options{Prefix: "BR"})
	f.Fuzz(func(t *testing.T, subject string) {
		tags, plain := p.tags(line(valid(subject)))
		if b, err := json.Marshal(tags); err != nil || !utf8.Valid(b) || !utf8.ValidString(plain) {
			t.Errorf("%q %q %v", b, plain, err)
		}
		if tags.Ticket != nil && !strings.HasPrefix(*tags.Ticket, "BR-") {
			t.Errorf("ticket %s", *tags.Ticket)
		}
	})
}
