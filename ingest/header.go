package ingest

import (
	"bytes"
	"strings"
	"unicode"
	"unicode/utf8"

	uni "golang.org/x/text/encoding/unicode"
)

// normalise gives the mail with LF line ends, without an mbox line or a byte
// order mark at its top.
func normalise(raw []byte) []byte {
	raw = unwrap(raw)
	raw = bytes.ReplaceAll(raw, []byte("\r\n"), []byte("\n"))
	if bytes.IndexByte(raw, '\r') >= 0 {
		raw = bytes.ReplaceAll(raw, []byte("\r"), []byte("\n"))
	}
	return raw
}

// unwrap takes away what stands before a mail: a byte order mark and mbox
// lines. It copies only a mail in UTF-16 or with bare CR line ends.
func unwrap(raw []byte) []byte {
	if bytes.HasPrefix(raw, []byte("\xff\xfe")) || bytes.HasPrefix(raw, []byte("\xfe\xff")) {
		if out, err := uni.UTF16(uni.BigEndian, uni.UseBOM).NewDecoder().Bytes(raw); err == nil {
			raw = out
		}
	}
	raw = bytes.TrimPrefix(raw, []byte("\xef\xbb\xbf"))
	cr, lf := bytes.IndexByte(raw, '\r'), bytes.IndexByte(raw, '\n')
	if cr >= 0 && (lf < 0 || cr < lf && raw[cr+1] != '\n' && raw[cr+1] != '\r') {
		raw = bytes.ReplaceAll(raw, []byte("\r\n"), []byte("\n"))
		raw = bytes.ReplaceAll(raw, []byte("\r"), []byte("\n"))
	}
	for isMboxLine(raw) {
		_, rest := cutLine(raw)
		if rest == nil {
			return raw
		}
		raw = rest
	}
	return raw
}

// isMboxLine knows the line above a mail in a file of many. "From : a@b" is a field
// with a space behind its name.
func isMboxLine(raw []byte) bool {
	rest, ok := bytes.CutPrefix(bytes.TrimPrefix(raw, []byte(">")), []byte("From "))
	return ok && !bytes.HasPrefix(bytes.TrimLeft(rest, " \t"), []byte(":"))
}

// headerReader splits fields from a body.
type headerReader struct {
	fields Header
	cut    bool // a limit was met
	stray  bool // lines that are no fields were passed over
	torn   bool // others may read other fields: such a line stood below From, or the first field is not at the top
	end    int  // no field that is known begins behind it
}

// readHeader splits a mail into its fields and its body. Lines that are no
// field are passed over where known fields follow, and else begin the body: it
// was not set off by an empty line. cut says that a limit was met.
func readHeader(raw []byte) (h Header, body []byte, cut bool) {
	var r headerReader
	body = r.read(raw)
	return r.fields, body, r.cut
}

func (r *headerReader) read(raw []byte) (body []byte) {
	r.end = lastKnown(raw)
	at := 0
	for at < len(raw) {
		l, rest := cutLine(raw[at:])
		here := at
		at = len(raw) - len(rest)
		switch {
		case len(l) == 0:
			if len(r.fields) == 0 && here < r.end {
				r.torn = true // empty lines above the header, which for others is none
				continue
			}
			return raw[at:]
		case here > maxHeader || len(r.fields) == maxFields:
			r.cut = true
			return bodyBehind(raw[here:])
		case len(bytes.TrimSpace(l)) == 0:
			if here >= r.end {
				return raw[at:]
			}
		case (l[0] == ' ' || l[0] == '\t') && len(r.fields) > 0:
			r.fold(l)
		case (l[0] == ' ' || l[0] == '\t') && here < r.end && r.field(bytes.TrimLeft(l, " \t")):
			r.torn = true // the first one, which others pass over
		case r.goesOn(l):
			r.fold(l)
		case !r.field(l):
			if here >= r.end {
				return raw[here:]
			}
			r.stray = true
			r.torn = r.torn || len(r.fields) > 0 && strings.EqualFold(r.fields[len(r.fields)-1].Name, "From")
		}
	}
	return nil
}

// field adds a line to the fields if it is one.
func (r *headerReader) field(l []byte) bool {
	name, value, ok := bytes.Cut(l, []byte(":"))
	if name = bytes.TrimRight(name, " \t"); !ok || !isFieldName(name) {
		return false
	}
	if len(value) > maxField {
		value, r.cut = value[:maxField], true
	}
	r.fields = append(r.fields, Field{string(name), strings.Trim(string(value), " \t\r")})
	return true
}

// goesOn knows the parameters of a field that stand below it without the space
// that makes them a part of it.
func (r *headerReader) goesOn(l []byte) bool {
	if len(r.fields) == 0 {
		return false
	}
	last := r.fields[len(r.fields)-1]
	name, _, ok := bytes.Cut(l, []byte("="))
	return ok && strings.HasSuffix(last.Value, ";") && len(last.Name) > 8 && strings.EqualFold(last.Name[:8], "content-") && isToken(name)
}

func isToken(b []byte) bool {
	for _, c := range b {
		if (c|0x20 < 'a' || c|0x20 > 'z') && (c < '0' || c > '9') && c != '-' && c != '*' {
			return false
		}
	}
	return len(b) > 0
}

// fold adds a continuation line to the last field.
func (r *headerReader) fold(l []byte) {
	last := &r.fields[len(r.fields)-1]
	if len(last.Value)+len(l) > maxField {
		r.cut = true
		return
	}
	last.Value = strings.TrimLeft(last.Value+" "+strings.TrimSpace(string(l)), " ")
}

// bodyBehind finds the body below a header that is too long to be read.
func bodyBehind(raw []byte) []byte {
	for len(raw) > 0 {
		var l []byte
		if l, raw = cutLine(raw); len(l) == 0 {
			return raw
		}
	}
	return nil
}

// isFieldName: printable ASCII without colon (RFC 5322, section 3.6.8).
func isFieldName(name []byte) bool {
	for _, c := range name {
		if c <= ' ' || c >= 0x7f {
			return false
		}
	}
	return len(name) > 0 && len(name) <= 200
}

// lastKnown gives where the last line begins, above the first empty one, that
// is a field which mails are known to have.
func lastKnown(raw []byte) (last int) {
	for at, started := 0, false; at < len(raw) && at <= maxHeader; {
		l, rest := cutLine(raw[at:])
		if len(l) == 0 && started {
			break
		}
		started = started || len(l) > 0
		if name, _, ok := bytes.Cut(l, []byte(":")); ok && len(name) < 60 && isKnown(string(bytes.TrimRight(name, " \t"))) {
			last = at + 1
		}
		at = len(raw) - len(rest)
	}
	return last
}

func isKnown(name string) bool {
	name = strings.ToLower(name)
	switch name {
	case "from", "to", "cc", "bcc", "subject", "date", "message-id", "in-reply-to", "references", "reply-to", "sender", "return-path",
		"received", "mime-version", "delivered-to", "auto-submitted", "precedence", "dkim-signature", "authentication-results":
		return true
	}
	for _, prefix := range [...]string{"content-", "x-", "list-", "resent-", "arc-"} {
		if rest, ok := strings.CutPrefix(name, prefix); ok && rest != "" && isFieldName([]byte(rest)) {
			return true
		}
	}
	return false
}

// meaningful reports whether a header says anything: a field with a value. What
// looks like a field in a picture or in noise does not count.
func meaningful(h Header, raw []byte) bool {
	noise := isBinary(raw)
	for _, f := range h {
		if f.Value != "" && (!noise || isKnown(f.Name) && !isBinary([]byte(f.Value))) {
			return true
		}
	}
	return false
}

// isBinary knows bytes that are no text by the control characters in them.
func isBinary(b []byte) bool {
	b = b[:min(len(b), 4096)]
	controls := 0
	for _, c := range b {
		if c == 0 || c < ' ' && c != '\t' && c != '\n' && c != '\r' && c != '\f' && c != 0x1b {
			controls++
		}
	}
	return controls*50 > len(b)
}

// isProse reports whether bytes without any header are words that somebody
// could have written.
func isProse(raw []byte) bool {
	if isBinary(raw) {
		return false
	}
	words := 0
	for _, w := range strings.Fields(valid(string(raw[:min(len(raw), 4096)]))) {
		letters := 0
		for _, r := range w {
			if unicode.IsLetter(r) && r != utf8.RuneError {
				letters++
			}
		}
		if letters > 1 && letters*2 > len([]rune(w)) && len(w) <= 40 {
			words++
		}
	}
	return words >= 4
}
