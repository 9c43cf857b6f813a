package reply

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/tools/txtar"
)

// mail is one golden text: a plain text, an HTML text or both, and what its
// writer newly said.
type mail struct{ text, html, reply string }

// TestGolden reads testdata/*.txtar: the file "name/text" is the plain text of
// the mail called name, "name/html" its HTML text, "name/reply" what New must
// give. A text without a reply beside it is kept whole.
func TestGolden(t *testing.T) {
	total := 0
	for name, m := range goldenMails(t) {
		total++
		t.Run(name, func(t *testing.T) {
			text := m.text
			if text == "" {
				text = FromHTML(m.html)
			}
			got, unsure := New(text, m.html)
			if diff := cmp.Diff(m.reply, got); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
			if unsure {
				t.Error("unsure")
			}
		})
	}
	if total < 70 {
		t.Errorf("%d mails: some were not read", total)
	}
}

func goldenMails(t testing.TB) map[string]*mail {
	files, err := filepath.Glob("testdata/*.txtar")
	if err != nil {
		t.Fatal(err)
	}
	mails := map[string]*mail{}
	for _, file := range files {
		archive, err := txtar.ParseFile(file)
		if err != nil {
			t.Fatal(err)
		}
		whole := map[string]bool{}
		for _, f := range archive.Files {
			name, kind, ok := strings.Cut(f.Name, "/")
			if !ok {
				t.Fatalf("%s: %q names no kind", file, f.Name)
			}
			m := mails[name]
			if m == nil {
				m = &mail{}
				mails[name], whole[name] = m, true
			}
			switch data := strings.TrimSuffix(string(f.Data), "\n"); kind {
			case "text":
				m.text = data
			case "html":
				m.html = data
			case "reply":
				m.reply, whole[name] = data, false
			default:
				t.Fatalf("%s: %q is of no kind", file, f.Name)
			}
		}
		for name := range whole {
			if whole[name] {
				mails[name].reply = mails[name].text
			}
		}
	}
	return mails
}

// An answer that looks like the rest of a quoted line is the only one: rather
// all of the mail than nothing.
func TestUnsure(t *testing.T) {
	quoted := "> Por favor, apague la impresora del padrón y vuelva a encenderla en el mismo\n"
	for name, tt := range map[string]struct {
		text   string
		unsure bool
	}{
		"an answer in between":     {"El 5/1/26 a las 10:12, Batlia escribió:\n" + quoted + "Ya.\n> Un saludo.", true},
		"an empty answer":          {"El 5/1/26 a las 10:12, Batlia escribió:\n" + quoted + "> Un saludo.", false},
		"an empty one by a mobile": {"Enviado desde mi iPhone\n\n" + quoted, false},
		"nothing":                  {"", false},
	} {
		t.Run(name, func(t *testing.T) {
			want := ""
			if tt.unsure {
				want = tt.text
			}
			if got, unsure := New(tt.text, ""); got != want || unsure != tt.unsure {
				t.Errorf("%q, unsure %v; want %q, unsure %v", got, unsure, want, tt.unsure)
			}
		})
	}
}

// What is no quotation alone is none above our letter, or below it, either.
func TestLookalikesAroundOurLetter(t *testing.T) {
	for name, m := range goldenMails(t) {
		if m.html != "" || m.text != m.reply || strings.Contains(m.text, "\n>") || strings.HasPrefix(m.text, ">") || name == "nothing but a forward" {
			continue // a forwarded mail with another below it stays as it is
		}
		words, lines := strings.Trim(m.text, "\n"), strings.Split(m.text, "\n")
		for _, c := range clients {
			text, _ := c.make(lines, letter("es", forms["es"]), nil)
			if got, _ := New(text, ""); c.name != "thunderbird" && strings.Trim(got, "\n") != words {
				t.Errorf("%s, above, %s: %q, want %q", name, c.name, got, words)
			}
			if c.name == "outlook" || name == "nothing but a signature" {
				continue // it marks nothing, so that nobody can tell where the answer begins
			}
			text, _ = c.make(nil, letter("es", forms["es"]), append([]string{""}, lines...))
			if got, _ := New(text, ""); strings.Trim(got, "\n") != words {
				t.Errorf("%s, below, %s: %q, want %q", name, c.name, got, words)
			}
		}
	}
}

// Only the paragraph that is answered stays above an answer.
func TestContextOfAnswers(t *testing.T) {
	text := "El 5/1/26 a las 10:12, Batlia escribió:\n" + strings.Repeat("> Buenos días.\n", 30) + ">\n> ¿Qué modelo es?\n>\n\nHP 4200.\n\n> Gracias.\n> ¿Desde cuándo?\n\nAyer.\n> Adiós."
	want := "> ¿Qué modelo es?\n\nHP 4200.\n\n> Gracias.\n> ¿Desde cuándo?\n\nAyer."
	if got, _ := New(text, ""); got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}
