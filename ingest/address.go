package ingest

import (
	"regexp"
	"strings"
	"unicode"

	"respon/tickets"
)

// parseAddresses reads a list of addresses, as forgivingly as it can be done
// without guessing: groups are opened, a missing comma is seen, what has no
// address is left out.
func parseAddresses(value string) []Address {
	list, _ := addressesIn(value, "")
	return list
}

// addressesIn is parseAddresses for a mail that declares a charset; more says
// that there are more than are read.
func addressesIn(value, fallback string) (list []Address, more bool) {
	list = []Address{}
	r := addressReader{list: &list, fallback: fallback}
	for r.at = 0; r.at < len(value) && len(list) < maxAddresses; r.at++ {
		r.step(value)
	}
	r.end()
	if len(list) == 0 && strings.Contains(value, "=?") {
		// All of it in encoded words, address and all. exactFrom knows better than
		// to believe such a one.
		if decoded := decodeWordsIn(value, fallback); !strings.Contains(decoded, "=?") {
			return addressesIn(decoded, fallback)
		}
	}
	return list, r.at < len(value)
}

// addressReader walks over a field. Structure is read before encoded words are
// decoded: a comma in a name is none between addresses.
type addressReader struct {
	list     *[]Address
	fallback string
	at       int
	phrase   strings.Builder // words and quoted strings
	comment  string
	address  string // out of angle brackets
	open     bool   // a parenthesis is never closed
}

func (r *addressReader) step(s string) {
	switch c := s[r.at]; c {
	case '"':
		r.quote(s)
	case '(':
		if !r.open {
			r.parenthesis(s)
		}
	case '<':
		if r.address != "" {
			r.end() // a comma was forgotten
		}
		r.angle(s)
	case ',', ';':
		r.end()
	case ':':
		phrase := r.phrase.String()
		if name, ok := strings.CutSuffix(phrase, "[mailto"); ok { // "Ana [mailto:a@b]", copied out of a quotation
			r.phrase.Reset()
			r.phrase.WriteString(name)
		} else if strings.Contains(phrase, "@") {
			r.phrase.WriteByte(c)
		} else { // the name of a group
			r.reset()
		}
	case '=':
		r.word(s)
	default:
		if r.address != "" && c > ' ' {
			r.end()
		}
		r.phrase.WriteByte(c)
	}
}

// word takes an encoded word whole: it may hold an unencoded comma, against RFC
// 2047, section 5. One that holds an address is left to be read letter by letter.
func (r *addressReader) word(s string) {
	_, rest, ok := readWord(s[r.at:])
	end := len(s) - len(rest)
	if !ok || strings.ContainsAny(s[r.at:end], `@<>"`) {
		end = r.at + 1
	}
	if r.address != "" {
		r.end()
	}
	r.phrase.WriteString(s[r.at:end])
	r.at = end - 1
}

// quote reads a quoted string. One in front of "@" is part of an address.
func (r *addressReader) quote(s string) {
	var b strings.Builder
	for i := r.at + 1; i < len(s); i++ {
		switch {
		case s[i] == '\\' && i+1 < len(s):
			i++
			b.WriteByte(s[i])
		case s[i] == '"':
			if r.address != "" {
				r.end()
			}
			if i+1 < len(s) && s[i+1] == '@' {
				end := i + 1 + strings.IndexAny(s[i+1:]+" ", " \t,;<>()[]\"")
				r.address = s[r.at:end]
				r.at = end - 1
				return
			}
			r.phrase.WriteString(b.String())
			r.at = i
			return
		default:
			b.WriteByte(s[i])
		}
	}
	// It is not closed: the mark means nothing.
}

// parenthesis reads a comment, which may hold others.
func (r *addressReader) parenthesis(s string) {
	depth := 0
	for i := r.at; i < len(s); i++ {
		switch s[i] {
		case '\\':
			i++
		case '(':
			depth++
		case ')':
			if depth--; depth == 0 {
				if r.comment == "" {
					r.comment = s[r.at+1 : i]
				}
				r.phrase.WriteByte(' ')
				r.at = i
				return
			}
		}
	}
	r.open = true // as in ":-(": it means nothing
}

// angle reads what stands in angle brackets, or up to the next comma where
// they are not closed.
func (r *addressReader) angle(s string) {
	quoted := false
	for i := r.at + 1; i < len(s); i++ {
		switch {
		case s[i] == '"':
			quoted = !quoted
		case s[i] == '<' && !quoted:
			before := s[r.at+1 : i]
			if first, _, comma := strings.Cut(before, ","); comma { // "<a@b, Bea <b@c>"
				r.address = first
				r.at += len(first)
				return
			}
			r.phrase.WriteString(before) // "<<a@b>>", or "<Name <a@b>"
			r.at = i
		case s[i] == '>' && !quoted:
			r.address = s[r.at+1 : i]
			r.at = i
			for r.at+1 < len(s) && s[r.at+1] == '>' {
				r.at++
			}
			return
		}
	}
	inside, _, _ := strings.Cut(s[r.at+1:], ",")
	r.address = inside
	r.at += len(inside)
}

func (r *addressReader) reset() {
	r.phrase.Reset()
	r.comment, r.address = "", ""
}

// end takes down what was read up to a comma.
func (r *addressReader) end() {
	phrase, address := strings.TrimSpace(r.phrase.String()), plainAddress(r.address)
	comment := r.comment
	r.reset()
	if strings.Contains(address, "@") && strings.Trim(address, "@") != "" {
		r.add(phrase, comment, address)
		return
	}
	for address, name, rest := addressIn(strings.Join(strings.Fields(phrase), " ")); address != ""; {
		next, between, behind := addressIn(rest)
		if next == "" {
			name = strings.TrimSpace(name + " " + rest)
		}
		r.add(name, comment, address)
		address, name, rest = next, between, behind
	}
}

func (r *addressReader) add(name, comment, address string) {
	if name == "" {
		name = comment
	}
	if len(*r.list) < maxAddresses {
		name = strings.Trim(decodeWordsIn(name, r.fallback), `"' `)
		*r.list = append(*r.list, Address{Name: name, Address: line(validIn(address, r.fallback))})
	}
}

// plainAddress takes a source route ("@relay:a@b", RFC 5322, section 4.4),
// "mailto:" and white space away.
func plainAddress(s string) string {
	s = strings.TrimSpace(s)
	if strings.HasPrefix(s, "@") {
		if i := strings.LastIndexByte(s, ':'); i >= 0 {
			s = s[i+1:]
		}
	}
	if len(s) > 7 && strings.EqualFold(s[:7], "mailto:") {
		s = s[7:]
	}
	if !strings.Contains(s, `"`) {
		s = strings.Join(strings.Fields(s), "")
	}
	return s
}

// addressIn finds the first address among words without angle brackets, and
// what stands before and behind it.
func addressIn(phrase string) (address, before, behind string) {
	for rest := phrase; rest != ""; {
		var word string
		at := len(phrase) - len(rest)
		word, rest, _ = strings.Cut(rest, " ")
		trimmed := strings.Trim(strings.TrimSpace(word), `[]<>'`)
		if i := strings.LastIndexByte(trimmed, '@'); i > 0 && i < len(trimmed)-1 {
			return plainAddress(trimmed), strings.TrimSpace(phrase[:at]), strings.TrimSpace(rest)
		}
	}
	return "", phrase, ""
}

// exactFrom is the strictest reading of From: a phrase of words or one quoted
// string and an address in angle brackets, or the address alone, with at most
// one comment behind it. In between, readers disagree about who wrote a mail.
var exactFrom = regexp.MustCompile(`^(?:(?:"(?:[^"\\]|\\.)*"|[^<>@,;:"()\[\]\\]*)\s*<([^\s<>"()\[\]\\,;:]+)>|([^\s<>"()\[\]\\,;:]+)(?:\s+\([^()<>@\\]*\))?)$`)

// fromOf reads the author. exact says that nobody can read another one.
func fromOf(h Header, fallback string) (from *Address, exact bool) {
	values := h.Values("From")
	for _, v := range values {
		if list, _ := addressesIn(v, fallback); len(list) > 0 {
			from = &list[0]
			break
		}
	}
	if len(values) != 1 || from == nil {
		return from, false
	}
	value := values[0]
	m := exactFrom.FindStringSubmatch(valid(value))
	if m == nil || strings.ContainsFunc(value, func(r rune) bool { return unicode.IsControl(r) && r != '\t' }) {
		return from, false
	}
	// Names are seen in any charset, addresses that have to be guessed are not
	// believed.
	address := m[1] + m[2]
	return from, address == from.Address && strings.Contains(value, address) && tickets.PlainAddress(address)
}
