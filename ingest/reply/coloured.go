package reply

import (
	"regexp"
	"strconv"
	"strings"

	"golang.org/x/net/html"
)

// Outlook does not mark what it quotes, so that people write their answers between
// the lines of a mail in a colour of their own, and say so above: "le contesto
// abajo, en rojo".

// hue is a colour as people name it; "" is none that stands out.
type hue string

// pointing are the words by which somebody tells that she answers below.
var pointing = regexp.MustCompile(`(?i)(?:^|[^\pL])(?:abajo|debajo|a continuación|entre (?:las |sus |tus )?líneas|intercalad[oa]s?|davall|(?:més )?a?baix|a continuació|entre (?:les )?línies|intercalad(?:es|a)|` +
	`below|in-?line|between the lines|ci-dessous|entre les lignes|qui sotto|tra le righe|unten|zwischen den zeilen|entre as linhas)(?:[^\pL]|$)`)

// answering are the words by which she says that it is answers which stand there:
// a screen may be blue, too.
var answering = regexp.MustCompile(`(?i)(?:^|[^\pL])(?:contest|respond|respon|respuest|respost|coment|anot|indic|escri|marc|ver(?:[^\pL]|$)|vea|vore|answer|repl|respons|comment|see(?:[^\pL]|$)|répon|rispo|antwort)`)

// inHue are the words that name the colour.
var inHue = map[hue]*regexp.Regexp{
	"red":    coloured("rojo|roja|roig|vermell|vermella|red|rouge|rosso|rot|vermelho"),
	"blue":   coloured("azul|blau|blava|blue|bleu|blu"),
	"green":  coloured("verde|verd|verda|green|vert|grün"),
	"orange": coloured("naranja|taronja|orange|arancione|laranja"),
	"purple": coloured("morado|morada|lila|violeta|púrpura|morat|purple|violet|viola|roxo"),
}

func coloured(words string) *regexp.Regexp {
	return regexp.MustCompile(`(?i)(?:^|[^\pL])(?:en|in|de|em|amb|con|color|colour|couleur|farbe)\s+(?:color\s+|lletra\s+|letra\s+)?(?:` + words + `)(?:[^\pL]|$)`)
}

// accepts gives which hues hold answers by what is said above; nil if none do.
func accepts(words string) func(hue) bool {
	if !answering.MatchString(words) {
		return nil
	}
	named := map[hue]bool{}
	for h, pattern := range inHue {
		if pattern.MatchString(words) {
			named[h] = true
		}
	}
	switch {
	case len(named) > 0:
		return func(h hue) bool { return named[h] }
	case pointing.MatchString(words):
		return func(h hue) bool { return h != "" }
	}
	return nil
}

// inColour gives the answers that stand in colour between the lines of what an
// HTML mail quotes, each below the line it answers, if the words above say that
// there are any; "" otherwise. Links are coloured by programs, and do not count.
func inColour(source, words string) string {
	accept := accepts(words)
	if accept == nil {
		return ""
	}
	c := colours{styles: styles{known: map[look]rune{{}: noStyle}}, accept: accept, above: squeeze(words)}
	z := html.NewTokenizer(strings.NewReader(source))
	for range maxTokens {
		switch z.Next() {
		case html.ErrorToken:
			c.line()
			return strings.Join(c.answers, "\n")
		case html.TextToken:
			if c.skip == 0 {
				c.text(string(z.Text()))
			}
		case html.StartTagToken, html.SelfClosingTagToken:
			c.start(z.Token())
		case html.EndTagToken:
			name, _ := z.TagName()
			c.end(string(name))
		}
	}
	return strings.Join(c.answers, "\n")
}

func squeeze(s string) string { return strings.Join(strings.Fields(plain(s)), " ") }

// colours walks over an HTML text line by line.
type colours struct {
	styles       styles
	accept       func(hue) bool
	above        string
	links, skip  int
	plain, inked strings.Builder // of the line: what is not in an answer's colour, and what is
	last         string          // the last line without an answer
	answers      []string
}

func (c *colours) text(s string) {
	to := &c.plain
	if c.links == 0 && c.accept(hueOf(c.styles.now().colour)) {
		to = &c.inked
	}
	to.WriteString(s)
}

// line ends one.
func (c *colours) line() {
	uncoloured, answer := squeeze(c.plain.String()), squeeze(c.inked.String())
	c.plain.Reset()
	c.inked.Reset()
	if uncoloured != "" {
		c.last = uncoloured
	}
	if answer == "" || strings.Contains(c.above, answer) {
		return
	}
	if c.last != "" && !strings.Contains(c.above, c.last) {
		c.answers = append(c.answers, "> "+c.last)
	}
	c.last = ""
	c.answers = append(c.answers, answer)
}

func (c *colours) start(t html.Token) {
	c.styles.start(t)
	switch t.Data {
	case "style", "script", "title", "template":
		c.skip++
	case "a":
		c.links++
	case "br", "p", "div", "li", "tr", "td", "th", "h1", "h2", "h3", "h4", "h5", "h6", "blockquote", "hr", "table", "pre":
		c.line()
	}
}

func (c *colours) end(name string) {
	c.styles.end(name)
	switch name {
	case "style", "script", "title", "template":
		c.skip = max(c.skip-1, 0)
	case "a":
		c.links = max(c.links-1, 0)
	case "p", "div", "li", "tr", "td", "th", "h1", "h2", "h3", "h4", "h5", "h6", "blockquote", "table", "pre":
		c.line()
	}
}

// houseColours are those in which Outlook sets every answer and heading, whoever
// wrote it.
var houseColours = map[string]bool{"#1f497d": true, "#1f3864": true, "#2f5496": true, "#2e74b5": true, "#44546a": true, "#0563c1": true, "#0078d4": true, "#954f72": true, "#4f81bd": true, "#365f91": true}

// colourNames are the names of CSS that people's programs use.
var colourNames = map[string]hue{
	"red": "red", "darkred": "red", "crimson": "red", "firebrick": "red", "maroon": "red", "blue": "blue", "mediumblue": "blue", "darkblue": "blue", "navy": "blue", "royalblue": "blue",
	"green": "green", "darkgreen": "green", "forestgreen": "green", "limegreen": "green", "orange": "orange", "darkorange": "orange", "purple": "purple", "darkviolet": "purple", "blueviolet": "purple",
}

// hueOf names a colour of CSS as people do; "" for black, grey, white and what it
// does not know.
func hueOf(colour string) hue {
	if h, ok := colourNames[colour]; ok || houseColours[colour] {
		return h
	}
	r, g, b, ok := components(colour)
	top, bottom := max(r, g, b), min(r, g, b)
	if !ok || top < 90 || (top-bottom)*10 < top*6 {
		return ""
	}
	span := top - bottom
	var degrees int
	switch top {
	case r:
		degrees = (60*(g-b)/span + 360) % 360
	case g:
		degrees = 60*(b-r)/span + 120
	default:
		degrees = 60*(r-g)/span + 240
	}
	switch {
	case degrees < 18 || degrees >= 340:
		return "red"
	case degrees < 50:
		return "orange"
	case degrees >= 80 && degrees < 165:
		return "green"
	case degrees >= 190 && degrees < 255:
		return "blue"
	case degrees >= 255 && degrees < 310:
		return "purple"
	}
	return ""
}

// components reads #rrggbb, #rgb and rgb(r,g,b).
func components(colour string) (r, g, b int, ok bool) {
	if digits, is := strings.CutPrefix(colour, "#"); is {
		if len(digits) == 3 {
			digits = string([]byte{digits[0], digits[0], digits[1], digits[1], digits[2], digits[2]})
		}
		n, err := strconv.ParseUint(digits, 16, 32)
		return int(n >> 16), int(n >> 8 & 255), int(n & 255), err == nil && len(digits) == 6
	}
	_, list, is := strings.Cut(strings.TrimSuffix(colour, ")"), "(")
	parts := strings.Split(list, ",")
	if !is || !strings.HasPrefix(colour, "rgb") || len(parts) < 3 {
		return 0, 0, 0, false
	}
	var n [3]int
	for i := range n {
		v, err := strconv.Atoi(strings.TrimSpace(parts[i]))
		if err != nil || v < 0 || v > 255 {
			return 0, 0, 0, false
		}
		n[i] = v
	}
	return n[0], n[1], n[2], true
}
