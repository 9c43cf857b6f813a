// Package templates holds the words: the texts of mails and pages in Spanish,
// Valencian and English, and the frames they stand in.
//
//	text/es.toml …     the short texts, the same keys in each language
//	mail/letter.*      the frame of a mail, as plain text and as HTML
//	page/*.html        the pages; layout.html is around each of them
//
// An operator may put files of the same names into a folder of his own: a page
// or a frame there takes the place of ours, a text there that of the text with
// the same key. What is wrong is refused when it is loaded, with file and line:
// a text nobody knows or with other places to fill in, a page that asks for a
// text that is not there, a frame that leaves out a part of a letter.
package templates

import (
	"embed"
	"fmt"
	"html/template"
	"io/fs"
	"os"
	"slices"
)

//go:embed text mail page
var embedded embed.FS

// Locales are the languages, by the names of their files.
var Locales = [...]string{"es", "ca-valencia", "en"}

// Set is all words, ready to use. It never changes.
type Set struct {
	texts map[string]map[string]text
	frame frame
	pages map[string]map[string]*template.Template
}

// Load reads the words; files in dir take the place of ours. dir may be "".
func Load(dir string) (*Set, error) {
	var over fs.FS
	var files fs.FS = embedded
	if dir != "" {
		over = os.DirFS(dir)
		files = overlay{over, embedded}
	}
	s := &Set{texts: map[string]map[string]text{}, pages: map[string]map[string]*template.Template{}}
	var err error
	for _, locale := range Locales {
		if s.texts[locale], err = readTexts(over, dir, locale); err != nil {
			return nil, err
		}
	}
	if err := complete(s.texts); err != nil {
		return nil, err
	}
	if s.frame, err = readFrame(files); err != nil {
		return nil, err
	}
	return s, s.readPages(files)
}

// Text gives a short text in a language, with its places filled in. The keys
// are checked when the words are loaded; one that is missing all the same is
// shown as it is.
func (s *Set) Text(locale, key string, args ...any) string {
	words, err := s.text(locale, key, args...)
	if err != nil {
		return key
	}
	return words
}

func (s *Set) text(locale, key string, args ...any) (string, error) {
	t, ok := s.texts[known(locale)][key]
	if !ok {
		return "", fmt.Errorf("no text %q in %s", key, locale)
	}
	if len(args) > 0 {
		return fmt.Sprintf(t.words, args...), nil
	}
	return t.words, nil
}

func known(locale string) string {
	if slices.Contains(Locales[:], locale) {
		return locale
	}
	return Locales[0]
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
