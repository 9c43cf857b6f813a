package reply

import (
	"slices"
	"strings"
	"unicode"
)

// A token is what matters in the part of a line where boxes stand.
type token int

const (
	tokYes   token = iota
	tokNo          // the words
	tokMark        // x
	tokEmpty       // [ ]
	tokFull        // [x]
	tokNoBox       // [no]
	tokStop        // a comma and its like
	tokOther       // any other word: what follows is prose
)

type lexeme struct {
	token
	style   rune
	firm    bool // "sí" and "yes" are nothing but a yes; "si" and "no" begin sentences
	crossed bool // a cross: beside a tick it strikes its word out
	sign    bool // no brackets around it
	said    bool // yes or no stands in it
}

func (l lexeme) isBox() bool  { return l.token == tokEmpty || l.token == tokFull || l.token == tokNoBox }
func (l lexeme) isWord() bool { return l.token == tokYes || l.token == tokNo }

// lex takes apart what stands behind a question, up to its first other word.
func lex(q Question, s string) (list []lexeme) {
	style := noStyle
	runes := []rune(s)
	for i := 0; i < len(runes) && len(list) < 40; i++ {
		r := runes[i]
		switch {
		case isStyle(r):
			style = r
		case strings.ContainsRune(emptyBoxes, r):
			list = append(list, lexeme{token: tokEmpty, style: style})
		case strings.ContainsRune(markedBoxes, r):
			list = append(list, lexeme{token: tokFull, style: style, crossed: strings.ContainsRune(crosses, r), sign: true})
		case r == '[' || r == '(' || r == '{':
			if tok, n := box(runes[i:]); n > 0 {
				inside := strings.Trim(unstyled(string(runes[i+1:i+n-1])), " ")
				_, known := yesNo[keyOf(inside)]
				list = append(list, lexeme{token: tok, style: style, crossed: inside == "-", said: known && keyOf(inside) != "x"})
				i += n - 1
			} else if r != '[' {
				list = append(list, lexeme{token: tokStop})
			}
		case strings.ContainsRune(",.;:!–—-", r):
			list = append(list, lexeme{token: tokStop})
		case unicode.IsLetter(r) || unicode.IsDigit(r):
			if tok, n := phrase(q, runes[i:]); n > 0 {
				if list = append(list, lexeme{token: tok, style: style, firm: true}); tok == tokOther {
					return list
				}
				i += n - 1
				continue
			}
			n := i
			for n < len(runes) && (unicode.IsLetter(runes[n]) || unicode.IsDigit(runes[n]) || unicode.Is(unicode.Mn, runes[n])) {
				n++
			}
			w := string(runes[i:n])
			tok, ok := yesNo[keyOf(w)]
			switch {
			case joins[keyOf(w)] && len(list) == 1 && list[0].isWord() && denies(list[0].token, runes[n:]):
				return []lexeme{{token: tokOther}} // "sí y no"
			case !ok:
				return append(list, lexeme{token: tokOther})
			case tok == tokMark && n < len(runes) && runes[n] == '[':
				if empty, length := box(runes[n:]); empty == tokEmpty && length > 0 { // "X[ ] Sí"
					list = append(list, lexeme{token: tokFull, style: style})
					i = n + length - 1
					continue
				}
			}
			list = append(list, lexeme{token: tok, style: style, firm: tok == tokYes && (keyOf(w) == "yes" || strings.ContainsAny(w, "íÍ\u0301"))})
			i = n - 1
		}
	}
	return list
}

var joins = words("y o u i e and or ni")

// denies reports whether a text goes on with the other of yes and no.
func denies(said token, runes []rune) bool {
	next := wordsOf(string(runes[:min(len(runes), 12)]))
	if len(next) == 0 {
		return false
	}
	tok, ok := yesNo[next[0].folded]
	return ok && tok != said && tok != tokMark
}

// box reads a box in brackets and gives its length, 0 if it is none.
func box(runes []rune) (token, int) {
	shut := map[rune]rune{'[': ']', '(': ')', '{': '}'}[runes[0]]
	end := slices.Index(runes[:min(len(runes), 12)], shut)
	if end < 0 {
		return 0, 0
	}
	inside := strings.Trim(unstyled(string(runes[1:end])), " _.·\u200b")
	tok, known := yesNo[keyOf(inside)]
	switch {
	case inside == "":
		return tokEmpty, end + 1
	case known && tok == tokNo:
		return tokNoBox, end + 1
	case known, strings.ContainsAny(inside, markedBoxes), runes[0] == '[' && len([]rune(inside)) <= 2:
		return tokFull, end + 1
	}
	return 0, 0
}

// verdict of what stands behind a question.
type verdict struct {
	answer bool
	state  state
	whole  bool // both words stand there: no more of the form is to come
}

type state int

const (
	open  state = iota // not answered, or not clearly
	clear              // answered
	clash              // answered twice
)

// choose decides which of the two words was chosen. base is the style of the
// question itself.
func choose(list []lexeme, base rune) verdict {
	for len(list) > 0 && list[0].token == tokStop {
		list = list[1:]
	}
	zone := list
	if i := slices.IndexFunc(list, func(l lexeme) bool { return l.token == tokOther }); i >= 0 {
		zone = list[:i]
	}
	signs(zone)
	if len(zone) == 1 && zone[0].said { // "(sí)"
		return verdict{answer: zone[0].token != tokNoBox, state: clear}
	}
	var words []lexeme
	boxes := 0
	for _, l := range zone {
		if l.isWord() {
			words = append(words, l)
		} else if l.isBox() || l.token == tokMark {
			boxes++
		}
	}
	whole := slices.ContainsFunc(words, func(l lexeme) bool { return l.token == tokYes }) &&
		slices.ContainsFunc(words, func(l lexeme) bool { return l.token == tokNo })
	v := verdict{whole: whole}
	switch {
	case len(words) == 0:
		return v
	case boxes == 0:
		v.answer, v.state = bare(list, words, whole)
	default:
		v.answer, v.state = boxed(zone, words)
	}
	if v.state == open && whole && len(words) == 2 {
		// One of the two stands out: bold, underlined, in another colour.
		if yes, no := words[0], words[1]; yes.style != no.style && (yes.style == base || no.style == base) {
			chosen := yes
			if yes.style == base {
				chosen = no
			}
			v.answer, v.state = chosen.token == tokYes, clear
		}
	}
	return v
}

// signs makes marks of signs that stand beside boxes, and not for them: "[ ] No ✅
// [ ] Sí".
func signs(zone []lexeme) {
	boxes, words := 0, 0
	for _, l := range zone {
		if l.isWord() {
			words++
		} else if l.isBox() && !l.sign {
			boxes++
		}
	}
	for i := range zone {
		if zone[i].sign && boxes >= words {
			zone[i].token, zone[i].sign = tokMark, false
		}
	}
}

// bare decides where there are words alone.
func bare(list, words []lexeme, whole bool) (bool, state) {
	yes := list[0].token == tokYes
	switch {
	case !list[0].isWord():
		return false, open
	case len(list) > 1 && list[1].token == tokStop:
		return yes, clear // "Sí, no puedo entrar"
	case list[0].firm && len(list) > 2 && list[1].isWord() && list[2].token == tokOther:
		return true, clear // "Sí no puedo entrar"
	case whole && len(words) == 2:
		return false, open // "No / Sí", as it stood there
	case whole:
		return words[len(words)-1].token == tokYes, clear // "No / Sí   Sí"
	case len(list) > 1 && list[1].token == tokOther:
		return yes, map[bool]state{true: clear, false: open}[list[0].firm]
	}
	return yes, clear
}

// boxed decides where there are boxes.
func boxed(zone, words []lexeme) (bool, state) {
	marked, ticked := map[token]bool{}, map[token]bool{}
	denied, boxes := false, 0
	loose := zone[len(zone)-1].isBox() // its word is missing
	for i, l := range zone {
		switch {
		case l.isWord() || l.token == tokStop:
			continue
		case l.token == tokNoBox:
			denied = true
		case l.token != tokEmpty:
			marked[belongs(zone, i)] = true
			ticked[belongs(zone, i)] = ticked[belongs(zone, i)] || !l.crossed
		}
		if l.isBox() {
			boxes++
		}
	}
	switch {
	case boxes == 0 && len(zone) == 3 && zone[1].token == tokMark && zone[0].token != zone[2].token:
		return false, clash // "No x Sí": nobody can tell
	case marked[tokYes] && marked[tokNo] && ticked[tokYes] == ticked[tokNo]:
		return false, clash
	case marked[tokYes] && marked[tokNo]:
		return ticked[tokYes], clear // "❌ No ✅ Sí"
	case marked[tokYes], marked[tokNo]:
		return marked[tokYes], clear
	case denied:
		return false, clear
	}
	last := words[len(words)-1]
	distinct := slices.ContainsFunc(words, func(l lexeme) bool { return l.token != last.token })
	switch {
	case distinct && len(words) > 2: // "[ ] No [ ] Sí: Sí"
		return last.token == tokYes, clear
	case !distinct && (boxes <= len(words) || !loose): // the other word was deleted
		return last.token == tokYes, clear
	}
	return false, open
}

// belongs gives the word that a mark belongs to. Boxes stand before their words
// unless the line begins with a word; an x stands wherever a person put it.
func belongs(zone []lexeme, i int) token {
	after := func() token {
		for _, l := range zone[i+1:] {
			if l.isWord() {
				return l.token
			}
		}
		return tokOther
	}
	before := func() token {
		for j := i - 1; j >= 0; j-- {
			if zone[j].isWord() {
				return zone[j].token
			}
		}
		return tokOther
	}
	first := slices.IndexFunc(zone, func(l lexeme) bool { return l.isWord() || l.isBox() })
	order := []func() token{after, before}
	// A box between two words is the second one's, unless another stands at the end.
	last := len(zone) - 1
	for last > i && zone[last].token == tokStop {
		last--
	}
	wordsFirst := zone[first].isWord() && first < i && (zone[i].token == tokMark || zone[last].isBox())
	boxNext := i+1 == len(zone) || !zone[i+1].isWord() // an x before a word stands where its box stood
	if wordsFirst || zone[i].token == tokMark && i > 0 && !zone[i-1].isBox() && boxNext {
		order = []func() token{before, after}
	}
	if tok := order[0](); tok != tokOther {
		return tok
	}
	return order[1]()
}
