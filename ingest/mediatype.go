package ingest

import (
	"sort"
	"strconv"
	"strings"
)

// parameters are those of a Content-Type or Content-Disposition, decoded,
// with names in lower case.
type parameters map[string]string

// parseMedia reads a media type or disposition with its parameters, however
// they were written: RFC 2231, encoded words in quotes, raw bytes, unquoted
// with spaces, unclosed quotes. fallback is the charset of undeclared bytes.
func parseMedia(value, fallback string) (kind string, params parameters) {
	kind, rest := value, ""
	if i := strings.IndexAny(value, "; \t("); i >= 0 {
		kind, rest = value[:i], value[i:]
	}
	if strings.Contains(kind, "=") { // parameters of nothing
		kind, rest = "", value
	}
	kind = strings.ToLower(line(valid(strings.Trim(kind, `"' `))))
	raw := rawParameters(rest)
	params = parameters{}
	extended := map[string][]segment{}
	for _, p := range raw {
		if base, s, ok := segmentOf(p); ok {
			extended[base] = append(extended[base], s)
		} else if _, twice := params[p[0]]; !twice {
			params[p[0]] = decodeWordsIn(p[1], fallback)
			if p[0] == "boundary" { // it is compared, not read
				params[p[0]] = line(valid(p[1]))
			}
		}
	}
	for base, segments := range extended {
		params[base] = line(joinSegments(segments, fallback)) // it wins (RFC 6266, section 4.3, for one)
	}
	return kind, params
}

// rawParameters cuts a list of parameters into names and values.
func rawParameters(s string) (list [][2]string) {
	for len(s) > 0 && len(list) < maxParameters {
		s = strings.TrimLeft(s, "; \t")
		if strings.HasPrefix(s, "(") {
			_, rest, ok := strings.Cut(s, ")")
			if !ok {
				return list
			}
			s = rest
			continue
		}
		i := strings.IndexAny(s, "=:;") // "name: x" is seen, too
		if i < 0 {
			return list
		}
		if s[i] == ';' { // words without a value
			s = s[i:]
			continue
		}
		name := strings.ToLower(strings.TrimSpace(s[:i]))
		if sp := strings.LastIndexAny(name, " \t"); sp >= 0 {
			name = name[sp+1:]
		}
		var value string
		value, s = parameterValue(strings.TrimLeft(s[i+1:], " \t"))
		list = append(list, [2]string{name, value})
	}
	return list
}

// parameterValue reads a value and gives what follows it.
func parameterValue(s string) (value, rest string) {
	if strings.HasPrefix(s, `"`) {
		var b strings.Builder
		for i := 1; i < len(s); i++ {
			switch {
			case s[i] == '\\' && i+1 < len(s) && (s[i+1] == '"' || s[i+1] == '\\'):
				// Any other backslash is one of a Windows path.
				i++
				b.WriteByte(s[i])
			case s[i] == '"':
				return b.String(), s[i+1:]
			default:
				b.WriteByte(s[i])
			}
		}
		if i := strings.IndexByte(s, ';'); i >= 0 { // it is not closed
			return strings.TrimSpace(s[1:i]), s[i:]
		}
		return strings.TrimSpace(s[1:]), ""
	}
	end := strings.IndexByte(s, ';')
	if end < 0 {
		end = len(s)
	}
	value = s[:end]
	// "charset=utf-8 format=flowed": a semicolon was forgotten.
	if i := strings.IndexAny(value, " \t"); i >= 0 && !strings.Contains(value, "=?") {
		if eq := strings.IndexByte(value[i:], '='); eq > 0 && isFieldName([]byte(strings.TrimSpace(value[i:i+eq]))) {
			return value[:i], s[i:]
		}
	}
	return strings.TrimSpace(value), s[end:]
}

// segment is a part of a parameter in the way of RFC 2231: name*1*=value.
type segment struct {
	number  int
	encoded bool
	value   string
}

func segmentOf(p [2]string) (base string, s segment, ok bool) {
	base, rest, ok := strings.Cut(p[0], "*")
	if !ok || base == "" {
		return "", s, false
	}
	number, encoded := strings.CutSuffix(rest, "*")
	if rest == "" {
		return base, segment{0, true, p[1]}, true
	}
	n, err := strconv.Atoi(number)
	if err != nil || n < 0 {
		return "", s, false
	}
	return base, segment{n, encoded, p[1]}, true
}

func joinSegments(segments []segment, fallback string) string {
	sort.SliceStable(segments, func(i, j int) bool { return segments[i].number < segments[j].number })
	charset := ""
	var b []byte
	encoded := false
	for i, s := range segments {
		value := s.value
		if i == 0 && s.encoded {
			if parts := strings.SplitN(value, "'", 3); len(parts) == 3 {
				charset, value = parts[0], parts[2]
			}
		}
		if s.encoded {
			encoded = true
			b = append(b, percentDecoded(value)...)
		} else {
			b = append(b, value...)
		}
	}
	if !encoded {
		return decodeWordsIn(string(b), fallback)
	}
	if charset == "" {
		charset = "us-ascii" // UTF-8 if it can be that
	}
	text, _ := decode(b, charset, fallback)
	if strings.Contains(text, "=?") {
		text = decodeWordsIn(text, fallback)
	}
	return text
}

func percentDecoded(s string) []byte {
	b := make([]byte, 0, len(s))
	for i := 0; i < len(s); i++ {
		if s[i] == '%' && i+2 < len(s) && isHex(s[i+1]) && isHex(s[i+2]) {
			b = append(b, unhex(s[i+1])<<4|unhex(s[i+2]))
			i += 2
			continue
		}
		b = append(b, s[i])
	}
	return b
}
