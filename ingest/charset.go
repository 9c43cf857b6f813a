package ingest

import (
	"bytes"
	"encoding/base64"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/htmlindex"
	"golang.org/x/text/encoding/ianaindex"
	"golang.org/x/text/encoding/japanese"
	"golang.org/x/text/encoding/korean"
	"golang.org/x/text/encoding/simplifiedchinese"
	uni "golang.org/x/text/encoding/unicode"
	"golang.org/x/text/encoding/unicode/utf32"
)

// decoder makes UTF-8 of text in some charset.
type decoder interface {
	Bytes([]byte) ([]byte, error)
}

// utf8Text is the charset in which nothing has to be changed.
type utf8Text struct{}

func (utf8Text) Bytes(b []byte) ([]byte, error) { return b, nil }

// charsetOf knows a charset by the names that browsers and mail programs give
// it: iso-8859-1 is windows-1252, gb2312 is gb18030. It is nil for a name that
// says nothing: a wrong one, or that of ASCII where bytes are not ASCII.
func charsetOf(name string) decoder {
	name, _, _ = strings.Cut(name, "*") // RFC 2231, section 5: a language behind it
	name = strings.ToLower(strings.Trim(name, "\"' \t<>"))
	switch plain := alphanumeric(name); plain {
	case "", "usascii", "ascii", "ansix341968", "ansix341986", "iso646us", "xunknown", "unknown", "unknown8bit", "none", "default", "binary", "8bit", "7bit", "xuserdefined":
		return nil
	case "utf7", "unicode11utf7", "xunicode20utf7", "cp65000":
		return utf7{}
	case "gb2312", "gbk", "gb18030", "cp936", "xgbk", "eucgb", "euccn", "gb231280":
		return simplifiedchinese.GB18030.NewDecoder()
	case "hzgb2312", "hz":
		return simplifiedchinese.HZGB2312.NewDecoder()
	case "iso2022kr", "csiso2022kr":
		return iso2022kr{}
	case "iso2022jp1", "iso2022jp2", "iso2022jp3", "iso2022jpms", "cp50220", "cp50221", "cp50222", "jis":
		return japanese.ISO2022JP.NewDecoder()
	case "utf16", "utf16be", "ucs2", "iso10646ucs2", "unicode":
		return utf16Text{uni.BigEndian} // RFC 2781, section 4.3
	case "utf16le":
		return utf16Text{uni.LittleEndian}
	case "utf32", "utf32be":
		return utf32.UTF32(utf32.BigEndian, utf32.UseBOM).NewDecoder()
	case "utf32le":
		return utf32.UTF32(utf32.LittleEndian, utf32.UseBOM).NewDecoder()
	case "macroman", "xmacwestern":
		return charmap.Macintosh.NewDecoder()
	case "cp858", "858", "ibm858", "cp00858", "ibm00858", "pcmultilingual850euro":
		return charmap.CodePage858.NewDecoder() // that of cp850 with a euro sign
	default:
		return namedCharset(name, plain)
	}
}

func namedCharset(name, plain string) decoder {
	switch {
	case strings.HasPrefix(plain, "utf8"):
		return utf8Text{}
	case strings.HasPrefix(plain, "iso8859"):
		name = "iso-8859-" + strings.TrimRight(plain[len("iso8859"):], "ie") // RFC 1556: how Hebrew is turned
	case strings.HasPrefix(plain, "88591"):
		name = "iso-8859-1"
	}
	for _, prefix := range [...]string{"xwindows125", "windows125", "xcp125", "cp125", "win125", "ansi125"} {
		if rest, ok := strings.CutPrefix(plain, prefix); ok {
			name = "windows-125" + rest
		}
	}
	if e, err := htmlindex.Get(name); err == nil && e != encoding.Replacement {
		return e.NewDecoder()
	}
	for _, index := range [...]*ianaindex.Index{ianaindex.MIME, ianaindex.IANA} {
		if e, err := index.Encoding(name); err == nil && e != nil {
			return e.NewDecoder()
		}
	}
	if e, err := ianaindex.IANA.Encoding("ibm" + strings.TrimLeft(plain, "cpibmdos")); err == nil && e != nil {
		return e.NewDecoder()
	}
	return nil
}

func alphanumeric(s string) string {
	return strings.Map(func(r rune) rune {
		if r < utf8.RuneSelf && (unicode.IsLetter(r) || unicode.IsDigit(r)) {
			return r
		}
		return -1
	}, s)
}

// decode makes UTF-8 of bytes in a charset. Where the charset says nothing it
// is UTF-8 if it can be that, else the fallback, else windows-1252, in which
// every byte means something. ok is false where the name was of no use.
func decode(b []byte, charset, fallback string) (s string, ok bool) {
	e := charsetOf(charset)
	named := charset != "" && !isASCII(b) && !strings.Contains(alphanumeric(strings.ToLower(charset)), "ascii")
	switch u := unicodeByLook(b, e); {
	case u == (utf8Text{}):
		return string(b[3:]), true
	case u != nil:
		e, b = u, b[:len(b)&^1] // a line end may have been added on the way
	case isNot(b, e):
		e, named = nil, true
	}
	if e == nil {
		if bytes.Contains(b, []byte("\x1b$")) {
			e = japanese.ISO2022JP.NewDecoder()
		} else if utf8.Valid(b) {
			return string(b), !named
		} else if e = charsetOf(fallback); e == nil || e == (utf8Text{}) || isNot(b, e) {
			return mixed(b), false
		}
	}
	if e == (utf8Text{}) {
		if b = bytes.TrimPrefix(b, []byte("\xef\xbb\xbf")); utf8.Valid(b) {
			return string(b), true
		}
		return mixed(b), false
	}
	out, err := e.Bytes(b)
	if err != nil {
		return mixed(b), false
	}
	if isUTF8Instead(b, out) {
		return string(b), false
	}
	if isLatinInstead(b, out) {
		return windows1252(b), false
	}
	return withoutC1(string(out)), true
}

func isASCII(b []byte) bool {
	for _, c := range b {
		if c >= utf8.RuneSelf {
			return false
		}
	}
	return true
}

// valid makes bytes UTF-8: as they are if they are that, else as windows-1252.
func valid(s string) string { return validIn(s, "") }

// validIn is valid with the charset that the mail's body declares.
func validIn(s, fallback string) string {
	if utf8.ValidString(s) && !strings.Contains(s, "\x1b$") {
		return s
	}
	s, _ = decode([]byte(s), "", fallback)
	return s
}

func windows1252(b []byte) string {
	out, err := charmap.Windows1252.NewDecoder().Bytes(b)
	if err != nil {
		return strings.ToValidUTF8(string(b), "\uFFFD")
	}
	return string(out)
}

// withoutC1 reads what came out of a charset as C1 controls as the letters of
// windows-1252 that were meant: nobody writes the former.
func withoutC1(s string) string {
	if strings.IndexFunc(s, isC1) < 0 {
		return s
	}
	return strings.Map(func(r rune) rune {
		if isC1(r) {
			return charmap.Windows1252.DecodeByte(byte(r))
		}
		return r
	}, s)
}

func isC1(r rune) bool { return r >= 0x80 && r < 0xa0 }

// utf7 is RFC 2152, which no library here knows; it is only ever read.
type utf7 struct{}

func (utf7) Bytes(b []byte) ([]byte, error) {
	var out bytes.Buffer
	for len(b) > 0 {
		plus := bytes.IndexByte(b, '+')
		if plus < 0 {
			out.Write(b)
			break
		}
		out.Write(b[:plus])
		b = b[plus+1:]
		end := 0
		for end < len(b) && (b[end] == '+' || b[end] == '/' || b[end] < utf8.RuneSelf && (unicode.IsLetter(rune(b[end])) || unicode.IsDigit(rune(b[end])))) {
			end++
		}
		text, ok := utf7Run(b[:end])
		out.WriteString(text)
		if b = b[end:]; ok && len(b) > 0 && b[0] == '-' {
			b = b[1:]
		}
	}
	return out.Bytes(), nil
}

// utf7Run decodes what stands behind a plus sign. A run that is no whole number
// of characters, or whose last bits are not zero (RFC 2152, rule 2), was never
// encoded: it is the telephone number of somebody whose program calls its text
// UTF-7.
func utf7Run(b []byte) (text string, ok bool) {
	units, err := base64.RawStdEncoding.Strict().DecodeString(string(b))
	if err != nil || len(units)%2 > 0 && units[len(units)-1] != 0 {
		return "+" + string(b), len(b) == 0
	}
	decoded, err := uni.UTF16(uni.BigEndian, uni.IgnoreBOM).NewDecoder().Bytes(units[:len(units)&^1])
	if err != nil || bytes.ContainsRune(decoded, utf8.RuneError) || len(b) == 0 {
		return "+" + string(b), len(b) == 0
	}
	return string(decoded), true
}

// iso2022kr is RFC 1557: between SO and SI stands KS X 1001 in seven bits.
type iso2022kr struct{}

func (iso2022kr) Bytes(b []byte) ([]byte, error) {
	b = bytes.ReplaceAll(b, []byte("\x1b$)C"), nil)
	eight := make([]byte, 0, len(b))
	shifted := false
	for _, c := range b {
		switch {
		case c == 0x0e, c == 0x0f:
			shifted = c == 0x0e
		case shifted && c > ' ':
			eight = append(eight, c|0x80)
		default:
			eight = append(eight, c)
		}
	}
	return korean.EUCKR.NewDecoder().Bytes(eight)
}
