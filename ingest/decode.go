package ingest

import (
	"bytes"
	"encoding/base64"
	"strings"
)

// decoded is what a transfer encoding gave; problem is "" if it was in order.
type decoded struct {
	data    []byte
	problem string
	loose   bool   // it was base64 with something in it
	foot    []byte // what stands below it and is none
}

// transfer undoes a Content-Transfer-Encoding, as far as it can be undone.
// Unencoded bytes are not copied.
func transfer(encoding string, body []byte) decoded {
	encoding, _, _ = strings.Cut(strings.ToLower(encoding), ";")
	encoding, _, _ = strings.Cut(strings.TrimSpace(encoding), " ")
	switch alphanumeric(encoding) {
	case "base64", "b64":
		return decodeBase64(body)
	case "quotedprintable", "qp":
		return decoded{data: decodeQP(body)}
	case "xuuencode", "uuencode", "xuue", "uue":
		return decoded{data: decodeUU(body)}
	case "", "7bit", "8bit", "binary", "none":
		return decoded{data: body}
	}
	return decoded{data: body, problem: badEncoding}
}

// decodeBase64 passes over what does not belong, goes on behind padding, as
// where two encoded texts were put together, and needs no padding at the end.
// Behind padding, what does not belong ends it: a gateway has added its notice.
func decodeBase64(body []byte) decoded {
	if fast, ok := properBase64(body); ok {
		return decoded{data: fast}
	}
	out := make([]byte, 0, base64.StdEncoding.DecodedLen(len(body))+3)
	d := decoded{loose: true}
	var bits uint32
	count := 0
	flush := func() {
		switch count {
		case 1:
			d.problem = badBase64
		case 2:
			out = append(out, byte(bits>>4))
		case 3:
			out = append(out, byte(bits>>10), byte(bits>>2))
		}
		bits, count = 0, 0
	}
	padded, below := 0, -1 // where the last padding ends, in out and in body
	for i, c := range body {
		v := sixBits(c)
		switch {
		case v < 64:
			bits = bits<<6 | uint32(v)
			if count++; count == 4 {
				out = append(out, byte(bits>>16), byte(bits>>8), byte(bits))
				bits, count = 0, 0
			}
		case c == '=':
			flush()
			padded, below = len(out), i+1
		case c > ' ' && below >= 0:
			d.data, d.foot, d.problem = out[:padded], body[below:], badBase64
			return d
		case c > ' ':
			d.problem = badBase64
		}
	}
	flush()
	d.data = out
	return d
}

// cutProse cuts a text in base64 where words of people begin: the foot that a
// list adds without looking, or all of it where only the encoding's name is
// wrong. words is nil if there are none.
func cutProse(body []byte) (code, words []byte) {
	for rest := body; len(rest) > 0; {
		at := len(body) - len(rest)
		var l []byte
		if l, rest = cutLine(rest); isProseLine(l) {
			return body[:at], body[at:]
		}
	}
	return body, nil
}

// isProseLine knows a line of words, or a ruler, among base64.
func isProseLine(l []byte) bool {
	l = bytes.TrimSpace(l)
	if len(l) > 1 && len(bytes.Trim(l, "-_*")) == 0 {
		return true
	}
	words := bytes.Fields(l)
	for _, w := range words {
		if len(w) > 24 {
			return false
		}
	}
	return len(words) > 2 || len(words) == 2 && len(bytes.Trim(l, base64Letters+" ")) > 0
}

// properBase64 decodes what keeps to the rules, as nearly all does, with the
// standard library's speed.
func properBase64(body []byte) ([]byte, bool) {
	body = bytes.TrimSpace(body)
	out := make([]byte, base64.StdEncoding.DecodedLen(len(body)))
	n, err := base64.StdEncoding.Decode(out, body)
	return out[:n], err == nil
}

func sixBits(c byte) byte {
	switch {
	case c >= 'A' && c <= 'Z':
		return c - 'A'
	case c >= 'a' && c <= 'z':
		return c - 'a' + 26
	case c >= '0' && c <= '9':
		return c - '0' + 52
	case c == '+', c == '-':
		return 62
	case c == '/', c == '_':
		return 63
	}
	return 0xff
}

// decodeQP undoes quoted-printable (RFC 2045, section 6.7). What is no escape
// stays as it stands.
func decodeQP(body []byte) []byte {
	out := make([]byte, 0, len(body))
	for len(body) > 0 {
		l, rest := cutLine(body)
		ended := len(rest) > 0 || body[len(body)-1] == '\n'
		ending := body[len(trimEOL(body[:len(body)-len(rest)])) : len(body)-len(rest)]
		body = rest
		l = bytes.TrimRight(l, " \t") // added on the way
		soft := bytes.HasSuffix(l, []byte("="))
		if soft {
			l = l[:len(l)-1]
		}
		for i := 0; i < len(l); i++ {
			if l[i] == '=' && i+2 < len(l) && isHex(l[i+1]) && isHex(l[i+2]) {
				out = append(out, unhex(l[i+1])<<4|unhex(l[i+2]))
				i += 2
				continue
			}
			out = append(out, l[i])
		}
		if !soft && ended {
			out = append(out, ending...)
		}
	}
	return out
}

func isHex(c byte) bool {
	return c >= '0' && c <= '9' || c >= 'a' && c <= 'f' || c >= 'A' && c <= 'F'
}

func unhex(c byte) byte {
	if c <= '9' {
		return c - '0'
	}
	return c&^0x20 - 'A' + 10
}

// decodeUU undoes uuencode between "begin" and "end".
func decodeUU(body []byte) []byte {
	var out []byte
	begun := false
	for len(body) > 0 {
		var l []byte
		l, body = cutLine(body)
		switch {
		case !begun:
			begun = bytes.HasPrefix(l, []byte("begin "))
			continue
		case bytes.Equal(bytes.TrimSpace(l), []byte("end")):
			return out
		case len(l) == 0:
			continue
		}
		want := int(l[0]-' ') & 0x3f
		var bytesOut []byte
		for l = l[1:]; len(l) > 0; l = l[min(4, len(l)):] {
			var q [4]byte
			copy(q[:], "    ")
			copy(q[:], l)
			for i := range q {
				q[i] = (q[i] - ' ') & 0x3f
			}
			bytesOut = append(bytesOut, q[0]<<2|q[1]>>4, q[1]<<4|q[2]>>2, q[2]<<6|q[3])
		}
		out = append(out, bytesOut[:min(want, len(bytesOut))]...)
	}
	return out
}

// cutLine cuts the first line off, without its line end.
func cutLine(b []byte) (line, rest []byte) {
	if i := bytes.IndexByte(b, '\n'); i >= 0 {
		return trimEOL(b[:i+1]), b[i+1:]
	}
	return trimEOL(b), nil
}

// trimEOL takes a line end away: LF, CRLF, and the CRCRLF of broken relays.
func trimEOL(b []byte) []byte {
	b = bytes.TrimSuffix(b, []byte("\n"))
	return bytes.TrimRight(b, "\r")
}
