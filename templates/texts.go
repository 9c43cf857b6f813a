package templates

import (
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/pelletier/go-toml/v2/unstable"
)

// text is a short text with the place where it stands.
type text struct {
	words string
	file  string
	line  int
}

func (t text) errorf(format string, args ...any) error {
	return fmt.Errorf("%s:%d: "+format, append([]any{t.file, t.line}, args...)...)
}

// readTexts reads the texts of a language: ours, and over them those of the
// operator's folder. His file need not repeat what he leaves as it is.
func readTexts(over fs.FS, dir, locale string) (map[string]text, error) {
	name := "text/" + locale + ".toml"
	b, err := fs.ReadFile(embedded, name)
	if err != nil {
		return nil, err
	}
	texts, err := parseTexts(name, b)
	if err != nil || over == nil {
		return texts, err
	}
	b, err = fs.ReadFile(over, name)
	if errors.Is(err, fs.ErrNotExist) {
		return texts, nil
	} else if err != nil {
		return nil, err
	}
	own, err := parseTexts(filepath.Join(dir, name), b)
	if err != nil {
		return nil, err
	}
	var errs []error
	for _, key := range slices.Sorted(maps.Keys(own)) {
		ours, ok := texts[key]
		switch {
		case !ok:
			errs = append(errs, own[key].errorf("there is no text %s; leave it out", key))
		case !slices.Equal(places(own[key].words), places(ours.words)):
			errs = append(errs, own[key].errorf("%s must have the places to fill in %q, in this order", key, places(ours.words)))
		}
		texts[key] = own[key]
	}
	return texts, errors.Join(errs...)
}

// parseTexts reads tables of strings. It walks the expressions of the file, as
// the library's decoder does not say in which line a value stood.
func parseTexts(file string, b []byte) (map[string]text, error) {
	texts := map[string]text{}
	var p unstable.Parser
	p.Reset(b)
	table := ""
	for p.NextExpression() {
		e := p.Expression()
		key, line := keyOf(&p, e)
		switch {
		case e.Kind == unstable.Table:
			table = key + "."
		case e.Kind == unstable.KeyValue && e.Value().Kind == unstable.String:
			t := text{words: string(e.Value().Data), file: file, line: line}
			if _, twice := texts[table+key]; twice {
				return nil, t.errorf("%s stands here for the second time", table+key)
			}
			texts[table+key] = t
		default:
			return nil, fmt.Errorf("%s:%d: %s is no text in quotes", file, line, table+key)
		}
	}
	if err := p.Error(); err != nil {
		var at *unstable.ParserError
		if errors.As(err, &at) {
			return nil, fmt.Errorf("%s:%d: %w", file, p.Shape(p.Range(at.Highlight)).Start.Line, err)
		}
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	return texts, nil
}

func keyOf(p *unstable.Parser, e *unstable.Node) (key string, line int) {
	var parts []string
	for it := e.Key(); it.Next(); {
		parts = append(parts, string(it.Node().Data))
		line = p.Shape(it.Node().Raw).Start.Line
	}
	return strings.Join(parts, "."), line
}

var place = regexp.MustCompile(`%.`)

// places are what is to be filled into a text.
func places(s string) []string { return place.FindAllString(s, -1) }

// complete checks that each language has every text, with the same places to
// fill in.
func complete(texts map[string]map[string]text) error {
	var errs []error
	for _, locale := range Locales {
		for _, other := range Locales {
			for _, key := range slices.Sorted(maps.Keys(texts[other])) {
				theirs := texts[other][key]
				t, ok := texts[locale][key]
				if !ok {
					errs = append(errs, theirs.errorf("%s is missing in text/%s.toml", key, locale))
				} else if !slices.Equal(places(t.words), places(theirs.words)) {
					errs = append(errs, t.errorf("%s has the places to fill in %q, but %q in %s", key, places(t.words), places(theirs.words), other))
				}
			}
		}
	}
	return errors.Join(errs...)
}
