package reply

import (
	"regexp"
	"strings"
)

// Forward is a mail that somebody passed on inside the text of another.
type Forward struct {
	Above   string // what the one who passed it on wrote
	Name    string // its author's
	Address string
	Subject string
	Text    string
}

var (
	authorPlain  = regexp.MustCompile(`(?i)^(.*?)[\s<(\["]*(?:mailto:)?([^\s<>()\["]+@[^\s<>()\]"]+)`)
	forwardLines = 20 // of the block above the mail that was passed on
)

// Forwarded finds the mail that was passed on in a text: below a ruler that says
// so or below the fields of a header, as mail programs write them. ok is false
// if there is none, or if it does not say whose it is.
func Forwarded(text string) (f Forward, ok bool) {
	lines := strings.Split(text, "\n")
	for i := range lines {
		if !opens(lines, i) || ours.MatchString(plain(lines[i])) {
			continue
		}
		f.Above = strings.TrimSpace(strings.Join(lines[:i], "\n"))
		end := f.fields(lines, i)
		if f.Address == "" {
			return f, false
		}
		f.Text = strings.TrimSpace(strings.Join(unquoted(lines[end:]), "\n"))
		return f, true
	}
	return f, false
}

// fields reads the header of the mail that was passed on, and gives where its
// text begins.
func (f *Forward) fields(lines []string, i int) (end int) {
	seen := 0
	for ; i < len(lines) && seen < forwardLines; i, seen = i+1, seen+1 {
		l := strings.TrimLeft(plain(lines[i]), "> ")
		if strings.TrimSpace(l) == "" {
			if f.Address != "" {
				return i + 1
			}
			continue
		}
		switch kind, _, value := field(l); {
		case kind == author && f.Address == "":
			if m := authorPlain.FindStringSubmatch(strings.Trim(value, "* ")); m != nil {
				f.Name, f.Address = strings.Trim(m[1], `"'* `), strings.Trim(m[2], `.,;*`)
			}
		case kind == subject:
			f.Subject = strings.Trim(value, "* ")
		}
	}
	return i
}

// unquoted takes the mark of a quotation from lines that all have it.
func unquoted(lines []string) []string {
	for _, l := range lines {
		if strings.TrimSpace(l) != "" && !isQuoted(l) {
			return lines
		}
	}
	out := make([]string, len(lines))
	for i, l := range lines {
		out[i] = strings.TrimPrefix(strings.TrimPrefix(strings.TrimLeft(l, " \t"), ">"), " ")
	}
	return out
}
