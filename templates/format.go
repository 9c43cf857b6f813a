package templates

import (
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"
)

// columns is how wide our own lines of plain text are.
const columns = 72

// wrap breaks a paragraph of ours into lines.
func wrap(s string) string { return indent(s, "", "") }

// item sets an item of a list.
func item(s string) string { return indent(s, "- ", "  ") }

// indent breaks a paragraph into lines that begin with first, then rest. It
// breaks at spaces alone, so that a no-break space keeps what it joins, and
// never before a #: a line that begins with one could be taken for a command
// when somebody answers and her mail program does not mark what it quotes.
func indent(s, first, rest string) string {
	var b strings.Builder
	for i, paragraph := range strings.Split(clean(s), "\n") {
		if i > 0 {
			b.WriteString("\n" + rest)
		} else {
			b.WriteString(first)
		}
		width := len(rest)
		for j, word := range strings.FieldsFunc(paragraph, func(r rune) bool { return r == ' ' }) {
			n := utf8.RuneCountInString(word)
			switch {
			case j == 0:
			case width+1+n > columns && word[0] != '#':
				b.WriteString("\n" + rest)
				width = len(rest)
			default:
				b.WriteByte(' ')
				width++
			}
			b.WriteString(word)
			width += n
		}
	}
	return b.String()
}

// barColumns is the length of the longest bar.
const barColumns = 30

// bar draws a bar with a space behind it, or nothing. What is not nothing can be
// seen.
func bar(share int) string {
	if share <= 0 {
		return ""
	}
	return strings.Repeat("█", max(1, min(share, 100)*barColumns/100)) + " "
}

// quote marks words as somebody else's (RFC 3676, section 4.5).
func quote(s string) string {
	return "> " + strings.ReplaceAll(strings.TrimSpace(clean(s)), "\n", "\n> ")
}

// lines splits a text, for <br> between.
func lines(s string) []string { return strings.Split(strings.TrimSpace(clean(s)), "\n") }

// clean takes out what has no place in a text: control characters, which a
// terminal may obey, and other ways to end a line than one.
func clean(s string) string {
	s = strings.NewReplacer("\r\n", "\n", "\r", "\n").Replace(s)
	return strings.Map(func(r rune) rune {
		if r != '\n' && r != '\t' && unicode.IsControl(r) {
			return -1
		}
		return r
	}, s)
}

var address = regexp.MustCompile(`https?://[^\s<>"'«»]+`)

// Piece is a part of a line; URL is "" where it leads nowhere.
type Piece struct{ Text, URL string }

// linked finds the addresses of pages in a line: not every mail program does
// that for a text in HTML.
func linked(line string) (pieces []Piece) {
	for line != "" {
		at := address.FindStringIndex(line)
		if at == nil {
			return append(pieces, Piece{Text: line})
		}
		url := strings.TrimRight(line[at[0]:at[1]], ".,;:!?)]}")
		if at[0] > 0 {
			pieces = append(pieces, Piece{Text: line[:at[0]]})
		}
		pieces = append(pieces, Piece{Text: url, URL: url})
		line = line[at[0]+len(url):]
	}
	return pieces
}
