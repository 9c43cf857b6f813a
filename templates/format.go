package templates

import (
	"strings"
	"unicode/utf8"
)

// columns is how wide our own lines of plain text are.
const columns = 72

// wrap breaks a paragraph of ours into lines.
func wrap(s string) string {
	var b strings.Builder
	for i, paragraph := range strings.Split(s, "\n") {
		if i > 0 {
			b.WriteByte('\n')
		}
		width := 0
		for j, word := range strings.Fields(paragraph) {
			n := utf8.RuneCountInString(word)
			switch {
			case j == 0:
			case width+1+n > columns:
				b.WriteByte('\n')
				width = 0
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

// quote marks words as somebody else's (RFC 3676, section 4.5).
func quote(s string) string {
	return "> " + strings.ReplaceAll(strings.TrimSpace(s), "\n", "\n> ")
}

// lines splits a text, for <br> between.
func lines(s string) []string { return strings.Split(strings.TrimSpace(s), "\n") }
