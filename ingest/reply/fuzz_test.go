package reply

import (
	"strings"
	"testing"
	"time"
	"unicode/utf8"
)

// Whatever comes: it ends in time, gives valid text, and New makes no words up.
func FuzzNew(f *testing.F) {
	for _, m := range goldenMails(f) {
		f.Add(m.text, m.html)
	}
	f.Fuzz(func(t *testing.T, text, html string) {
		// The parser hands over valid text only.
		text, html = strings.ToValidUTF8(text, "\uFFFD"), strings.ToValidUTF8(html, "\uFFFD")
		began := time.Now()
		got, unsure := New(text, html)
		inTime(t, began, len(text)+len(html))
		if !utf8.ValidString(got) {
			t.Errorf("not valid: %q", got)
		}
		if unsure && got != strings.Trim(text, "\n") {
			t.Errorf("unsure of %q, but gave %q", text, got)
		}
		if html == "" && len(got) > len(text) {
			t.Errorf("%q grew to %q", text, got)
		}
	})
}

func FuzzHTML(f *testing.F) {
	for _, m := range goldenMails(f) {
		f.Add(m.html)
	}
	f.Fuzz(func(t *testing.T, html string) {
		html = strings.ToValidUTF8(html, "\uFFFD") // the parser hands over nothing else
		began := time.Now()
		seen := FromHTML(html)
		inTime(t, began, len(html))
		if !utf8.ValidString(seen) {
			t.Errorf("not valid: %q", seen)
		}
		// Marks are all that quotedHTML adds.
		bare := strings.NewReplacer(">", "", " ", "", "\n", "", "\t", "").Replace
		if bare(quotedHTML(html)) != bare(seen) {
			t.Errorf("%q became %q", seen, quotedHTML(html))
		}
	})
}

// inTime fails when so much time has gone as only a loop within a loop takes.
func inTime(t *testing.T, began time.Time, size int) {
	t.Helper()
	if took := time.Since(began); took > 2*time.Second+time.Duration(size)*20*time.Microsecond {
		t.Errorf("%d bytes took %v", size, took)
	}
}

// Time grows with the length alone, also for lines made to be tried over and
// over again: thirty-two times the text takes far less than a thousand times as
// long. On a busy machine the best of several rounds counts.
func TestLinear(t *testing.T) {
	for name, line := range map[string]string{
		"words": "Sigue sin imprimir.\n", "openers": "El 5/1/26 a las 10:12, x\n", "fields": "De: x\n",
		"rulers": "----\n", "quotes": "> x\n", "verbs": "El escribió: escribió: escribió:\n", "one line": "El 5 escribió ",
		"devices": "Enviado desde mi \n", "dashes": "--", "nested": "> > > > > > ",
	} {
		t.Run(name, func(t *testing.T) {
			took := func(n int) time.Duration {
				text := strings.Repeat(line, n)
				began := time.Now()
				New(text, "")
				return time.Since(began)
			}
			small, large := time.Hour, time.Hour
			for range 8 {
				small, large = min(small, took(200)), min(large, took(6400))
				if large < 200*small+20*time.Millisecond {
					return
				}
			}
			t.Errorf("200 times: %v, 6400 times: %v", small, large)
		})
	}
}

func BenchmarkNew(b *testing.B) {
	mails, size := goldenMails(b), int64(0)
	for _, m := range mails {
		size += int64(len(m.text) + len(m.html))
	}
	b.SetBytes(size)
	for b.Loop() {
		for _, m := range mails {
			New(m.text, m.html)
		}
	}
}

func BenchmarkHTML(b *testing.B) {
	source := strings.Repeat(goldenMails(b)["gmail"].html, 100)
	b.SetBytes(int64(len(source)))
	for b.Loop() {
		FromHTML(source)
	}
}
