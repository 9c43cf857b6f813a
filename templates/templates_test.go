package templates

import (
	"bytes"
	"os"
	"path/filepath"
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
	if got, want := s.Text("fr", "fact.type"), s.Text("es", "fact.type"); got != want {
		t.Errorf("a language we do not write reads %q, want Spanish: %q", got, want)
	}
	if got := s.Text("es", "no.such.key"); got != "no.such.key" {
		t.Errorf("a missing text reads %q", got)
	}
}

// folder makes an operator's folder of one file.
func folder(t *testing.T, name, content string) string {
	t.Helper()
	dir := t.TempDir()
	path := filepath.Join(dir, name)
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(content), 0o644); err != nil {
		t.Fatal(err)
	}
	return dir
}

func TestOperatorsFiles(t *testing.T) {
	s, err := Load(folder(t, "text/es.toml", "[fact]\ntype = \"Clase\"\n"))
	if err != nil {
		t.Fatal(err)
	}
	if got := s.Text("es", "fact.type"); got != "Clase" {
		t.Errorf("the operator's text reads %q", got)
	}
	if got := s.Text("es", "fact.category"); got != "Categoría" {
		t.Errorf("what he left out reads %q", got)
	}

	s, err = Load(folder(t, "page/error.html", `{{define "title"}}x{{end}}{{define "main"}}our own {{T "error.back"}}{{end}}`))
	if err != nil {
		t.Fatal(err)
	}
	var page bytes.Buffer
	if err := s.pages["es"]["error"].ExecuteTemplate(&page, "main", nil); err != nil || page.String() != "our own Ir al inicio" {
		t.Errorf("the operator's page reads %q, error %v", page.String(), err)
	}
	// A file that is none of ours changes nothing.
	if _, err := Load(folder(t, "page/stray.html", "{{")); err != nil {
		t.Error(err)
	}
}

func TestWrongFilesAreRefused(t *testing.T) {
	for _, tt := range []struct {
		name, file, content string
		want                []string
	}{
		{"no TOML", "text/en.toml", "[fact]\ntype = x\n", []string{"text/en.toml:2:"}},
		{"a number", "text/en.toml", "[fact]\n\ntype = 3\n", []string{"text/en.toml:3: fact.type is no text"}},
		{"an array", "text/en.toml", "[[fact]]\ntype = \"x\"\n", []string{"text/en.toml:1: fact is no text"}},
		{"a key twice", "text/en.toml", "[fact]\ntype = \"x\"\ntype = \"y\"\n", []string{"text/en.toml:3: fact.type stands here for the second time"}},
		{"an unknown key", "text/en.toml", "[fact]\ntipe = \"x\"\n", []string{"text/en.toml:2: there is no text fact.tipe"}},
		{"a place lost", "text/ca-valencia.toml", "[ack]\nintro = \"Hola\"\n", []string{`text/ca-valencia.toml:2: ack.intro must have the places to fill in ["%s"]`}},
		{"another place", "text/es.toml", "ack.intro = \"%d\"\n", []string{`text/es.toml:1: ack.intro must have the places`}},
		{"no template", "mail/letter.txt", "{{.Marker}}\n{{if}}", []string{"letter.txt:2:"}},
		{"an unknown field", "mail/letter.txt", "\n{{.Mark}}", []string{"mail/letter.txt", "letter.txt:2:", "Mark"}},
		{"a part left out", "mail/letter.html", "<p>{{.Marker}}</p>{{range .Blocks}}{{.Text}}{{end}}", []string{"mail/letter.html: facts is left out", "mail/letter.html: footer is left out"}},
		{"a page that is no template", "page/login.html", "{{define \"main\"}}\n\n{{end", []string{"login.html:3"}},
		{"a page with an unknown text", "page/login.html", "{{define \"title\"}}{{end}}{{define \"main\"}}\n{{if .}}{{T \"login.nothing\"}}{{end}}{{end}}", []string{"page/login.html:2:", "no text page.login.nothing"}},
		{"a layout with an unknown text", "page/layout.html", "{{with T \"nothing\"}}{{end}}", []string{"page/layout.html:1:", "no text page.nothing"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, err := Load(folder(t, tt.file, tt.content))
			for _, want := range tt.want {
				if err == nil || !strings.Contains(err.Error(), want) {
					t.Errorf("got %v\nwant %s", err, want)
				}
			}
		})
	}
}

func TestLanguagesAreComplete(t *testing.T) {
	texts := func() map[string]map[string]text {
		all := map[string]map[string]text{}
		for _, locale := range Locales {
			one, err := readTexts(nil, "", locale)
			if err != nil {
				t.Fatal(err)
			}
			all[locale] = one
		}
		return all
	}
	if err := complete(texts()); err != nil {
		t.Error(err)
	}
	for _, locale := range Locales {
		all := texts()
		delete(all[locale], "ack.intro")
		if err := complete(all); err == nil || !strings.Contains(err.Error(), "ack.intro is missing in text/"+locale+".toml") {
			t.Errorf("ack.intro was taken out of %s: %v", locale, err)
		}
		all = texts()
		all[locale]["ack.intro"] = text{words: "no place", file: "f", line: 7}
		if err := complete(all); err == nil || !strings.Contains(err.Error(), "f:7: ack.intro has the places to fill in []") {
			t.Errorf("ack.intro has nothing to fill in in %s: %v", locale, err)
		}
	}
}

func TestPagesNeedTheirLanguage(t *testing.T) {
	s, err := Load("")
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Page(&bytes.Buffer{}, "nothing", "es", nil); err == nil {
		t.Error("a page that is not there was shown")
	}
	for _, locale := range Locales {
		for name := range s.pages[Locales[0]] {
			if s.pages[locale][name] == nil {
				t.Errorf("%s has no page %s", locale, name)
			}
		}
	}
}
