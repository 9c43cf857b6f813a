package ingest

import (
	"bytes"
	"strings"
	"unicode/utf16"
	"unicode/utf8"

	"golang.org/x/text/encoding/charmap"
	uni "golang.org/x/text/encoding/unicode"
	"golang.org/x/text/encoding/unicode/utf32"
)

// This file is about text that is not in the charset it names. Each guess is
// made only where the bytes all but exclude what is named, since a right name is
// worth more than any guess.

// utf16Text is UTF-16 in an order that is only believed while the bytes do not
// show the other: Windows writes little-endian and calls it UTF-16.
type utf16Text struct{ order uni.Endianness }

func (u utf16Text) Bytes(b []byte) ([]byte, error) {
	order := u.order
	if even, odd := zeros(b); 4*odd > len(b)/2 && odd > 4*even {
		order = uni.LittleEndian
	} else if 4*even > len(b)/2 && even > 4*odd {
		order = uni.BigEndian
	}
	return uni.UTF16(order, uni.UseBOM).NewDecoder().Bytes(b)
}

// zeros counts the NUL bytes at even and at odd places: the upper halves of
// Latin letters in UTF-16.
func zeros(b []byte) (even, odd int) {
	for i, c := range b {
		switch {
		case c != 0:
		case i%2 == 0:
			even++
		default:
			odd++
		}
	}
	return even, odd
}

// unicodeByLook knows UTF-16 and UTF-32 by their byte order mark, whatever the
// text calls itself, as browsers do (Encoding Standard, section 6.1), and UTF-16
// without one by the halves of its letters.
func unicodeByLook(b []byte, named decoder) decoder {
	switch {
	case bytes.HasPrefix(b, []byte("\xef\xbb\xbf")) && utf8.Valid(b):
		return utf8Text{}
	case bytes.HasPrefix(b, []byte("\xff\xfe\x00\x00")):
		return utf32.UTF32(utf32.LittleEndian, utf32.UseBOM).NewDecoder()
	case bytes.HasPrefix(b, []byte("\x00\x00\xfe\xff")):
		return utf32.UTF32(utf32.BigEndian, utf32.UseBOM).NewDecoder()
	case bytes.HasPrefix(b, []byte("\xff\xfe")), bytes.HasPrefix(b, []byte("\xfe\xff")):
		return utf16Text{uni.BigEndian}
	}
	if _, is := named.(utf16Text); is || len(b) < 4 || bytes.IndexByte(b[:4], 0) < 0 {
		return nil
	}
	if even, odd := zeros(b); even == 0 && odd > len(b)*3/8 || odd == 0 && even > len(b)*3/8 {
		return utf16Text{uni.BigEndian}
	}
	return nil
}

// isNot reports whether bytes cannot be what is named: UTF-7 has no byte above
// 127 (RFC 2152), and what reads as words with spaces is not UTF-16 without one
// zero. Short Chinese texts in it read as ASCII, but not as words.
func isNot(b []byte, named decoder) bool {
	switch named.(type) {
	case utf7:
		return !isASCII(b)
	case utf16Text:
		words := len(b)%2 == 1 || bytes.ContainsAny(b, " \n")
		return words && utf8.Valid(b) && !bytes.ContainsFunc(b, func(r rune) bool { return r < ' ' && r != '\n' && r != '\r' && r != '\t' })
	}
	return false
}

// isUTF8Instead reports whether bytes that were decoded as something else are
// UTF-8. Letters of one byte are hardly ever valid UTF-8 by accident, and then
// not the common letters of it; those of two bytes may be while they are few.
func isUTF8Instead(b, out []byte) bool {
	if isASCII(b) || !utf8.Valid(b) {
		return false
	}
	if bytes.ContainsRune(out, utf8.RuneError) {
		return true
	}
	letters, rare, high := 0, 0, 0
	for _, r := range string(b) {
		if r >= utf8.RuneSelf {
			letters++
			high += utf8.RuneLen(r)
			if !isCommon(r) {
				rare++
			}
		}
	}
	oneByte := high == above(out)
	return letters >= 3 || oneByte && rare == 0
}

// above counts the characters that are not ASCII.
func above(b []byte) (n int) {
	for _, r := range string(b) {
		if r >= utf8.RuneSelf {
			n++
		}
	}
	return n
}

// isCommon knows what people here write beside ASCII: the letters of Europe's
// Latin scripts, typographic signs, currencies, arrows, emoji.
func isCommon(r rune) bool {
	return r >= 0xa0 && r < 0x180 || r >= 0x2010 && r < 0x2060 || r >= 0x20a0 && r < 0x20d0 || r >= 0x2100 && r < 0x2800 || r >= 0x1f000
}

// isLatinInstead reports whether text that was decoded as one of the charsets of
// two bytes is Latin: much of it made no sense, and its bytes above 127 stand
// alone between others.
func isLatinInstead(b, out []byte) bool {
	wrong := bytes.Count(out, []byte("\uFFFD"))
	if wrong == 0 || wrong*4 < above(out) {
		return false
	}
	high, alone := 0, 0
	for i, c := range b {
		if c < utf8.RuneSelf {
			continue
		}
		high++
		if (i == 0 || b[i-1] < utf8.RuneSelf) && (i+1 == len(b) || b[i+1] < utf8.RuneSelf) {
			alone++
		}
	}
	return alone*2 > high
}

// mixed reads what is not valid UTF-8 and may be so in parts, because it was
// cut, or put together out of two texts. Stray bytes are windows-1252. So are
// rare letters among them: bytes of windows-1252 may look like those, but not
// like the common ones.
func mixed(b []byte) string {
	b = joinSurrogates(b)
	letters, strays := 0, 0
	for rest := b; len(rest) > 0; {
		r, n := utf8.DecodeRune(rest)
		if r == utf8.RuneError && n == 1 {
			strays++
		} else if n > 1 {
			letters++
		}
		rest = rest[n:]
	}
	var out strings.Builder
	out.Grow(len(b) + strays)
	for len(b) > 0 {
		r, n := utf8.DecodeRune(b)
		if r == utf8.RuneError && n == 1 || n > 1 && letters <= strays && !isCommon(r) {
			r, n = charmap.Windows1252.DecodeByte(b[0]), 1
		}
		out.WriteRune(r)
		b = b[n:]
	}
	return out.String()
}

// joinSurrogates makes UTF-8 of CESU-8 (Unicode Technical Report 26), as Java
// and Oracle write emoji: each half of a pair by itself.
func joinSurrogates(b []byte) []byte {
	if bytes.IndexByte(b, 0xed) < 0 {
		return b
	}
	out := make([]byte, 0, len(b))
	for len(b) > 0 {
		if r := utf16.DecodeRune(surrogate(b), surrogate(b[min(3, len(b)):])); r != utf8.RuneError {
			out = utf8.AppendRune(out, r)
			b = b[6:]
			continue
		}
		out = append(out, b[0])
		b = b[1:]
	}
	return out
}

func surrogate(b []byte) rune {
	if len(b) < 3 || b[0] != 0xed || b[1] < 0xa0 || b[1] > 0xbf || b[2] < 0x80 || b[2] > 0xbf {
		return 0
	}
	return 0xd000 | rune(b[1]&0x3f)<<6 | rune(b[2]&0x3f)
}
