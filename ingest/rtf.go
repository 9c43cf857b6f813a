package ingest

import (
	"bytes"
	"encoding/binary"
	"strconv"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// Compressed RTF is the only form in which Outlook may put a text into a
// winmail.dat. MS-OXRTFCP says how it is packed, MS-OXRTFEX how HTML is wrapped in
// it, and RTF 1.9.1 what its words mean.

// rtfPacked and rtfStored are the two forms (MS-OXRTFCP, section 2.1.3.1.1).
const (
	rtfPacked = 0x75465a4c
	rtfStored = 0x414c454d
)

// rtfStart is in the dictionary before anything is (section 2.1.2.1).
const rtfStart = `{\rtf1\ansi\mac\deff0\deftab720{\fonttbl;}{\f0\fnil \froman \fswiss \fmodern \fscript \fdecor MS Sans SerifSymbolArialTimes New RomanCourier{\colortbl\red0\green0\blue0` +
	"\r\n" + `\par \pard\plain\f0\fs20\b\i\u\tab\tx`

// unpackRTF undoes the compression as far as the bytes go. Two bytes stand for at
// most 17, so that the result is bounded by what came, and by maxText.
func unpackRTF(b []byte) []byte {
	if len(b) < 16 {
		return nil
	}
	size, kind := int(binary.LittleEndian.Uint32(b[4:])), binary.LittleEndian.Uint32(b[8:])
	b = b[16:]
	size = min(size, maxText)
	switch kind {
	case rtfStored:
		return b[:min(len(b), size)]
	case rtfPacked:
	default:
		return nil
	}
	var dictionary [4096]byte
	at := copy(dictionary[:], rtfStart)
	out := make([]byte, 0, min(size, 9*len(b)))
	put := func(c byte) {
		out = append(out, c)
		dictionary[at] = c
		at = (at + 1) % len(dictionary)
	}
	for len(b) > 0 && len(out) < size {
		flags := b[0]
		b = b[1:]
		for bit := 0; bit < 8 && len(b) > 0; bit, flags = bit+1, flags>>1 {
			if flags&1 == 0 {
				put(b[0])
				b = b[1:]
				continue
			}
			if len(b) < 2 {
				return out
			}
			reference := int(binary.BigEndian.Uint16(b))
			b = b[2:]
			from := reference >> 4
			if from == at { // the end (section 2.2.2)
				return out
			}
			for range reference&0xf + 2 {
				put(dictionary[from])
				from = (from + 1) % len(dictionary)
			}
		}
	}
	return out[:min(len(out), size)]
}

// rtfState is what a group inherits and forgets at its end.
type rtfState struct {
	skip    bool // a destination that is not shown
	fonts   bool // the table of fonts
	tag     bool // HTML stands here as it was
	wrapped bool // RTF that stands for HTML which is here, too ("\htmlrtf")
	font    int
	unicode int // how many letters follow a \u for those who cannot read it
}

type rtfReader struct {
	b       []byte
	out     strings.Builder
	raw     []byte // letters in the charset of raw's font
	state   rtfState
	stack   []rtfState
	deep    int // groups that are nested too deep to be remembered
	charset string
	fonts   map[int]string
	isHTML  bool
	ignore  int  // letters that stand for a \u
	star    bool // "\*": skip what you do not know
	half    rune // of a surrogate pair
}

// textOfRTF gives the words of an RTF text, or the HTML that is wrapped in it.
func textOfRTF(b []byte) (text string, isHTML bool) {
	if !bytes.HasPrefix(b, []byte(`{\rtf`)) {
		return "", false
	}
	r := rtfReader{b: b, charset: "windows-1252", fonts: map[int]string{}, state: rtfState{unicode: 1}}
	for len(r.b) > 0 && r.out.Len() < maxText {
		r.step()
	}
	r.flush()
	return r.out.String(), r.isHTML
}

func (r *rtfReader) step() {
	c := r.b[0]
	r.b = r.b[1:]
	switch c {
	case '{':
		r.flush()
		if r.ignore = 0; len(r.stack) == maxRTFDepth {
			r.deep++
			return
		}
		r.stack = append(r.stack, r.state)
	case '}':
		r.flush()
		r.ignore, r.star = 0, false
		if n := len(r.stack); r.deep > 0 {
			r.deep--
		} else if n > 0 {
			r.state, r.stack = r.stack[n-1], r.stack[:n-1]
		}
	case '\\':
		r.control()
	case '\r', '\n', 0:
	default:
		r.letter(c)
	}
}

// letter takes one byte of text.
func (r *rtfReader) letter(c byte) {
	if r.ignore > 0 {
		r.ignore--
		return
	}
	if r.shown() {
		r.raw = append(r.raw, c)
	}
}

func (r *rtfReader) shown() bool { return !r.state.skip && !r.state.fonts && !r.state.wrapped }

func (r *rtfReader) flush() {
	if len(r.raw) == 0 {
		return
	}
	charset := r.fonts[r.state.font]
	if charset == "" {
		charset = r.charset
	}
	s, _ := decode(r.raw, charset, "")
	r.out.WriteString(s)
	r.raw = r.raw[:0]
}

func (r *rtfReader) write(s string) {
	if r.flush(); r.shown() {
		r.out.WriteString(s)
	}
}

// control reads what follows a backslash: a sign, a byte in hexadecimal digits, or
// a word with a number.
func (r *rtfReader) control() {
	if len(r.b) == 0 {
		return
	}
	end := 0
	for end < len(r.b) && end < 32 && (r.b[end]|0x20) >= 'a' && (r.b[end]|0x20) <= 'z' {
		end++
	}
	if end == 0 {
		r.sign()
		return
	}
	word := string(r.b[:end])
	r.b = r.b[end:]
	end = 0
	for end < len(r.b) && end < 10 && (r.b[end] >= '0' && r.b[end] <= '9' || end == 0 && r.b[end] == '-') {
		end++
	}
	number, err := strconv.Atoi(string(r.b[:end]))
	r.b = bytes.TrimPrefix(r.b[end:], []byte(" "))
	if word == "bin" {
		r.b = r.b[min(max(number, 0), len(r.b)):]
		return
	}
	if r.ignore > 0 { // it counts as one letter
		r.ignore--
		return
	}
	r.word(word, number, err == nil)
}

func (r *rtfReader) sign() {
	c := r.b[0]
	r.b = r.b[1:]
	switch c {
	case '\'':
		if len(r.b) >= 2 && isHex(r.b[0]) && isHex(r.b[1]) {
			c = unhex(r.b[0])<<4 | unhex(r.b[1])
			r.b = r.b[2:]
			r.letter(c)
		}
	case '*':
		r.star = true
	case '~':
		r.write("\u00a0")
	case '_':
		r.write("-")
	case '\r', '\n':
		r.write("\n")
	case '\\', '{', '}':
		r.letter(c)
	}
}

// rtfSigns are words that stand for letters.
var rtfSigns = map[string]string{
	"par": "\n", "line": "\n", "sect": "\n", "page": "\n", "row": "\n", "tab": "\t", "cell": "\t", "emdash": "—", "endash": "–", "bullet": "•",
	"lquote": "‘", "rquote": "’", "ldblquote": "“", "rdblquote": "”", "emspace": " ", "enspace": " ",
}

// rtfCharsets are those of \fcharset; others are that of the text.
var rtfCharsets = map[int]string{
	0: "windows-1252", 77: "macintosh", 128: "shift_jis", 129: "cp949", 134: "gbk", 136: "big5", 161: "windows-1253", 162: "windows-1254", 163: "windows-1258",
	177: "windows-1255", 178: "windows-1256", 186: "windows-1257", 204: "windows-1251", 222: "windows-874", 238: "windows-1250",
}

func (r *rtfReader) word(word string, number int, numbered bool) {
	starred := r.star
	r.star = false
	switch word {
	case "fonttbl":
		r.flush()
		r.state.fonts = true
	case "colortbl", "stylesheet", "info", "pict", "header", "headerl", "headerr", "headerf", "footer", "footerl", "footerr", "footerf":
		r.flush()
		r.state.skip = true
	case "f":
		r.flush()
		r.state.font = number
	case "fcharset":
		if r.state.fonts && len(r.fonts) < maxRTFFonts {
			r.fonts[r.state.font] = rtfCharsets[number]
		}
	case "ansicpg":
		r.charset = "cp" + strconv.Itoa(number)
	case "mac":
		r.charset = "macintosh"
	case "pc", "pca":
		r.charset = map[string]string{"pc": "cp437", "pca": "cp850"}[word]
	case "uc":
		r.state.unicode = min(max(number, 0), 16)
	case "u":
		r.unicode(number)
	case "fromhtml":
		r.isHTML = true
	case "htmltag":
		r.flush()
		r.state.tag, r.state.wrapped, r.state.skip = true, false, !r.isHTML
	case "htmlrtf":
		r.flush()
		r.state.wrapped = r.isHTML && !r.state.tag && (!numbered || number != 0)
	default:
		if s, ok := rtfSigns[word]; ok {
			r.write(s)
		} else if starred {
			r.flush()
			r.state.skip = true
		}
	}
}

// unicode takes a \u, which counts in 16 bits with a sign.
func (r *rtfReader) unicode(number int) {
	u := rune(uint16(number))
	r.ignore = r.state.unicode
	switch whole := utf16.DecodeRune(r.half, u); {
	case whole != utf8.RuneError:
		u = whole
	case utf16.IsSurrogate(u):
		r.half = u
		return
	}
	r.half = 0
	r.write(string(u))
}
