// Package reply finds what a person newly wrote in an answer: the text without
// the quoted history, the forwarded block below it, the signature and what a
// device adds at the end. Text in, text out; it knows no mails.
//
// New walks down the lines to the first place where a quotation begins, and
// looks at what stands above and below it: quote.go knows the marks of mail
// programs, signature.go what comes at the end of a mail, html.go the elements
// by which HTML mails mark a quotation, coloured.go the answers that are told from
// it by nothing but a colour.
//
// A word too much is a nuisance, a word lost is a failure: when in doubt, it
// keeps.
package reply

import (
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"
)

// New gives what a person newly wrote. The HTML text, if there is one, says
// better than the plain one what is quoted; it is used where the plain text
// marks no line. unsure: nothing would be left of a text in which more stands
// than what is quoted; then all of it is given.
func New(text, html string) (reply string, unsure bool) {
	lines := strings.Split(strings.TrimRight(text, "\n \t"), "\n")
	if html != "" && !marksQuotes(lines) {
		if marked := quotedHTML(html); strings.Contains("\n"+marked, "\n>") {
			lines = strings.Split(marked, "\n")
		}
	}
	reply = strings.Trim(strings.Join(unsign(unquote(lines)), "\n"), "\n")
	if reply == "" && saysMore(lines) {
		return strings.Trim(text, "\n"), true
	}
	if html != "" {
		if answers := inColour(html, reply); answers != "" {
			reply += "\n\n" + answers
		}
	}
	return reply, false
}

// saysMore reports whether anything stands in a text but what is quoted, the
// line that introduces it, and what a program adds.
func saysMore(lines []string) bool {
	for i := 0; i < len(lines); i++ {
		l := lines[i]
		n := introduces(lines, i)
		switch {
		case n > 0:
			i += n - 1
		case opens(lines, i) || strings.TrimSpace(l) == "--":
			return false // below it, nothing is new
		case isQuoted(l) || strings.HasPrefix(l, "|") || empty(lines[i:i+1]) || isDevice(l):
		default:
			return true
		}
	}
	return false
}

// marksQuotes reports whether the text itself tells what is quoted. That
// something is introduced does not tell where it ends.
func marksQuotes(lines []string) bool {
	for i := range lines {
		if isQuoted(lines[i]) || opens(lines, i) {
			return true
		}
	}
	return false
}

// unquote takes the quoted history away.
func unquote(lines []string) []string {
	for i := range lines {
		n := introduces(lines, i)
		if n == 0 && opens(lines, i) {
			if n = marked(lines, i); n == 0 {
				above := withoutQuotesBelow(lines[:i])
				if empty(above) {
					return withoutMark(lines, i) // nothing but a forwarded mail: that is what was sent
				}
				return above
			}
		}
		if n == 0 {
			continue
		}
		above, below := lines[:i], lines[i+n:]
		switch {
		case answersInside(below):
			// Answers between or below what they answer: all of it stays but the
			// introduction and the quotation that nobody answers.
			return join(unsign(above), inContext(withoutQuotes(unsign(below))))
		case !empty(above) || followed(below) || empty(below):
			return above
		default:
			return below // it is not marked as quoted: it may be the answer
		}
	}
	return withoutQuotes(unsign(lines))
}

// marked gives how many lines from i on introduce quoted lines, where a ruler
// stands at i and the program that drew it marks what it quotes: ProtonMail's has
// an introduction below it. 0: everything below is quoted.
func marked(lines []string, i int) int {
	if l := plain(lines[i]); isQuoted(l) || !between.MatchString(strings.TrimSpace(l)) {
		return 0
	}
	n := i + 1
	for n < len(lines) && strings.TrimSpace(plain(lines[n])) == "" {
		n++
	}
	if n == len(lines) {
		return 0
	}
	if over := introduces(lines, n); over > 0 && followed(lines[n+over:]) {
		return n + over - i
	}
	return 0
}

// pastedLines is how long a message is at most that somebody puts into a mail with
// the mark of quotations before it.
const pastedLines = 12

// shows is a line by which a person shows what follows, and nobody's name.
var shows = regexp.MustCompile(`^\p{Lu}?\p{Ll}*,? \p{Ll}+ \p{Ll}+ [^@<>0-9]{2,200}:$`)

// pasted reports whether the last lines look quoted, but a person says above them
// that she shows them: "Sale esto en la pantalla:".
func pasted(lines []string) bool {
	n := len(lines)
	for n > 0 && n > len(lines)-pastedLines && isQuoted(lines[n-1]) && !strings.HasPrefix(strings.TrimLeft(unmarked(lines[n-1]), " "), ">") {
		n--
	}
	at := n
	for n > 0 && n > at-2 && strings.TrimSpace(plain(lines[n-1])) == "" {
		n--
	}
	return n > 0 && at < len(lines) && shows.MatchString(strings.TrimSpace(plain(lines[n-1]))) && !says.MatchString(lines[n-1])
}

// withoutMark leaves out our own mark, under which the answer was written.
func withoutMark(lines []string, i int) []string {
	if !ours.MatchString(plain(lines[i])) {
		return lines
	}
	return unquote(lines[i+1:])
}

// empty reports whether nothing is said.
func empty(lines []string) bool {
	for _, l := range lines {
		if strings.TrimSpace(plain(l)) != "" && !anyRuler.MatchString(l) {
			return false
		}
	}
	return true
}

func join(above, below []string) []string {
	if empty(above) {
		return below
	}
	return append(append(append([]string{}, above...), ""), below...)
}

// answersInside reports whether words stand below or between quoted lines.
func answersInside(lines []string) bool {
	if !followed(lines) {
		return false
	}
	seen := false
	for i, l := range lines {
		switch {
		case isQuoted(l):
			seen = true
		case strings.TrimSpace(l) == "--":
			return false
		case seen && strings.TrimSpace(plain(l)) != "" && !anyRuler.MatchString(l) && !isDevice(l) && !isRest(lines, i):
			return true
		}
	}
	return false
}

// isRest reports whether a line is the rest of a quoted one that a mail program
// broke without repeating the mark.
func isRest(lines []string, i int) bool {
	if i == 0 || i+1 == len(lines) || !isQuoted(lines[i-1]) || !isQuoted(lines[i+1]) {
		return false
	}
	before := strings.TrimSpace(plain(lines[i-1]))
	first, _ := utf8.DecodeRuneInString(strings.TrimSpace(plain(lines[i])))
	switch last := before[len(before)-1]; {
	case last == '?', (last == '.' || last == '!') && !unicode.IsLower(first):
		return false // the sentence ended there
	}
	return len(before) > 60 || !strings.Contains(strings.TrimSpace(lines[i]), " ") && strings.Contains(lines[i-1], "://")
}

// withoutQuotesBelow takes quoted lines away that stand below all words.
func withoutQuotesBelow(lines []string) []string {
	if pasted(lines) {
		return lines
	}
	for len(lines) > 0 && (isQuoted(lines[len(lines)-1]) || strings.TrimSpace(plain(lines[len(lines)-1])) == "") {
		lines = lines[:len(lines)-1]
	}
	return lines
}

// withoutIntroduction takes an introduction away that is itself marked as quoted,
// as Apple's programs have it.
func withoutIntroduction(lines []string) []string {
	head := make([]string, 0, introLines+2)
	for _, l := range lines[:min(len(lines), introLines+2)] {
		if isQuoted(l) {
			l = unmarked(l)
		}
		head = append(head, l)
	}
	for i := range head {
		if n := introduces(head, i); n > 0 {
			return inContext(lines[i+n:])
		}
		if strings.TrimSpace(head[i]) != "" {
			break
		}
	}
	return lines
}

// contextLines is how many quoted lines are left above an answer.
const contextLines = 6

// inContext leaves of the quoted lines above each answer those that it answers, the
// last paragraph of them.
func inContext(lines []string) (kept []string) {
	for i := 0; i < len(lines); i++ {
		if !isQuoted(lines[i]) {
			kept = append(kept, lines[i])
			continue
		}
		end := i
		for end < len(lines) && isQuoted(lines[end]) {
			end++
		}
		last := end // behind the paragraph
		for last > i && strings.Trim(plain(lines[last-1]), "> ") == "" {
			last--
		}
		from := last
		for from > i && from > last-contextLines && strings.Trim(plain(lines[from-1]), "> ") != "" {
			from--
		}
		kept = append(kept, lines[from:last]...)
		i = end - 1
	}
	return kept
}

// withoutQuotes takes quoted lines away that stand above all words, or below
// all. The quoted lines above an answer tell what it answers, if there is more
// than one such place.
func withoutQuotes(lines []string) []string {
	all := lines
	lines = withoutQuotesBelow(lines)
	words := 0
	for words < len(lines) && (isQuoted(lines[words]) || strings.TrimSpace(plain(lines[words])) == "") {
		words++
	}
	for i, l := range lines[words:] {
		if isQuoted(l) {
			return withoutIntroduction(lines)
		}
		if opens(lines[words:], i) {
			break
		}
	}
	if words == len(lines) && len(all) > 0 {
		return nil
	}
	return lines[words:]
}
