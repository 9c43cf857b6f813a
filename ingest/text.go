package ingest

import (
	"bytes"
	"html"
	"regexp"
	"slices"
	"strings"
	"unicode"

	"respon/ingest/reply"
)

// piece is a text in a mail: plain, or HTML, or one said in both ways.
type piece struct{ plain, html string }

func (p piece) blank() bool { return isBlank(p.plain) && isBlank(p.html) }

// isBlank reports whether a text shows nothing. What stands beside an HTML text
// is often one space that does not break, or has no width.
func isBlank(s string) bool {
	return strings.TrimLeftFunc(s, func(r rune) bool { return unicode.IsSpace(r) || unicode.Is(unicode.Cf, r) || r == 0 }) == ""
}

// walker gathers the text of a mail and the parts that are not text, in their
// order.
type walker struct {
	m        *Message
	fallback string // charset of undeclared bytes
	size     int    // of text so far
	files    []*part
	spare    []piece // texts of a winmail.dat, for a mail that has no other
	unused   []*part // other forms of a text
	calendar []string
	agenda   []string // what is said below it
}

// walk takes down what the tree holds.
func (m *Message) walk(root *part) {
	w := &walker{m: m, fallback: root.Charset}
	pieces := w.read(root)
	if allBlank(pieces) {
		pieces = append(pieces, w.spare...)
	}
	if allBlank(pieces) {
		pieces = append(pieces, w.lastResort()...)
	}
	m.Text, m.HTML = joinPieces(pieces)
	m.Calendar = strings.Join(w.calendar, "\n\n")
	if isBlank(m.Text) && m.Calendar != "" {
		m.Text = cleanText(strings.Join(append(w.calendar, w.agenda...), "\n\n"))
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
		return append(w.leaf(p), w.children(p)...) // files that stand in the text
	case p.ContentType == "text/calendar" || p.ContentType == "application/ics":
		if told, description := calendarText(w.decode(p)); told != "" && len(w.calendar) < 20 {
			w.calendar = append(w.calendar, told)
			if description != "" {
				w.agenda = append(w.agenda, description)
			}
		}
	}
	if p.Parent != nil && p.Parent.ContentType == "multipart/alternative" && isUnusedText(p) {
		w.unused = append(w.unused, p)
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
	if isTNEF(p) {
		return false
	}
	if p.Parent == nil && (p.Disposition != "attachment" || p.FileName == "") {
		return true
	}
	if p.Disposition == "attachment" {
		return false
	}
	related := p.Parent.ContentType == "multipart/related" && p.Parent.FirstChild != p && p.ContentID != ""
	return p.FileName == "" && !related
}

// isUnusedText knows an alternative that is another form of the text.
func isUnusedText(p *part) bool {
	return strings.HasPrefix(p.ContentType, "text/") && p.ContentType != "text/calendar" && p.FileName == "" && p.Disposition != "attachment"
}

// lastResort gives the text of a mail that shows none: a form of it that readers
// seldom know, text of an unknown kind, which is plain text (RFC 2046, section
// 4.1.4), or one with a name that does not say that it is a file.
func (w *walker) lastResort() []piece {
	for i, p := range slices.Concat(w.unused, w.files) {
		if p.Disposition == "attachment" && p.FileName != "" || p.FirstChild != nil || p.FileName != "" && p.ContentType != "text/plain" && p.ContentType != "text/html" {
			continue
		}
		switch _, kind, _ := strings.Cut(p.ContentType, "/"); {
		case kind == "rtf":
		case !strings.HasPrefix(p.ContentType, "text/"):
			continue
		case kind == "calendar", kind == "csv", kind == "css", kind == "directory", kind == "rfc822-headers", strings.HasSuffix(kind, "vcard"), strings.HasSuffix(kind, "xml"), strings.HasSuffix(kind, "javascript"):
			continue
		}
		pieces := w.leaf(p)
		if allBlank(pieces) {
			continue
		}
		if n := len(w.unused); i >= n && p.FileName == "" && p.Disposition != "attachment" && !strings.HasSuffix(p.ContentType, "/rtf") { // else it is a file as well
			w.files = slices.Delete(w.files, i-n, i-n+1)
		}
		return pieces
	}
	return nil
}

func (w *walker) leaf(p *part) []piece {
	s := w.decode(p)
	switch {
	case strings.HasSuffix(p.ContentType, "html"):
		return []piece{{html: s}}
	case strings.HasSuffix(p.ContentType, "/rtf"):
		text, isHTML := textOfRTF([]byte(s))
		if isHTML {
			return []piece{{html: text}}
		}
		return []piece{{plain: text}}
	case p.ContentType == "text/enriched" || p.ContentType == "text/richtext":
		return []piece{{plain: unrich(s)}}
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
		if pieces[0].plain == "" {
			rich = alongside(rich, pieces)
		} else if len(plain) == 0 || c.ContentType == "text/plain" {
			plain = alongside(plain, pieces)
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

// alongside adds texts of one kind to those that a part has already. The last
// one is the best (RFC 2046, section 5.1.4), but where it says something else a
// gateway has put its notice there, and both are shown.
func alongside(old, pieces []piece) []piece {
	if len(old) == 0 {
		return pieces
	}
	if len(old) > maxForms {
		return append(old, pieces...)
	}
	was, is := essence(old), essence(pieces)
	switch {
	case strings.Contains(is, was):
		return pieces
	case strings.Contains(was, is):
		return old
	}
	return append(old, pieces...)
}

// essence is the words of texts, without white space.
func essence(pieces []piece) string {
	text, _ := joinPieces(pieces)
	return strings.Join(strings.Fields(text), "")
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

var richTag = regexp.MustCompile(`</?[A-Za-z][A-Za-z0-9-]{0,60}>`)

// unrich gives the words of text/enriched (RFC 1896): single line ends are
// spaces, "<<" is "<".
func unrich(s string) string {
	s = richTag.ReplaceAllString(strings.ReplaceAll(s, "\r\n", "\n"), "")
	paragraphs := strings.Split(s, "\n\n")
	for i, p := range paragraphs {
		paragraphs[i] = strings.ReplaceAll(p, "\n", " ")
	}
	return strings.ReplaceAll(strings.Join(paragraphs, "\n"), "<<", "<")
}

// unflow joins the soft line breaks of format=flowed (RFC 3676, section 4), in
// quotations, too.
func unflow(s string, delSp bool) string {
	var b strings.Builder
	b.Grow(len(s))
	flowing, depth := false, 0
	for i, l := range strings.Split(withLF(s), "\n") {
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

// withLF makes all line ends LF: CRLF, bare CR, and the CRCRLF of broken relays,
// which is one, too.
func withLF(s string) string {
	if !strings.Contains(s, "\r") {
		return s
	}
	for _, end := range [...]string{"\r\r\n", "\r\n", "\r"} {
		s = strings.ReplaceAll(s, end, "\n")
	}
	return s
}

// cleanText makes text printable: LF line ends, no control characters but tab.
func cleanText(s string) string {
	s = withLF(s)
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
