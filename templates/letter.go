package templates

import (
	"bytes"
	"errors"
	"fmt"
	htmltemplate "html/template"
	"io/fs"
	"strings"
	"text/template"
)

// Letter is what a mail says, piece by piece; the frame sets it as plain text
// and as HTML, so that both say the same. All texts are in the reader's
// language already.
type Letter struct {
	Lang   string
	Title  string // of the HTML document
	Marker string // the line above which an answer is to be written
	Blocks []Block
	Footer []Block
}

// Block is one piece of a letter.
type Block struct {
	Kind  BlockKind
	Text  string   // of a text, strong, words, quote, chart or link
	Lines []string // of a form or list
	Facts []Fact
	URL   string // of a link or compose
	// A chart has a row for each of what Head says, and in it a bar for each column.
	Head    string
	Columns []string
	Rows    []Row
}

// BlockKind says how a block is set.
type BlockKind string

// The kinds of blocks.
const (
	Text    BlockKind = "text"    // a paragraph of ours, wrapped
	Strong  BlockKind = "strong"  // one that must not be overlooked
	Words   BlockKind = "words"   // a person's words passed on, as they are
	Quote   BlockKind = "quote"   // a person's words told of, marked as such
	Facts   BlockKind = "facts"   // a short table
	Form    BlockKind = "form"    // lines to be filled in, word for word
	List    BlockKind = "list"    // items of ours, wrapped
	Chart   BlockKind = "chart"   // figures, each with a bar that says no more than it
	Link    BlockKind = "link"    // a link with its text
	Compose BlockKind = "compose" // a link that begins a mail; HTML only, as it fills ten lines
)

// Fact is a line of a short table.
type Fact struct{ Name, Value string }

// Row is a line of a chart.
type Row struct {
	Name string
	Bars []Bar
}

// Bar is a figure as text, and its length from 0 to 100.
type Bar struct {
	Value string
	Share int
}

// frame is the pair of templates that letters are set in.
type frame struct {
	text *template.Template
	html *htmltemplate.Template
}

func readFrame(files fs.FS) (f frame, err error) {
	textFuncs := template.FuncMap{"quote": quote, "wrap": wrap, "item": item, "clean": clean, "bar": bar}
	if f.text, err = template.New("letter.txt").Funcs(textFuncs).ParseFS(files, "mail/letter.txt"); err != nil {
		return f, err
	}
	htmlFuncs := htmltemplate.FuncMap{"lines": lines, "linked": linked, "outlookTable": outlookTable, "outlookTableEnd": outlookTableEnd}
	if f.html, err = htmltemplate.New("letter.html").Funcs(htmlFuncs).ParseFS(files, "mail/letter.html"); err != nil {
		return f, err
	}
	return f, f.try()
}

// Outlook for Windows sets mails with Word, which knows no max-width: it alone
// reads these comments, and sets the letter in a table of the same width. The
// package html/template leaves out comments that stand in a template.
func outlookTable() htmltemplate.HTML {
	return `<!--[if mso]><table role="presentation" width="640" cellpadding="0" cellspacing="0" border="0"><tr><td><![endif]-->`
}

func outlookTableEnd() htmltemplate.HTML { return `<!--[if mso]></td></tr></table><![endif]-->` }

// try sets a full letter and an empty one, so that a wrong frame is found when
// it is loaded and not when it is needed. A full letter must come out whole.
func (f frame) try() error {
	full := Letter{Lang: "es", Title: "title", Marker: "marker1", Footer: []Block{{Kind: Text, Text: "footer2"}}}
	want := []string{"marker1", "footer2"}
	for i, kind := range []BlockKind{Text, Strong, Words, Quote, Facts, Form, List, Chart, Link} {
		word := fmt.Sprintf("%s%d", kind, i+3)
		want = append(want, word)
		b := Block{Kind: kind}
		switch kind {
		case Facts:
			b.Facts = []Fact{{Name: "name", Value: word}}
		case Form, List:
			b.Lines = []string{"line", word}
		case Chart:
			b.Head, b.Columns, b.Rows = "head", []string{"column"}, []Row{{Name: "name", Bars: []Bar{{Value: word, Share: 50}}}}
		default:
			b.Text, b.URL = word, "https://respon.example/"
		}
		full.Blocks = append(full.Blocks, b)
	}
	text, html, err := f.set(Letter{})
	if err == nil {
		text, html, err = f.set(full)
	}
	if err != nil {
		return err
	}
	var errs []error
	for _, word := range want {
		if !strings.Contains(text, word) {
			errs = append(errs, fmt.Errorf("mail/letter.txt: %s is left out", strings.TrimRight(word, "0123456789")))
		}
		if !strings.Contains(html, word) {
			errs = append(errs, fmt.Errorf("mail/letter.html: %s is left out", strings.TrimRight(word, "0123456789")))
		}
	}
	return errors.Join(errs...)
}

func (f frame) set(l Letter) (text, html string, err error) {
	var t, h bytes.Buffer
	if err := f.text.Execute(&t, l); err != nil {
		return "", "", fmt.Errorf("mail/letter.txt: %w", err)
	}
	if err := f.html.Execute(&h, l); err != nil {
		return "", "", fmt.Errorf("mail/letter.html: %w", err)
	}
	return strings.Trim(t.String(), "\n") + "\n", h.String(), nil
}

// Mail sets a letter in its frame, as plain text and as HTML.
func (s *Set) Mail(l Letter) (text, html string, err error) { return s.frame.set(l) }
