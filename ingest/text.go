package ingest

import (
	"bytes"
	"html"
	"regexp"
	"strings"
	"unicode"

	"respon/ingest/reply"
)

// piece is a text in a mail: plain, or HTML, or one said in both ways.
type piece struct{ plain, html string }

func (p piece) blank() bool {
	return strings.TrimSpace(p.plain) == "" && strings.TrimSpace(p.html) == ""
}

// walker gathers the text of a mail and the parts that are not text, in their
// order.
type walker struct {
	m        *Message
	fallback string // charset of undeclared bytes
	size     int    // of text so far
	files    []*part
	spare    []piece // texts of a winmail.dat, for a mail that has no other
	calendar []string
}

// walk takes down what the tree holds.
func (m *Message) walk(root *part) {
	w := &walker{m: m, fallback: root.Charset}
	pieces := w.read(root)
	if allBlank(pieces) {
		pieces = append(pieces, w.spare...)
	}
	m.Text, m.HTML = joinPieces(pieces)
	m.Calendar = strings.Join(w.calendar, "\n\n")
	if strings.TrimSpace(m.Text) == "" && m.Calendar != "" {
		m.Text = cleanText(m.Calendar)
	}
	m.attachAll(w.files)
}

func allBlank(pieces []piece) bool {
	for _, p := range pieces {
		if !p.blank() {
			return false
		}
	}
	return true
}

// read gives the texts of a part.
func (w *walker) read(p *part) []piece {
	switch {
	case p.ContentType == "multipart/alternative":
		return w.alternative(p)
	case p.Content == nil && p.FirstChild != nil:
		return w.children(p)
	case isShown(p):
		return w.leaf(p)
	case p.ContentType == "text/calendar" || p.ContentType == "application/ics":
		if told := calendarText(w.decode(p)); told != "" && len(w.calendar) < 20 {
			w.calendar = append(w.calendar, told)
		}
	}
	if p.Parent != nil && p.Parent.ContentType == "multipart/alternative" && isUnusedText(p) {
		return nil
	}
	w.files = append(w.files, p)
	if p.FirstChild == nil {
		return nil
	}
	inside := w.children(p) // a signed mail or a winmail.dat, which was opened
	if isTNEF(p) {
		w.spare = append(w.spare, inside...)
		return nil
	}
	return inside
}

func (w *walker) children(p *part) (pieces []piece) {
	for c := p.FirstChild; c != nil; c = c.NextSibling {
		pieces = append(pieces, w.read(c)...)
	}
	return pieces
}

// isShown reports whether a part is text that a reader is shown. A name or its
// disposition makes it an attachment, but for a mail that is nothing else.
func isShown(p *part) bool {
	switch p.ContentType {
	case "text/plain", "text/html", "text/markdown", "text/x-markdown":
	default:
		return false
	}
	if p.Disposition == "attachment" || p.FirstChild != nil {
		return false
	}
	if p.Parent == nil {
		return true
	}
	related := p.Parent.ContentType == "multipart/related" && p.Parent.FirstChild != p && p.ContentID != ""
	return p.FileName == "" && !related
}

// isUnusedText knows an alternative that is another form of the text.
func isUnusedText(p *part) bool {
	return strings.HasPrefix(p.ContentType, "text/") && p.ContentType != "text/calendar" && p.FileName == "" && p.Disposition != "attachment"
}

func (w *walker) leaf(p *part) []piece {
	s := w.decode(p)
	if p.ContentType == "text/html" {
		return []piece{{html: s}}
	}
	if strings.EqualFold(p.Params["format"], "flowed") {
		s = unflow(s, strings.EqualFold(p.Params["delsp"], "yes"))
	}
	return []piece{{plain: s}}
}

// decode gives a text part as UTF-8, whatever it says of itself.
func (w *walker) decode(p *part) string {
	b := p.Content
	if left := maxText - w.size; len(b) > left {
		w.m.problem(longText)
		b = b[:left]
		if i := bytes.LastIndexAny(b, " \n"); i > left-4096 {
			b = b[:i]
		}
	}
	w.size += len(b)
	charset := p.Charset
	if charset == "" && p.ContentType == "text/html" {
		charset = metaCharset(b)
	}
	s, ok := decode(b, charset, w.fallback)
	if !ok {
		w.m.problem(unknownCharset)
	}
	return withoutC1(s)
}

var metaPattern = regexp.MustCompile(`(?i)<meta[^>]{1,200}charset=["']?([\w:.-]{2,40})`)

// metaCharset is what an HTML text says of itself.
func metaCharset(b []byte) string {
	if m := metaPattern.FindSubmatch(b[:min(len(b), 4096)]); m != nil {
		return string(m[1])
	}
	return ""
}

// alternative chooses among forms of one text: the plain one, unless it is
// empty. The HTML goes with it: it says better what is quoted.
func (w *walker) alternative(p *part) []piece {
	var plain, rich []piece
	for c := p.FirstChild; c != nil; c = c.NextSibling {
		pieces := w.read(c)
		if allBlank(pieces) {
			continue
		}
		if pieces[0].plain != "" && len(plain) == 0 {
			plain = pieces
		} else if pieces[0].plain == "" {
			rich = pieces
		}
	}
	switch {
	case len(plain) == 0:
		return rich
	case len(plain) == 1 && plain[0].html == "" && len(rich) > 0:
		_, plain[0].html = joinPieces(rich)
	}
	return plain
}

// joinPieces gives the texts one below the other, as plain text and as HTML.
// The latter is empty where no piece has any.
func joinPieces(pieces []piece) (text, rich string) {
	var plain []string
	var hyper strings.Builder
	anyHTML := false
	for _, p := range pieces {
		if p.blank() {
			continue
		}
		s := cleanText(p.plain)
		if strings.TrimSpace(s) == "" {
			s = cleanText(reply.FromHTML(p.html))
		}
		if n := len(plain); n > 0 {
			plain[n-1] = strings.TrimRight(plain[n-1], "\n")
			s = strings.TrimLeft(s, "\n")
		}
		plain = append(plain, s)
		if p.html != "" {
			anyHTML = true
			hyper.WriteString(p.html)
		} else if len(pieces) > 1 {
			hyper.WriteString("\n<pre>" + html.EscapeString(s) + "</pre>\n")
		}
	}
	if anyHTML {
		rich = hyper.String()
	}
	return strings.Join(plain, "\n\n"), rich
}

// unflow joins the soft line breaks of format=flowed (RFC 3676, section 4), in
// quotations, too.
func unflow(s string, delSp bool) string {
	var b strings.Builder
	b.Grow(len(s))
	flowing, depth := false, 0
	for i, l := range strings.Split(strings.ReplaceAll(s, "\r\n", "\n"), "\n") {
		rest := strings.TrimLeft(l, ">")
		marks := len(l) - len(rest)
		rest = strings.TrimPrefix(rest, " ") // space-stuffing
		if !flowing || marks != depth || rest == "-- " {
			if i > 0 {
				b.WriteByte('\n')
			}
			if marks > 0 {
				b.WriteString(strings.Repeat(">", marks) + " ")
			}
		}
		depth = marks
		flowing = strings.HasSuffix(rest, " ") && rest != "-- "
		if flowing && delSp {
			rest = rest[:len(rest)-1]
		}
		b.WriteString(rest)
	}
	return b.String()
}

// cleanText makes text printable: LF line ends, no control characters but tab.
func cleanText(s string) string {
	s = strings.ReplaceAll(strings.ReplaceAll(s, "\r\n", "\n"), "\r", "\n")
	return strings.Map(func(r rune) rune {
		switch {
		case r == '\n' || r == '\t':
			return r
		case r == '\f' || r == '\v' || r == '\u0085' || r == '\u2028' || r == '\u2029':
			return '\n'
		case isC1(r):
			return '\uFFFD' // a byte that windows-1252 has no letter for
		case unicode.IsControl(r) || r == '\uFEFF':
			return -1
		}
		return r
	}, s)
}
