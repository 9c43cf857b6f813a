package ingest

import (
	"bytes"
	"io"
	"mime"
	"net/mail"
	"regexp"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/htmlindex"

	"respon/tickets"
)

// Limits on the header, before any parser sees it.
const (
	maxHeader    = 256 << 10
	maxFields    = 1000
	maxField     = 64 << 10
	maxAddresses = 200
)

// normalise gives the mail with LF line ends, without an mbox line or a byte
// order mark at its top.
func normalise(raw []byte) []byte {
	raw = bytes.TrimPrefix(raw, []byte("\xef\xbb\xbf"))
	raw = bytes.ReplaceAll(raw, []byte("\r\n"), []byte("\n"))
	if bytes.IndexByte(raw, '\r') >= 0 {
		raw = bytes.ReplaceAll(raw, []byte("\r"), []byte("\n"))
	}
	if bytes.HasPrefix(raw, []byte("From ")) || bytes.HasPrefix(raw, []byte(">From ")) {
		if i := bytes.IndexByte(raw, '\n'); i >= 0 {
			raw = raw[i+1:]
		}
	}
	return raw
}

// readHeader splits a normalised mail into its fields and its body. Lines that
// are no field are passed over; cut says that a limit was met.
func readHeader(raw []byte) (h Header, body []byte, cut bool) {
	at := 0
	for at < len(raw) && len(h) < maxFields && at < maxHeader {
		end := bytes.IndexByte(raw[at:], '\n')
		line := raw[at:]
		next := len(raw)
		if end >= 0 {
			line, next = raw[at:at+end], at+end+1
		}
		if len(bytes.TrimSpace(line)) == 0 {
			return h, raw[next:], cut
		}
		if len(line) > maxField {
			line, cut = line[:maxField], true
		}
		at = next
		if (line[0] == ' ' || line[0] == '\t') && len(h) > 0 {
			if last := &h[len(h)-1]; len(last.Value)+len(line) <= maxField {
				last.Value += " " + strings.TrimSpace(string(line))
			} else {
				cut = true
			}
			continue
		}
		name, value, ok := bytes.Cut(line, []byte(":"))
		if name = bytes.TrimRight(name, " \t"); !ok || len(name) == 0 || bytes.ContainsAny(name, " \t\x00") {
			continue
		}
		h = append(h, Field{string(name), strings.TrimSpace(string(value))})
	}
	if at >= len(raw) {
		return h, nil, cut
	}
	if i := bytes.Index(raw[at:], []byte("\n\n")); i >= 0 {
		return h, raw[at+i+2:], true
	}
	return h, nil, true
}

// charsetReader reads charsets under the names that browsers know them by.
func charsetReader(charset string, r io.Reader) (io.Reader, error) {
	charset, _, _ = strings.Cut(charset, "*") // RFC 2231, section 5: a language behind it
	return charsetOf(charset).NewDecoder().Reader(r), nil
}

// charsetOf never fails: what nobody knows is read as windows-1252, in which
// every byte is a letter.
func charsetOf(name string) encoding.Encoding {
	if e, err := htmlindex.Get(strings.Trim(name, "\"' ")); err == nil {
		return e
	}
	return charmap.Windows1252
}

var words = &mime.WordDecoder{CharsetReader: charsetReader}

// adjacent encoded words are one text; a letter may be cut in two by them.
var adjacent = regexp.MustCompile(`(=\?[^?\s]+\?([BbQq])\?[^?]*\?=)\s+(=\?)`)

// decodeWords decodes a field for people: encoded words, raw 8-bit, on one line.
func decodeWords(s string) string {
	s = valid(s)
	if strings.Contains(s, "=?") {
		if out, err := words.DecodeHeader(joinWords(s)); err == nil {
			s = out
		}
	}
	return line(s)
}

// joinWords puts encoded words of the same charset and encoding together, so
// that a letter which was cut in two is whole again.
func joinWords(s string) string {
	for range 200 {
		loc := adjacent.FindStringIndex(s)
		if loc == nil {
			return s
		}
		m := adjacent.FindStringSubmatchIndex(s)
		first := s[m[2]:m[3]]
		rest := s[m[6]:]
		a, b := strings.SplitN(first, "?", 4), strings.SplitN(rest, "?", 4)
		if len(b) == 4 && strings.EqualFold(a[1], b[1]) && strings.EqualFold(a[2], b[2]) &&
			(strings.EqualFold(a[2], "Q") || !strings.Contains(a[3], "=?=")) {
			s = s[:m[2]] + strings.TrimSuffix(first, "?=") + b[3]
			continue
		}
		s = s[:m[3]] + s[m[6]:] // the space between them means nothing
	}
	return s
}

// valid makes bytes UTF-8: as they are if they are that, else as windows-1252.
func valid(s string) string {
	if utf8.ValidString(s) {
		return s
	}
	out, err := charmap.Windows1252.NewDecoder().String(s)
	if err != nil {
		return strings.ToValidUTF8(s, "\uFFFD")
	}
	return out
}

// line makes a text one line without control characters.
func line(s string) string {
	s = strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || r == '\u2028' || r == '\u2029' {
			return ' '
		}
		return r
	}, s)
	return strings.TrimSpace(s)
}

var addressParser = mail.AddressParser{WordDecoder: words}

var looseAddress = regexp.MustCompile(`[^\s<>",;:()\[\]@]+@[^\s<>",;:()\[\]@]+`)

// parseAddresses reads a list of addresses: as the standard has it, else what
// looks like addresses.
func parseAddresses(value string) []Address {
	list := []Address{}
	if value = valid(value); value == "" {
		return list
	}
	if parsed, err := addressParser.ParseList(value); err == nil {
		for _, a := range parsed[:min(len(parsed), maxAddresses)] {
			list = append(list, Address{Name: line(strings.Trim(decodeWords(a.Name), `"'`)), Address: line(a.Address)})
		}
		return list
	}
	last := 0
	for _, at := range looseAddress.FindAllStringIndex(value, maxAddresses) {
		name := strings.Trim(value[last:at[0]], " \t,;<>\"'")
		last = at[1]
		if last < len(value) && value[last] == '>' {
			last++
		}
		list = append(list, Address{Name: decodeWords(name), Address: line(value[at[0]:at[1]])})
	}
	return list
}

// exactFrom is the strictest reading of From: a phrase of words or one quoted
// string and an address in angle brackets, or the address alone, with at most
// one comment behind it. In between, readers disagree about who wrote a mail.
var exactFrom = regexp.MustCompile(`^(?:(?:"(?:[^"\\]|\\.)*"|[^<>@,;:"()\[\]\\]*)\s*<\s*([^\s<>"()\[\]\\,;:]+)\s*>|([^\s<>"()\[\]\\,;:]+)(?:\s+\([^()<>@\\]*\))?)$`)

// fromOf reads the author. exact says that nobody can read another one.
func fromOf(h Header) (from *Address, exact bool) {
	values := h.Values("From")
	if len(values) == 0 {
		return nil, false
	}
	for _, v := range values {
		if list := parseAddresses(v); len(list) > 0 {
			from = &list[0]
			break
		}
	}
	if len(values) != 1 || from == nil {
		return from, false
	}
	m := exactFrom.FindStringSubmatch(strings.TrimSpace(valid(values[0])))
	if m == nil {
		return from, false
	}
	address := m[1] + m[2]
	return from, address == from.Address && tickets.PlainAddress(address)
}

var idPattern = regexp.MustCompile(`<([^<>]*)>`)

// messageIDs reads ids as they stand in Message-ID, In-Reply-To, References:
// without angle brackets and white space. What follows a bracket ("<id@host>
// (added by relay)") is no id.
func messageIDs(value string) []string {
	ids := []string{}
	value = valid(value)
	for _, m := range idPattern.FindAllStringSubmatch(value, maxIDs) {
		if id := compact(m[1]); id != "" {
			ids = append(ids, id)
		}
	}
	if len(ids) == 0 && !strings.ContainsAny(value, "<>") {
		for _, word := range strings.Fields(value) {
			if strings.Contains(word, "@") && len(ids) < maxIDs {
				ids = append(ids, compact(word))
			}
		}
	}
	return ids
}

func compact(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsSpace(r) || unicode.IsControl(r) {
			return -1
		}
		return r
	}, s)
}

func firstID(value string) *string {
	if ids := messageIDs(value); len(ids) > 0 {
		return &ids[0]
	}
	if id := compact(strings.Trim(valid(value), "<>")); id != "" && !strings.ContainsAny(valid(value), " ") {
		return &id
	}
	return nil
}

// dateOf reads Date; nil if it cannot be read or cannot be meant.
func dateOf(value string) *string {
	t, err := mail.ParseDate(valid(value))
	if err != nil || t.Year() < 1970 || t.Year() > 9998 {
		return nil
	}
	s := t.Format(time.RFC3339)
	return &s
}
