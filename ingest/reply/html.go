package reply

import (
	"strings"

	"golang.org/x/net/html"
)

// maxTokens bounds how much of an HTML text is read.
const maxTokens = 2_000_000

// FromHTML gives the text that a reader of an HTML text sees. It works on
// tokens and builds no tree, so that its time grows with the length alone,
// however deep the elements are nested.
func FromHTML(source string) string { return convert(source, false) }

// quotedHTML is FromHTML with "> " before what the mail program marks as
// quoted.
func quotedHTML(source string) string { return convert(source, true) }

type converter struct {
	b       strings.Builder
	line    strings.Builder
	space   bool
	skip    int    // depth in elements whose text is not shown
	quote   int    // depth in the element that is a quotation
	open    []bool // elements of which quotations are made: true is a blockquote
	among   [2]int // how many of them are div, and blockquote
	marks   []mark
	marking bool
	said    bool // words stand above
	rest    bool // everything from here on is quoted
	pre     int  // depth in elements whose lines stand as they were written
	opened  bool // such an element has only just begun
	// styles is set for reading the form; nil otherwise.
	styles *styles
	style  rune // that was last written into the line
}

// A mark is an element that is a quotation. In those that hold an introduction and
// the quotation proper, people write answers below it.
type mark struct {
	depth     int
	container bool
	left      bool // the quotation proper has ended
}

func convert(source string, marking bool) string {
	return convertWith(&converter{marking: marking}, source)
}

func convertWith(c *converter, source string) string {
	z := html.NewTokenizer(strings.NewReader(source))
	for range maxTokens {
		switch z.Next() {
		case html.ErrorToken:
			c.flush()
			return strings.Trim(c.b.String(), "\n")
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
	c.flush()
	return strings.Trim(c.b.String(), "\n")
}

func (c *converter) text(s string) {
	if c.styles != nil && c.styles.now().struck {
		return
	}
	for _, r := range s { // the tokenizer has decoded the entities, once
		opened := c.opened
		c.opened = false
		switch {
		case c.styles != nil && isStyle(r):
		case c.pre > 0 && r == '\n':
			if !opened { // the line break right behind <pre> is not shown
				c.flush()
			}
		case c.pre > 0 && (r == ' ' || r == '\t'):
			c.line.WriteRune(r)
		case r == '\u00a0':
			c.line.WriteByte(' ')
		case r == ' ' || r == '\n' || r == '\t' || r == '\r' || r == '\f':
			c.space = true
		case r == '\u200b' || r == '\u00ad' || r == '\ufeff':
		default:
			if c.space && c.line.Len() > 0 {
				c.line.WriteByte(' ')
			}
			c.space = false
			if c.styles != nil {
				c.set()
			}
			c.line.WriteRune(r)
		}
	}
}

// set writes in which style the next letter is, where it changes.
func (c *converter) set() {
	if r := c.styles.rune(); r != c.style {
		c.style = r
		c.line.WriteRune(r)
	}
}

func (c *converter) flush() {
	text := strings.TrimRight(c.line.String(), " ")
	c.line.Reset()
	c.space, c.style = false, noStyle
	switch {
	case c.quote > 0 && c.styles != nil:
		text = strings.Repeat("> ", min(c.quote, maxLevels)) + text
	case c.quoted():
		text = strings.TrimRight("> "+text, " ")
	case text != "":
		c.said = true
	}
	c.b.WriteString(text + "\n")
}

func (c *converter) quoted() bool { return c.rest || c.quote > 0 }

// block ends a line if there is one.
func (c *converter) block() {
	if c.line.Len() > 0 {
		c.flush()
	}
	c.space = false
}

func (c *converter) paragraph() {
	c.block()
	if s := c.b.String(); s != "" && !strings.HasSuffix(s, "\n\n") && !c.quoted() {
		c.b.WriteByte('\n')
	}
}

func (c *converter) start(t html.Token) {
	if c.marking && !c.quoted() && quotesRest(t) {
		c.block()
		c.rest = c.said // with nothing above it, it is a mail passed on
	}
	if c.styles != nil {
		c.styles.start(t)
	}
	c.opened = false
	switch t.Data {
	// Not "head": many never close it, or write "<head/>", and all that it holds
	// of text is in these.
	case "style", "script", "title", "template":
		c.skip++
	case "br":
		c.flush()
	case "p", "h1", "h2", "h3", "h4", "h5", "h6", "ul", "ol", "table":
		c.paragraph()
	case "pre":
		c.paragraph()
		c.pre++
		c.opened = true
	case "tr", "dl", "dt", "dd", "section", "article", "header", "footer", "hr", "form", "address":
		c.block()
	case "li":
		c.block()
		c.line.WriteString("- ")
	case "td", "th":
		if c.line.Len() > 0 {
			c.line.WriteByte('\t')
			c.space = false
		}
	case "div", "blockquote":
		c.block()
		c.open = append(c.open, t.Data == "blockquote")
		c.among[kindOf(t.Data)]++
		// For the form the level counts, so that one element must be one level.
		if c.marking && isQuote(t) || c.styles != nil && t.Data == "blockquote" {
			c.marks = append(c.marks, mark{depth: len(c.open), container: t.Data == "div" && isContainer(t)})
			c.quote++
		}
	}
}

func (c *converter) end(name string) {
	if c.styles != nil {
		c.styles.end(name)
	}
	switch name {
	case "style", "script", "title", "template":
		c.skip = max(c.skip-1, 0)
	case "p", "h1", "h2", "h3", "h4", "h5", "h6", "ul", "ol", "table":
		c.paragraph()
	case "pre":
		c.paragraph()
		c.pre = max(c.pre-1, 0)
	case "tr", "li", "dl", "dt", "dd", "section", "article", "header", "footer", "form", "address":
		c.block()
	case "div", "blockquote":
		c.block()
		c.shut(name)
	}
}

func kindOf(name string) int {
	if name == "blockquote" {
		return 1
	}
	return 0
}

// shut closes an element and those in it that were left open, as browsers do.
func (c *converter) shut(name string) {
	for c.among[kindOf(name)] > 0 {
		depth := len(c.open)
		quote := c.open[depth-1]
		c.open = c.open[:depth-1]
		kind := "div"
		if quote {
			kind = "blockquote"
		}
		c.among[kindOf(kind)]--
		if n := len(c.marks); n > 0 && c.marks[n-1].depth == depth {
			if !c.marks[n-1].left {
				c.quote--
			}
			c.marks = c.marks[:n-1]
			if n > 1 && quote {
				c.leave(&c.marks[n-2], depth)
			}
		}
		if kind == name {
			return
		}
	}
}

// leave ends the quotation of a container whose quotation proper has just ended.
func (c *converter) leave(m *mark, depth int) {
	if m.container && !m.left && m.depth+1 == depth {
		m.left = true
		c.quote--
	}
}

// isContainer knows the elements of Gmail and ProtonMail that hold introduction and
// quotation.
func isContainer(t html.Token) bool {
	for _, a := range t.Attr {
		if a.Key == "class" && (strings.Contains(a.Val, "gmail_quote") || strings.Contains(a.Val, "protonmail_quote")) {
			return true
		}
	}
	return false
}

// isQuote knows the elements in which mail programs put what they quote.
func isQuote(t html.Token) bool {
	for _, a := range t.Attr {
		switch a.Key {
		case "type":
			if t.Data == "blockquote" && strings.EqualFold(a.Val, "cite") {
				return true
			}
		case "class":
			for _, class := range strings.Fields(a.Val) {
				switch class {
				case "gmail_quote", "gmail_quote_container", "moz-cite-prefix", "protonmail_quote":
					return true
				}
				if strings.HasSuffix(class, "yahoo_quoted") { // "ydp1a2b3cyahoo_quoted"
					return true
				}
			}
		}
	}
	return false
}

// quotesRest knows the elements from which on everything is quoted: those of
// Outlook in its forms, and Zimbra's. Whoever quotes such a mail in turn puts
// something before the name ("x_divRplyFwdMsg").
func quotesRest(t html.Token) bool {
	for _, a := range t.Attr {
		switch a.Key {
		case "id":
			for _, id := range [...]string{"divRplyFwdMsg", "appendonsend", "OLK_SRC_BODY_SECTION", "mail-editor-reference-message-container"} {
				if strings.HasSuffix(a.Val, id) {
					return true
				}
			}
		case "data-marker":
			switch a.Val {
			case "__DIVIDER__", "__HEADERS__", "__QUOTED_TEXT__":
				return true
			}
		}
	}
	return false
}
