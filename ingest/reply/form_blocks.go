package reply

import (
	"regexp"
	"strings"
)

// maxLevels bounds how deep quotations within quotations are told apart.
const maxLevels = 6

// origin says who wrote what a quotation holds.
type origin int

const (
	unknown origin = iota
	fromUs
	fromOthers
)

// A line of a mail: how deep it is quoted, 0 for the sender's own, and whose
// words it quotes.
type line struct {
	text   string // with styles
	level  int
	whose  origin
	marker bool // it introduces a quotation, and says nothing
}

func (l line) empty() bool { return strings.TrimSpace(plain(unstyled(l.text))) == "" }

// blocks takes a mail apart by levels of quotation.
type blocks struct {
	names Names
	lines []line
}

var mailAddress = regexp.MustCompile(`[^\s<>"'()\[\]:;,]+@[^\s<>"'()\[\]:;,]+`)

// author tells whose mail an introduction introduces.
func (b *blocks) author(intro []string) origin {
	text := strings.Join(intro, " ")
	for i, l := range intro {
		kind, _, value := field(strings.TrimLeft(plain(l), "> "))
		if kind == author && strings.TrimSpace(value) != "" {
			text = value // not to whom it went
			break
		} else if kind == author && i+1 < len(intro) {
			text = intro[i+1]
			break
		}
	}
	addresses := mailAddress.FindAllString(text, 10)
	for _, a := range addresses {
		if b.isOurs(a) {
			return fromUs
		}
	}
	if name := foldAll(b.names.Gateway); name != "" && strings.Contains(" "+foldAll(text)+" ", " "+name+" ") {
		return fromUs
	}
	if len(addresses) > 0 {
		return fromOthers
	}
	return unknown
}

func (b *blocks) isOurs(address string) bool {
	local, domain, _ := strings.Cut(strings.TrimPrefix(strings.ToLower(address), "mailto:"), "@")
	local, _, _ = strings.Cut(local, "+")
	for _, a := range b.names.Addresses {
		if strings.EqualFold(a, local+"@"+domain) {
			return true
		}
	}
	return false
}

// read takes down the lines of one level, and those of the quotations in it.
func (b *blocks) read(styledLines []string, level int, whose origin) {
	lines := make([]string, len(styledLines))
	for i, l := range styledLines {
		lines[i] = unstyled(l)
	}
	quoted := unknown // whose words the marked lines are
	said := false
	for i := 0; i < len(lines); {
		switch {
		case isQuoted(lines[i]):
			n := i
			var inside []string
			for n < len(lines) && isQuoted(lines[n]) {
				inside = append(inside, unmarked(styledLines[n]))
				n++
			}
			b.inside(inside, level+1, quoted)
			i = n
			continue
		case ours.MatchString(plain(lines[i])):
			b.mark(styledLines[i:i+1], level, whose)
			if whose == fromOthers || level == 0 {
				level++
			}
			whose = fromUs
			i++
			continue
		}
		n := introduces(lines, i)
		if n == 0 && opens(lines, i) {
			n = header(lines[i:])
		}
		if n == 0 {
			b.lines = append(b.lines, line{text: styledLines[i], level: level, whose: whose})
			said = said || strings.TrimSpace(lines[i]) != ""
			i++
			continue
		}
		who := b.author(lines[i : i+n])
		b.mark(styledLines[i:i+n], level, whose)
		i += n
		switch {
		case followed(lines[i:]):
			quoted = who
			continue
		case level > 0 && !said && whose == unknown:
			whose, said = who, true // Apple's programs introduce inside what they mark
			continue
		}
		b.inside(styledLines[i:], level+1, who)
		return
	}
}

func (b *blocks) inside(lines []string, level int, whose origin) {
	if level >= maxLevels {
		for _, l := range lines {
			b.lines = append(b.lines, line{text: l, level: level, whose: whose})
		}
		return
	}
	b.read(lines, level, whose)
}

func (b *blocks) mark(lines []string, level int, whose origin) {
	for _, l := range lines {
		b.lines = append(b.lines, line{text: l, level: level, whose: whose, marker: true})
	}
}

// unmarked is a quoted line without its outermost mark.
func unmarked(l string) string {
	i := strings.IndexByte(l, '>')
	return strings.TrimPrefix(l[i+1:], " ")
}

// header gives how many lines introduce what stands below: the words between
// rulers, the fields, and the rest of fields that were wrapped.
func header(lines []string) int {
	n, fields := 1, 0
	if isField(plain(lines[0])) {
		fields = 1
	}
	for i := 1; i < min(len(lines), 14); i++ {
		l := plain(lines[i])
		switch {
		case isField(l):
			fields++
			n = i + 1
		case strings.TrimSpace(l) == "" && fields > 0:
			return n
		}
	}
	return n
}
