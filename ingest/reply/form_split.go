package reply

import (
	"slices"
	"strings"
)

// People fill in a form on one line, and telephones make one of several: "Tipo:
// incidencia Categoría: portales".

// maxParts bounds into how many a line is taken apart.
const maxParts = 8

// split takes the lines apart that begin like one of the form and hold the
// beginning of another. from tells which line each part comes from.
func split(lines []line) (parts []line, from []int) {
	for i, l := range lines {
		for _, text := range inParts(l) {
			part := l
			part.text = text
			parts, from = append(parts, part), append(from, i)
		}
	}
	return parts, from
}

func inParts(l line) (parts []string) {
	text := l.text
	if l.marker || len(text) > 2000 || !strings.ContainsAny(text, ":?=([") {
		return []string{text}
	}
	words := wordsOf(text)
	if numbered(text, words) {
		words = words[1:]
	}
	if len(words) < 3 || !beginsItem(text, words, 0) {
		return []string{text}
	}
	start, depth, at := 0, 0, 0
	for i := 1; i < len(words) && len(parts) < maxParts; i++ {
		depth += strings.Count(text[at:words[i].start], "(") - strings.Count(text[at:words[i].start], ")")
		at = words[i].start
		if depth > 0 || !beginsItem(text, words, i) {
			continue
		}
		cut := words[i].start
		if before := strings.TrimRight(text[:cut], "¿*_ "); len(before) >= start && strings.Contains(text[len(before):cut], "¿") {
			cut = len(before)
		}
		parts = append(parts, text[start:cut])
		start = cut
	}
	for i, p := range parts {
		parts[i] = strings.TrimRight(p, " \t/|-–—;,")
	}
	return append(parts, text[start:])
}

// partLength is how much between two parts of a line is looked at.
const partLength = 16

// beginsItem reports whether a line of the form begins at a word.
func beginsItem(text string, words []word, i int) bool {
	if i >= len(words) {
		return false
	}
	w := words[i]
	if _, ok := heads[w.folded]; ok {
		behind := strings.TrimLeft(unstyled(text[w.end:]), " \u00a0\t*_")
		return behind != "" && strings.ContainsAny(behind[:1], ":(=")
	}
	parted := strings.ContainsAny(lastOf(strings.TrimRight(unstyled(text[max(0, w.start-partLength):w.start]), " ¿")), ".,;/|])")
	for _, ask := range inShort {
		if !parted {
			break // it may be the end of a longer one
		}
		if end := i + len(ask.words); end <= len(words) && w.folded == ask.words[0] && common(words[i:], ask.words) == len(ask.words) {
			behind := strings.TrimLeft(unstyled(text[words[end-1].end:]), " ")
			if behind != "" && strings.ContainsAny(behind[:1], ":?=") {
				return true
			}
		}
	}
	for _, ask := range asked {
		if w.folded[0] == ask.words[0][0] && common(words[i:], ask.words) == len(ask.words) {
			return true
		}
	}
	return false
}

// gather tells of the lines what is known of their parts: a line is taken up if
// each of its parts is.
func gather(used []bool, from []int, n int) []bool {
	whole := slices.Repeat([]bool{true}, n)
	for i, u := range used {
		whole[from[i]] = whole[from[i]] && u
	}
	return whole
}

// lastOf is the last byte of a text.
func lastOf(s string) string { return s[max(0, len(s)-1):] }
