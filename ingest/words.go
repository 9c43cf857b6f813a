package ingest

import (
	"strings"
	"unicode"
)

// decodeWordsIn decodes a field for people: encoded words (RFC 2047), raw
// bytes, on one line. fallback is the charset of bytes that nobody declares.
func decodeWordsIn(s, fallback string) string {
	if !strings.Contains(s, "=?") {
		return line(validIn(s, fallback))
	}
	var out strings.Builder
	for len(s) > 0 {
		at := strings.Index(s, "=?")
		if at < 0 {
			break
		}
		run, rest := readWords(s[at:])
		if len(run) == 0 {
			out.WriteString(validIn(s[:at+2], fallback))
			s = s[at+2:]
			continue
		}
		out.WriteString(validIn(s[:at], fallback))
		out.WriteString(joinWords(run, fallback))
		s = rest
	}
	out.WriteString(validIn(s, fallback))
	return line(out.String())
}

// word is one encoded word: =?charset?encoding?text?=
type word struct {
	charset string
	base64  bool
	text    string
}

// readWords reads the encoded words that stand next to each other at the
// beginning of s: white space between them means nothing.
func readWords(s string) (run []word, rest string) {
	rest = s
	for {
		w, after, ok := readWord(strings.TrimLeft(s, " \t\r\n"))
		if !ok {
			return run, rest
		}
		run = append(run, w)
		s, rest = after, after
	}
}

func readWord(s string) (w word, rest string, ok bool) {
	s, ok = strings.CutPrefix(s, "=?")
	if !ok {
		return w, "", false
	}
	charset, s, ok := strings.Cut(s, "?")
	if !ok || len(charset) > 60 || strings.ContainsAny(charset, " \t<>@,") {
		return w, "", false
	}
	encoding, s, ok := strings.Cut(s, "?")
	if encoding = strings.ToUpper(encoding); !ok || encoding != "B" && encoding != "Q" {
		return w, "", false
	}
	// An empty word ends at once: "=?utf-8?q??=". Elsewhere "?=" is the end, also
	// where an unencoded question mark stands in the text.
	text, rest, ok := strings.Cut(s, "?=")
	if strings.Contains(text, "=?") {
		return w, "", false
	}
	if !ok { // the field was cut short within it
		text = strings.TrimSuffix(text, "?")
		ok = strings.Contains(text, "=") && encoding == "Q" || encoding == "B" && len(text) >= 4 && strings.Trim(text, base64Letters) == ""
	}
	return word{charset, encoding == "B", text}, rest, ok
}

const base64Letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/="

// joinWords decodes words next to each other. Those of one charset are decoded
// as one: programs cut letters in two, and base64 wherever they like.
func joinWords(run []word, fallback string) string {
	var out strings.Builder
	for len(run) > 0 {
		n := 1
		name := alphanumeric(strings.ToLower(run[0].charset))
		for n < len(run) && alphanumeric(strings.ToLower(run[n].charset)) == name {
			n++
		}
		s, _ := decode(wordBytes(run[:n]), run[0].charset, fallback)
		out.WriteString(s)
		run = run[n:]
	}
	return out.String()
}

func wordBytes(run []word) (b []byte) {
	pending := ""
	for _, w := range run {
		if !w.base64 {
			b, pending = append(append(b, decodeBase64([]byte(pending)).data...), wordQ(w.text)...), ""
			continue
		}
		pending += strings.ReplaceAll(w.text, "=3D", "=") // some encode the padding, too
		if strings.HasSuffix(w.text, "=") || len(pending)%4 == 0 {
			b, pending = append(b, decodeBase64([]byte(pending)).data...), ""
		}
	}
	return append(b, decodeBase64([]byte(pending)).data...)
}

// wordQ decodes the Q encoding (RFC 2047, section 4.2).
func wordQ(s string) []byte {
	b := make([]byte, 0, len(s))
	for i := 0; i < len(s); i++ {
		switch c := s[i]; {
		case c == '_':
			b = append(b, ' ')
		case c == '=' && i+2 < len(s) && isHex(s[i+1]) && isHex(s[i+2]):
			b = append(b, unhex(s[i+1])<<4|unhex(s[i+2]))
			i += 2
		default:
			b = append(b, c)
		}
	}
	return b
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
