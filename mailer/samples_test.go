package mailer_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"strconv"
	"strings"
	"testing"
	"unicode/utf8"

	"respon/mailer"
	"respon/tickets"
)

// Every kind of letter that the code knows has a sample, so that it is rendered,
// looked at and read before it is sent.
func TestEveryKindHasASample(t *testing.T) {
	file, err := parser.ParseFile(token.NewFileSet(), "../tickets/letter.go", nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	known := map[tickets.LetterKind]bool{}
	for _, s := range mailer.Samples(tickets.Spanish) {
		known[s.Letter.Kind] = true
	}
	n := 0
	ast.Inspect(file, func(node ast.Node) bool {
		spec, ok := node.(*ast.ValueSpec)
		if !ok || len(spec.Values) != 1 {
			return true
		}
		if typ, ok := spec.Type.(*ast.Ident); ok && typ.Name == "LetterKind" {
			kind, err := strconv.Unquote(spec.Values[0].(*ast.BasicLit).Value)
			if n++; err != nil || !known[tickets.LetterKind(kind)] {
				t.Errorf("no sample of %q", kind)
			}
		}
		return true
	})
	if n < 20 {
		t.Errorf("only %d kinds were found", n)
	}
}

// Lines of ours end by the 72nd column, that mail programs may quote them; only
// links, lines to be filled in and people's own words may be longer, and lines
// with a command, which must not begin one.
func TestTextIsReadableInAPlainClient(t *testing.T) {
	c := composer(t)
	for _, locale := range tickets.Locales {
		for _, s := range mailer.Samples(locale) {
			r, err := c.Render(s.Letter)
			if err != nil {
				t.Fatalf("%s in %s: %v", s.Name, locale, err)
			}
			if r.Subject == "" || strings.Contains(r.Text, "%!") || strings.Contains(r.HTML, "%!") {
				t.Errorf("%s in %s: subject %q\n%s", s.Name, locale, r.Subject, r.Text)
			}
			own := strings.Split(s.Letter.Text, "\n")
			for _, line := range strings.Split(r.Text, "\n") {
				plain := strings.TrimPrefix(line, "> ")
				if utf8.RuneCountInString(line) > 72 && !strings.Contains(line, "://") && !strings.Contains(line, "[ ]") && !strings.Contains(line, " #") && !contains(own, plain) {
					t.Errorf("%s in %s: %d columns: %s", s.Name, locale, utf8.RuneCountInString(line), line)
				}
			}
		}
	}
}

func contains(list []string, s string) bool {
	for _, l := range list {
		if l == s {
			return true
		}
	}
	return false
}

// A technician reads a ticket's history in his language; what the audit trail
// keeps of it is in English.
func TestStateInTheReadersWords(t *testing.T) {
	c := composer(t)
	for locale, want := range map[tickets.Locale][]string{
		tickets.Spanish: {"asignación · respon\n", "nueva → abierta"}, tickets.Valencian: {"assignació · respon\n", "nova → oberta"},
		tickets.English: {"assignment · respon\n", "new → open"},
	} {
		for _, s := range mailer.Samples(locale) {
			if s.Name != "state" {
				continue
			}
			r, err := c.Render(s.Letter)
			if err != nil {
				t.Fatal(err)
			}
			for _, words := range want {
				if !strings.Contains(r.Text, words) {
					t.Errorf("%s: no %q in\n%s", locale, words, r.Text)
				}
			}
			if strings.Contains(r.Text, "category padron") {
				t.Errorf("%s: the trail's own words are in\n%s", locale, r.Text)
			}
		}
	}
}

// To whom a ticket waits for, its state says so; to a technician it names her.
func TestWaitingForTheReader(t *testing.T) {
	c := composer(t)
	for kind, want := range map[tickets.LetterKind]string{tickets.LetterStatus: "a la espera de su respuesta", tickets.NoticeState: "a la espera del solicitante"} {
		for _, s := range mailer.Samples(tickets.Spanish) {
			if s.Letter.Kind != kind || s.Letter.Ticket == nil {
				continue
			}
			s.Letter.Ticket.Status = tickets.Waiting
			r, err := c.Render(s.Letter)
			if err != nil {
				t.Fatal(err)
			}
			if text := strings.Join(strings.Fields(r.Text), " "); !strings.Contains(text, want) {
				t.Errorf("%s: no %q in\n%s", s.Name, want, r.Text)
			}
		}
	}
}
