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
		if strings.Contains(r.phrase.String(), "@") {
			r.phrase.WriteByte(c)
		} else { // the name of a group
			r.reset()
		}
	default:
		if r.address != "" && c > ' ' {
			r.end()
		}
		r.phrase.WriteByte(c)
	}
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
				r.phrase.WriteString(s[r.at : i+1])
			} else {
				r.phrase.WriteString(b.String())
			}
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
	if !strings.Contains(address, "@") || strings.Trim(address, "@") == "" {
		address, phrase = addressIn(phrase)
	}
	name := phrase
	if name == "" {
		name = r.comment
	}
	r.reset()
	if address == "" {
		return
	}
	name = strings.Trim(decodeWordsIn(name, r.fallback), `"' `)
	*r.list = append(*r.list, Address{Name: name, Address: line(validIn(address, r.fallback))})
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

// addressIn finds the address among words without angle brackets.
func addressIn(phrase string) (address, rest string) {
	words := strings.Fields(phrase)
	for i, w := range words {
		trimmed := strings.Trim(w, `[]<>'`)
		if at := strings.LastIndexByte(trimmed, '@'); at > 0 && at < len(trimmed)-1 {
			return plainAddress(trimmed), strings.Join(append(append([]string{}, words[:i]...), words[i+1:]...), " ")
		}
	}
	return "", phrase
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
