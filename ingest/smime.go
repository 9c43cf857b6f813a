package ingest

import (
	"bytes"
	"strings"
)

// isOpaque knows a mail wrapped whole in its signature (RFC 8551, section
// 3.5.2), also where a gateway lost the media type.
func isOpaque(p *part) bool {
	switch p.ContentType {
	case "application/pkcs7-mime", "application/x-pkcs7-mime":
		return true
	}
	return p.ContentType == "application/octet-stream" && strings.HasSuffix(strings.ToLower(p.FileName), ".p7m")
}

// open looks into what wraps other parts: a signed mail and a winmail.dat.
func (r *treeReader) open(p *part, depth int) {
	switch {
	case depth >= maxDepth:
	case isOpaque(p):
		inner, signed := signedContent(p.Content)
		if !signed {
			r.problem(encrypted)
			return
		}
		if inner == nil {
			r.problem(badSMIME)
			return
		}
		r.problem(unverified)
		h, body := r.partHeader(inner)
		child := r.node(h, "text/plain")
		p.add(child, 1)
		r.fill(child, h, body, depth+1)
	case isTNEF(p):
		r.openTNEF(p)
	case p.ContentType == "text/plain" && p.Disposition != "attachment" && p.FileName == "":
		r.openUU(p)
	}
}

// signedContent takes the content out of a CMS SignedData (RFC 5652, section
// 5.1) without looking at its signatures. signed is false for anything else;
// inner is nil where it is there and cannot be read.
func signedContent(b []byte) (inner []byte, signed bool) {
	info, _, ok := readBER(b, 0)
	if !ok || info.tag != 0x30 {
		return nil, false
	}
	kind, rest, ok := readBER(info.value, 0)
	if !ok || !bytes.Equal(kind.value, []byte{0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 7, 2}) {
		return nil, false
	}
	explicit, _, ok := readBER(rest, 0)
	if !ok {
		return nil, true
	}
	data, _, ok := readBER(explicit.value, 0)
	if !ok {
		return nil, true
	}
	rest = data.value
	for range 4 { // version, digest algorithms, then the content
		var e element
		if e, rest, ok = readBER(rest, 0); !ok {
			return nil, true
		}
		if e.tag != 0x30 {
			continue
		}
		_, after, ok := readBER(e.value, 0)
		if !ok {
			return nil, true
		}
		content, _, ok := readBER(after, 0)
		if !ok {
			return nil, true // the signature stands alone
		}
		return octets(content.value, 0), true
	}
	return nil, true
}

// octets joins an octet string that may have come in pieces.
func octets(b []byte, depth int) (out []byte) {
	for len(b) > 0 && depth < maxBERDepth {
		e, rest, ok := readBER(b, 0)
		switch {
		case !ok:
			return out
		case e.tag == 0x04:
			out = append(out, e.value...)
		case e.tag == 0x24:
			out = append(out, octets(e.value, depth+1)...)
		}
		b = rest
	}
	return out
}

// element is one of BER (X.690): its first octet and what it holds.
type element struct {
	tag   byte
	value []byte
}

// readBER reads one element. A length may be indefinite: then elements follow
// up to an empty one.
func readBER(b []byte, depth int) (e element, rest []byte, ok bool) {
	if len(b) < 2 || b[0]&0x1f == 0x1f || depth > maxBERDepth {
		return e, nil, false
	}
	e.tag = b[0]
	length, at := int(b[1]), 2
	switch {
	case length == 0x80:
		for at+1 < len(b) {
			if b[at] == 0 && b[at+1] == 0 {
				e.value = b[2:at]
				return e, b[at+2:], true
			}
			_, after, ok := readBER(b[at:], depth+1)
			if !ok {
				return e, nil, false
			}
			at = len(b) - len(after)
		}
		return e, nil, false
	case length > 0x84:
		return e, nil, false
	case length > 0x80:
		n := length & 0x7f
		if len(b) < 2+n {
			return e, nil, false
		}
		length = 0
		for _, c := range b[2 : 2+n] {
			length = length<<8 | int(c)
		}
		at += n
	}
	if length > len(b)-at {
		return e, nil, false
	}
	e.value = b[at : at+length]
	return e, b[at+length:], true
}
