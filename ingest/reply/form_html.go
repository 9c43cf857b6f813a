package reply

import (
	"regexp"
	"slices"
	"strings"

	"golang.org/x/net/html"
)

// In the text made of an HTML one for reading the form, a rune of the private
// use area says in which style the letters after it are set: people choose a
// word by making it bold. Which style it is does not matter, only where it
// changes.
const (
	noStyle   = '\uE000'
	lastStyle = '\uE0FF'
)

func isStyle(r rune) bool { return r >= noStyle && r <= lastStyle }

// unstyled is a text without its styles.
func unstyled(s string) string {
	return strings.Map(func(r rune) rune {
		if isStyle(r) {
			return -1
		}
		return r
	}, s)
}

// styled is an HTML text with marks before what is quoted, each level its own,
// without what is struck out, and with styles.
func styled(source string) string {
	return convertWith(&converter{styles: &styles{known: map[look]rune{{}: noStyle}}}, source)
}

// look is how letters are set.
type look struct {
	bold, italic, underline, struck bool
	colour, ground                  string
}

type element struct {
	name string
	look look
}

// styles follows the elements that are open.
type styles struct {
	open  []element
	known map[look]rune
}

// maxOpen bounds how deep styles are followed.
const maxOpen = 100

func (s *styles) now() look {
	if n := len(s.open); n > 0 {
		return s.open[n-1].look
	}
	return look{}
}

func (s *styles) rune() rune {
	l := s.now()
	r, ok := s.known[l]
	if !ok && noStyle+rune(len(s.known)) <= lastStyle {
		r = noStyle + rune(len(s.known))
		s.known[l] = r
	} else if !ok {
		r = noStyle
	}
	return r
}

func (s *styles) start(t html.Token) {
	switch t.Data {
	case "br", "img", "hr", "input", "meta", "link", "col", "wbr":
		return
	}
	switch n := len(s.open); t.Data {
	case "p", "li", "td", "th", "tr": // their ends may be left out
		if n > 0 && s.open[n-1].name == t.Data {
			s.open = s.open[:n-1]
		}
	}
	if t.Type == html.SelfClosingTagToken || len(s.open) >= maxOpen {
		return
	}
	l := s.now()
	switch t.Data {
	case "b", "strong":
		l.bold = true
	case "i", "em":
		l.italic = true
	case "u", "ins":
		l.underline = true
	case "s", "strike", "del":
		l.struck = true
	case "mark":
		l.ground = "mark"
	}
	for _, a := range t.Attr {
		switch a.Key {
		case "color":
			l.colour = colour(a.Val)
		case "style":
			l = l.with(a.Val)
		}
	}
	s.open = append(s.open, element{t.Data, l})
}

func (s *styles) end(name string) {
	for i := len(s.open) - 1; i >= 0; i-- {
		if s.open[i].name == name {
			s.open = s.open[:i]
			return
		}
	}
}

// with adds what a style attribute says.
func (l look) with(style string) look {
	for _, d := range strings.Split(style, ";") {
		name, value, _ := strings.Cut(strings.ToLower(d), ":")
		value = strings.TrimSpace(value)
		switch strings.TrimSpace(name) {
		case "font-weight":
			l.bold = slices.Contains([]string{"bold", "bolder", "600", "700", "800", "900"}, value)
		case "font-style":
			l.italic = value == "italic"
		case "text-decoration", "text-decoration-line":
			l.underline = strings.Contains(value, "underline")
			l.struck = l.struck || strings.Contains(value, "line-through")
		case "color":
			l.colour = colour(value)
		case "background", "background-color":
			l.ground = colour(value)
		}
	}
	return l
}

// colour writes the usual ones, which mean nothing, as none.
func colour(s string) string {
	switch s = strings.Join(strings.Fields(strings.ToLower(s)), ""); s {
	case "inherit", "initial", "windowtext", "black", "#000", "#000000", "rgb(0,0,0)", "white", "#fff", "#ffffff", "rgb(255,255,255)", "transparent", "none":
		return ""
	}
	return s
}

// What people write around a word in plain text to make it stand out, or what
// programs make of bold letters.
var (
	stars  = regexp.MustCompile(`\*((?:\[[^\]]{0,4}\]\s*)?\pL[^*\[\]\n]{0,60})\*`)
	lows   = regexp.MustCompile(`(^|[\s(])_((?:\[[^\]]{0,4}\]\s*)?\pL[^_\[\]\n]{0,60})_`)
	tildes = regexp.MustCompile(`~{1,2}[^~\n]{1,60}~{1,2}`)
)

// setPlain gives a line of plain text the styles that it tells of.
func setPlain(s string) string {
	if strings.ContainsRune(s, '*') {
		s = stars.ReplaceAllString(s, "\uE001${1}\uE000")
	}
	if strings.ContainsRune(s, '_') {
		s = lows.ReplaceAllString(s, "${1}\uE001${2}\uE000")
	}
	if strings.ContainsRune(s, '~') {
		s = tildes.ReplaceAllString(s, "")
	}
	return s
}
