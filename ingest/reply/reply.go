// Package reply finds what a person newly wrote in an answer: the text without
// the quoted history, the forwarded block below it, the signature and what a
// device adds at the end. Text in, text out; it knows no mails.
//
// A word too much is a nuisance, a word lost is a failure: when in doubt, it
// keeps.
package reply

import (
	"regexp"
	"strings"
)

// New gives what a person newly wrote. The HTML text, if there is one, says
// better than the plain one what is quoted; it is used where the plain text
// came out of it or marks nothing.
func New(text, html string) string {
	if html != "" && !strings.Contains(text, "\n>") && !introduced(text) {
		if marked := quotedHTML(html); strings.Contains(marked, "\n>") || strings.HasPrefix(marked, ">") {
			text = marked
		}
	}
	lines := strings.Split(strings.TrimRight(text, "\n \t"), "\n")
	lines = unquote(lines)
	lines = unsign(lines)
	return strings.Trim(strings.Join(lines, "\n"), "\n")
}

var (
	// wrote is the line that introduces a quotation: a date or an address, and
	// a word for writing at its end.
	wrote = regexp.MustCompile(`(?i)^(?:el |on |le |il |em |am |op |missatge de |mensaje de |quoting |en |a )?.{3,400}` +
		`(?:escribió|escribio|va escriure|ha escrit|escrigué|wrote|a écrit|schrieb|ha scritto|escreveu|schreef|a les \d{1,2}[:.]\d{2}|idatzi du|escribiu|napisał(?:\(a\))?|пишет|написал[а]?|skrev)\s*:?\s*$`)
	hint      = regexp.MustCompile(`[@<]|\d{1,4}[/.-]\d{1,2}|\b(?:19|20)\d{2}\b|\d{1,2}[:.]\d{2}`)
	original  = regexp.MustCompile(`(?i)^\s*[-_*]{2,}\s*(?:mensaje original|missatge original|original message|mensaje reenviado|missatge reenviat|forwarded message|message d'origine|message transf[eé]r[eé]|ursprüngliche nachricht|weitergeleitete nachricht|messaggio originale|messaggio inoltrato|mensagem original|mensagem encaminhada|oorspronkelijk bericht)\s*[-_*]{2,}\s*$`)
	fromLine  = regexp.MustCompile(`(?i)^[\s*>_]*(?:de|from|von|da|van|od|от|fra|från|desde)\s*:\**\s*\S`)
	otherLine = regexp.MustCompile(`(?i)^[\s*>_]*(?:enviado(?: el)?|enviat(?: el)?|sent|date|fecha|data|datum|gesendet|envoy[eé]|inviato|para|per a|a|to|an|à|asunto|assumpte|tema|subject|betreff|objet|oggetto|assunto|cc|onderwerp|aan|verzonden)\s*:`)
	ruler     = regexp.MustCompile(`^\s*[_\-*=]{2,}\s*$`)
	device    = regexp.MustCompile(`(?i)^\s*(?:enviado desde (?:mi|my|el|un|outlook|correo|yahoo)|enviat des del? |obtener outlook|obtén outlook|obtenir outlook|obteniu l'outlook|sent from (?:my|outlook|yahoo|mail for)|get outlook for|envoyé de mon|von meinem .{2,40} gesendet|gesendet von|inviato da|enviado do meu|télécharger outlook|verstuurd vanaf)`)
)

func introduced(text string) bool {
	lines := strings.Split(text, "\n")
	for i := range lines {
		if begins(lines, i) > 0 || headers(lines, i) || original.MatchString(lines[i]) {
			return true
		}
	}
	return false
}

// begins reports over how many lines, from i on, a quotation is introduced.
func begins(lines []string, i int) int {
	joined := ""
	for n := 1; n <= 3 && i+n <= len(lines); n++ {
		l := strings.TrimSpace(lines[i+n-1])
		if l == "" || strings.HasPrefix(l, ">") {
			return 0
		}
		joined = strings.TrimSpace(joined + " " + l)
		if wrote.MatchString(joined) && hint.MatchString(joined) {
			return n
		}
	}
	return 0
}

// headers reports whether a block of headers begins at i, as Outlook quotes.
func headers(lines []string, i int) bool {
	if !fromLine.MatchString(lines[i]) {
		return false
	}
	others := 0
	for _, l := range lines[i+1 : min(i+8, len(lines))] {
		if otherLine.MatchString(l) {
			others++
		}
	}
	return others >= 2
}

func quoted(l string) bool { return strings.HasPrefix(strings.TrimLeft(l, " "), ">") }

func blank(lines []string) bool {
	for _, l := range lines {
		if strings.TrimSpace(l) != "" && !ruler.MatchString(l) {
			return false
		}
	}
	return true
}

// unquote takes the quoted history away.
func unquote(lines []string) []string {
	for i := range lines {
		n := begins(lines, i)
		block := n == 0 && (headers(lines, i) || original.MatchString(lines[i]))
		if n == 0 && !block {
			continue
		}
		above, below := lines[:i], lines[i+n:]
		switch {
		case block && blank(above):
			return lines // nothing but a forwarded mail: that is what was sent
		case block:
			return above
		case answersInside(below):
			// Answers between or below what they answer: all of it stays but the
			// introduction and the quotation that nobody answers.
			return join(above, trimQuotes(below))
		case !blank(above) || marked(below):
			return above
		default:
			return below // it is not marked as quoted: it may be the answer
		}
	}
	return trimQuotes(lines)
}

func join(above, below []string) []string {
	if blank(above) {
		return below
	}
	return append(append([]string{}, above...), below...)
}

func marked(lines []string) bool {
	for _, l := range lines {
		if strings.TrimSpace(l) != "" {
			return quoted(l)
		}
	}
	return true
}

// answersInside reports whether words stand below or between quoted lines.
func answersInside(lines []string) bool {
	if !marked(lines) {
		return false
	}
	seen := false
	for i, l := range lines {
		switch {
		case quoted(l):
			seen = true
		case strings.TrimSpace(l) == "-- " || strings.TrimSpace(l) == "--":
			return false
		case seen && strings.TrimSpace(l) != "" && !ruler.MatchString(l) && !device.MatchString(l) && !wrapped(lines, i):
			return true
		}
	}
	return false
}

// wrapped reports whether a line is the rest of a quoted one that a mail
// program broke without repeating the mark.
func wrapped(lines []string, i int) bool {
	return i > 0 && i+1 < len(lines) && quoted(lines[i-1]) && quoted(lines[i+1]) && len(lines[i-1]) > 60
}

// trimQuotes takes quoted lines away that stand above all words, or below all.
func trimQuotes(lines []string) []string {
	for len(lines) > 0 && (quoted(lines[len(lines)-1]) || strings.TrimSpace(lines[len(lines)-1]) == "") {
		lines = lines[:len(lines)-1]
	}
	words := 0
	for words < len(lines) && (quoted(lines[words]) || strings.TrimSpace(lines[words]) == "") {
		words++
	}
	inside := false
	for _, l := range lines[words:] {
		inside = inside || quoted(l)
	}
	if inside {
		return lines // the quoted lines above an answer tell what it answers
	}
	return lines[words:]
}

// unsign takes a signature and a device's line away.
func unsign(lines []string) []string {
	for i, l := range lines {
		if l == "-- " || strings.TrimRight(l, " \t\u00a0") == "--" {
			if !blank(lines[:i]) {
				lines = lines[:i]
			}
			break
		}
	}
	for len(lines) > 0 {
		last := lines[len(lines)-1]
		if strings.TrimSpace(last) != "" && !ruler.MatchString(last) && !device.MatchString(last) {
			break
		}
		lines = lines[:len(lines)-1]
	}
	return lines
}
