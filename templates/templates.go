// Package templates holds the words: the texts of mails and pages in Spanish,
// Valencian and English, and the frames they stand in.
//
//	text/es.toml …     the short texts, the same keys in each language
//	mail/letter.*      the frame of a mail, as plain text and as HTML
//	page/*.html        the pages; layout.html is around each of them
//
// An operator may put a file of the same name into a folder of his own, which
// then takes the place of ours. A wrong one is refused when it is loaded, with
// file and line: every frame is tried then, in every language.
package templates

import (
	"bytes"
	"embed"
	"errors"
	"fmt"
	htmltemplate "html/template"
	"io"
	"io/fs"
	"maps"
	"os"
	"path"
	"slices"
	"strings"
	"text/template"

	"github.com/pelletier/go-toml/v2"
)

//go:embed all:text all:mail all:page
var embedded embed.FS

// Locales are the languages, by the names of their files.
var Locales = [...]string{"es", "ca-valencia", "en"}

// Letter is what a mail says, piece by piece; the frame puts them in order. All
// texts are in the reader's language already.
type Letter struct {
	Lang     string
	Marker   string   // the line above which an answer is to be written
	Before   []string // paragraphs
	Words    string   // a person's words passed on
	Facts    []Fact
	FormHead string
	Form     []string // lines of the reply form, word for word
	After    []string
	Quote    string // words told of
	Link     string
	LinkText string
	Footer   []string
}

// Fact is a line of a short table.
type Fact struct{ Name, Value string }

// Set is all words, ready to use. It never changes.
type Set struct {
	texts map[string]map[string]string
	txt   *template.Template
	html  *htmltemplate.Template
	pages map[string]map[string]*htmltemplate.Template
}

// Load reads the words; files in dir take the place of ours. dir may be "".
func Load(dir string) (*Set, error) {
	var files fs.FS = embedded
	if dir != "" {
		files = overlay{os.DirFS(dir), embedded}
	}
	s := &Set{texts: map[string]map[string]string{}, pages: map[string]map[string]*htmltemplate.Template{}}
	for _, locale := range Locales {
		texts, err := readTexts(files, "text/"+locale+".toml")
		if err != nil {
			return nil, err
		}
		s.texts[locale] = texts
	}
	if err := s.complete(); err != nil {
		return nil, err
	}
	if err := s.frames(files); err != nil {
		return nil, err
	}
	return s, s.try()
}

func (s *Set) frames(files fs.FS) (err error) {
	if s.txt, err = template.New("letter.txt").Funcs(template.FuncMap{"quote": quote, "wrap": wrap}).ParseFS(files, "mail/letter.txt"); err != nil {
		return err
	}
	if s.html, err = htmltemplate.New("letter.html").Funcs(htmltemplate.FuncMap{"lines": lines}).ParseFS(files, "mail/letter.html"); err != nil {
		return err
	}
	pages, err := fs.Glob(files, "page/*.html")
	if err != nil {
		return err
	}
	for _, locale := range Locales {
		s.pages[locale] = map[string]*htmltemplate.Template{}
		funcs := htmltemplate.FuncMap{
			"T": func(key string, args ...any) (string, error) { return s.text(locale, "page."+key, args...) },
		}
		for _, page := range pages {
			name := strings.TrimSuffix(path.Base(page), ".html")
			if name == "layout" {
				continue
			}
			t, err := htmltemplate.New("layout.html").Funcs(funcs).ParseFS(files, "page/layout.html", page)
			if err != nil {
				return err
			}
			s.pages[locale][name] = t
		}
	}
	return nil
}

// try renders the frame of mails full and empty, so that a wrong one is found
// when it is loaded and not when it is needed.
func (s *Set) try() error {
	full := Letter{Lang: "es", Marker: "m", Before: []string{"a", "b"}, Words: "w", Facts: []Fact{{"n", "v"}}, FormHead: "f",
		Form: []string{"x"}, After: []string{"c"}, Quote: "q", Link: "http://127.0.0.1/", LinkText: "l", Footer: []string{"z"}}
	for _, l := range []Letter{full, {}} {
		if _, _, err := s.Mail(l); err != nil {
			return err
		}
	}
	return nil
}

// Mail puts a letter into its frames.
func (s *Set) Mail(l Letter) (text, html string, err error) {
	var t, h bytes.Buffer
	if err := s.txt.Execute(&t, l); err != nil {
		return "", "", fmt.Errorf("mail/letter.txt: %w", err)
	}
	if err := s.html.Execute(&h, l); err != nil {
		return "", "", fmt.Errorf("mail/letter.html: %w", err)
	}
	return strings.TrimSpace(t.String()) + "\n", h.String(), nil
}

// Page writes a page in a language. In it, T gives a short text of the table
// page, by its key.
func (s *Set) Page(w io.Writer, name, locale string, data any) error {
	t := s.pages[known(locale)][name]
	if t == nil {
		return fmt.Errorf("no page %q", name)
	}
	return t.Execute(w, data)
}

// Text gives a short text in a language, with its %s filled in. The keys are
// checked when the words are loaded; one that is missing all the same is shown
// as it is.
func (s *Set) Text(locale, key string, args ...any) string {
	text, err := s.text(locale, key, args...)
	if err != nil {
		return key
	}
	return text
}

func (s *Set) text(locale, key string, args ...any) (string, error) {
	text, ok := s.texts[known(locale)][key]
	if !ok {
		return "", fmt.Errorf("no text %q in %s", key, locale)
	}
	if len(args) > 0 {
		text = fmt.Sprintf(text, args...)
	}
	return text, nil
}

func known(locale string) string {
	if slices.Contains(Locales[:], locale) {
		return locale
	}
	return Locales[0]
}

// complete checks that each language has every text, with as many places to
// fill in.
func (s *Set) complete() error {
	var errs []error
	for _, locale := range Locales {
		for _, other := range Locales {
			for _, key := range slices.Sorted(maps.Keys(s.texts[other])) {
				text, ok := s.texts[locale][key]
				if !ok {
					errs = append(errs, fmt.Errorf("text/%s.toml: %s is missing; %s has it", locale, key, other))
				} else if a, b := strings.Count(text, "%"), strings.Count(s.texts[other][key], "%"); a != b {
					errs = append(errs, fmt.Errorf("text/%s.toml: %s has %d places to fill in, %s has %d", locale, key, a, other, b))
				}
			}
		}
	}
	return errors.Join(errs...)
}

func readTexts(files fs.FS, name string) (map[string]string, error) {
	b, err := fs.ReadFile(files, name)
	if err != nil {
		return nil, err
	}
	var tree map[string]any
	if err := toml.Unmarshal(b, &tree); err != nil {
		var at *toml.DecodeError
		if errors.As(err, &at) {
			line, _ := at.Position()
			return nil, fmt.Errorf("%s:%d: %w", name, line, err)
		}
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	texts := map[string]string{}
	return texts, flatten(texts, name, "", tree)
}

func flatten(texts map[string]string, file, prefix string, tree map[string]any) error {
	for key, value := range tree {
		switch v := value.(type) {
		case string:
			texts[prefix+key] = v
		case map[string]any:
			if err := flatten(texts, file, prefix+key+".", v); err != nil {
				return err
			}
		default:
			return fmt.Errorf("%s: %s%s is no text", file, prefix, key)
		}
	}
	return nil
}

// overlay reads from the first file system what is there, all else from the
// second.
type overlay struct{ over, base fs.FS }

// Open implements fs.FS.
func (o overlay) Open(name string) (fs.File, error) {
	if info, err := fs.Stat(o.over, name); err == nil && !info.IsDir() {
		return o.over.Open(name)
	}
	return o.base.Open(name)
}

// ReadDir implements fs.ReadDirFS: the list is always ours, so that a stray
// file is not taken for a page.
func (o overlay) ReadDir(name string) ([]fs.DirEntry, error) { return fs.ReadDir(o.base, name) }
