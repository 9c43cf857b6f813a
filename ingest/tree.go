package ingest

import (
	"bytes"
	"slices"
	"strconv"
	"strings"
	"unicode"
)

// part is a node of a mail: a multipart with children, or a leaf with content.
type part struct {
	ContentType string // in lower case, without parameters
	Params      parameters
	Charset     string
	Disposition string
	FileName    string // as it was given, decoded
	ContentID   string
	Header      Header
	PartID      string // "2.1": where it stands; "0" is a mail of many parts
	Content     []byte // decoded; nil in a multipart

	Parent, FirstChild, NextSibling *part
	lastChild                       *part
}

// treeReader reads the parts of a mail. Each level of multiparts is read over
// once for each level above it, and both are bounded: time is linear.
type treeReader struct {
	parts    int
	guesses  int    // of boundaries, each of which may read the rest of a body
	fallback string // charset that the body declares
	problem  func(string)
}

// readTree reads the parts of a mail whose header was read. It never fails:
// what is no multipart, or not a sound one, is one part.
func readTree(h Header, body []byte, problem func(string)) *part {
	r := &treeReader{problem: problem, fallback: bodyCharset(h)}
	root := r.node(h, "text/plain")
	r.fill(root, h, body, 0)
	if root.FirstChild == nil {
		root.PartID = "1"
	}
	return root
}

// bodyCharset is the charset in which undeclared bytes of the header are
// thought to be.
func bodyCharset(h Header) string {
	_, params := parseMedia(h.Said("Content-Type"), "")
	return params["charset"]
}

// node makes a part of its header.
func (r *treeReader) node(h Header, defaultType string) *part {
	p := &part{Header: h, PartID: "0"}
	p.ContentType, p.Params = parseMedia(h.Said("Content-Type"), r.fallback)
	if !strings.Contains(p.ContentType, "/") {
		p.ContentType = map[string]string{"text": "text/plain", "html": "text/html"}[p.ContentType]
	}
	if p.ContentType == "" {
		p.ContentType = defaultType
	}
	var params parameters
	p.Disposition, params = parseMedia(h.Said("Content-Disposition"), r.fallback)
	p.Charset = p.Params["charset"]
	for _, name := range [...]string{params["filename"], p.Params["name"], params["name"], p.Params["filename"]} {
		if p.FileName == "" {
			p.FileName = withoutApostrophes(name)
		}
	}
	p.ContentID = strings.Trim(line(valid(h.Said("Content-ID"))), "<> ")
	return p
}

// fill reads what a part holds.
func (r *treeReader) fill(p *part, h Header, body []byte, depth int) {
	r.parts++
	if p.ContentType == "multipart/encrypted" {
		r.problem(encrypted)
	}
	encoding := h.Said("Content-Transfer-Encoding")
	if p.Parent == nil && h.Said("Content-Type") == "" && r.beginsWithPart(body) {
		p.ContentType = "multipart/mixed" // its header was lost on the way
	}
	if strings.HasPrefix(p.ContentType, "multipart/") {
		if depth == maxDepth {
			r.problem(deepParts)
		} else if r.encodedParts(p, encoding, body, depth) {
			return
		} else {
			p.ContentType = "text/plain"
			if len(body) > 0 {
				r.problem(noParts)
			}
		}
	}
	d := transfer(encoding, body)
	if d.loose && strings.HasPrefix(p.ContentType, "text/") {
		if code, words := cutProse(body); words != nil {
			d = decoded{data: append(decodeBase64(code).data, words...), problem: badBase64}
		} else if foot := bytes.TrimSpace(d.foot); len(foot) > 0 {
			d.data = append(append(d.data, '\n'), foot...)
		}
	}
	p.Content = d.data
	if d.problem != "" {
		r.problem(d.problem)
	}
	r.open(p, depth)
}

// encodedParts reads the parts of a multipart as it is, or as what its encoding
// makes of it, against all rules (RFC 2045, section 6.4): first where its boundary
// is found, then where one is guessed.
func (r *treeReader) encodedParts(p *part, encoding string, body []byte, depth int) bool {
	if r.split(p, body, p.Params["boundary"], depth) {
		return true
	}
	d := transfer(encoding, body)
	if len(d.data) == len(body) {
		d.data = nil
	}
	if r.split(p, d.data, p.Params["boundary"], depth) {
		return true
	}
	for _, b := range [...][]byte{body, d.data} {
		if boundary := r.guessBoundary(b); boundary != "" && r.split(p, b, boundary, depth) {
			r.problem(noBoundary)
			return true
		}
	}
	return false
}

// split cuts a multipart's body into its parts and reports whether there are
// any.
func (r *treeReader) split(p *part, body []byte, boundary string, depth int) bool {
	pieces, closed := cutParts(body, strings.TrimRight(boundary, " \t"), maxParts-r.parts)
	if len(pieces) == 0 {
		return false
	}
	if !closed && r.parts+len(pieces) >= maxParts {
		r.problem(manyParts)
	} else if !closed {
		r.problem(unclosed)
	}
	defaultType := "text/plain"
	if p.ContentType == "multipart/digest" { // RFC 2046, section 5.1.5
		defaultType = "message/rfc822"
	}
	for i, piece := range pieces {
		if r.parts >= maxParts {
			r.problem(manyParts)
			break
		}
		h, rest := r.partHeader(piece)
		child := r.node(h, defaultType)
		p.add(child, i+1)
		r.fill(child, h, rest, depth+1)
	}
	return true
}

// partHeader reads a part's header. A part may have none: then it begins with
// an empty line, or, against the rules, with its text.
func (r *treeReader) partHeader(piece []byte) (Header, []byte) {
	first, rest := cutLine(piece)
	if len(bytes.TrimSpace(first)) == 0 {
		return nil, rest
	}
	name, _, ok := bytes.Cut(first, []byte(":"))
	if !ok || !isFieldName(bytes.TrimRight(name, " \t")) {
		return nil, piece
	}
	var hr headerReader
	body := hr.read(piece)
	if hr.cut {
		r.problem(longHeader)
	}
	return hr.fields, body
}

// withoutApostrophes takes away those that stand for quotation marks.
func withoutApostrophes(name string) string {
	if len(name) > 2 && name[0] == '\'' && name[len(name)-1] == '\'' {
		return name[1 : len(name)-1]
	}
	return name
}

func (p *part) add(child *part, number int) {
	child.Parent = p
	child.PartID = strconv.Itoa(number)
	if p.Parent != nil || p.PartID != "0" {
		child.PartID = p.PartID + "." + child.PartID
	}
	if p.lastChild == nil {
		p.FirstChild = child
	} else {
		p.lastChild.NextSibling = child
	}
	p.lastChild = child
}

// cutParts cuts a body at its boundary lines (RFC 2046, section 5.1.1): "--",
// the boundary, perhaps "--" for the last, perhaps white space. The line end
// above such a line belongs to it.
func cutParts(body []byte, boundary string, most int) (pieces [][]byte, closed bool) {
	if boundary == "" {
		return nil, false
	}
	mark := []byte("--" + boundary)
	start := -1
	for at := 0; at < len(body) && len(pieces) < most; {
		i := bytes.Index(body[at:], mark)
		if i < 0 {
			break
		}
		i += at
		at = i + len(mark)
		if i > 0 && body[i-1] != '\n' {
			continue
		}
		l, rest := cutLine(body[at:])
		tail, last := bytes.CutPrefix(l, []byte("--"))
		if len(bytes.TrimSpace(tail)) > 0 {
			continue
		}
		if start >= 0 {
			pieces = append(pieces, trimEOL(body[start:max(i, start)]))
		}
		at = len(body) - len(rest)
		if start, closed = at, last; last {
			start = -1
		}
	}
	if start >= 0 && len(pieces) < most && (start < len(body) || len(pieces) == 0) {
		pieces = append(pieces, body[start:])
	}
	return pieces, closed
}

// guessBoundary finds the boundary of a multipart that does not say it: a line
// of "--" and a word above a part's header, or that is closed further below.
func (r *treeReader) guessBoundary(body []byte) string {
	for rest := body; len(rest) > 0; {
		var l []byte
		l, rest = cutLine(rest)
		mark, ok := bytes.CutPrefix(bytes.TrimRight(l, " \t"), []byte("--"))
		if !ok || len(mark) == 0 || len(mark) > 200 || bytes.ContainsAny(mark, " \t") {
			continue
		}
		if next, _ := cutLine(rest); len(next) > 8 && strings.EqualFold(string(next[:8]), "content-") {
			return string(mark)
		}
		if r.guesses < maxGuesses && bytes.ContainsFunc(mark, unicode.IsLetter) {
			if r.guesses++; bytes.Contains(rest, slices.Concat([]byte("\n--"), mark, []byte("--"))) {
				return string(mark)
			}
		}
	}
	return ""
}

// beginsWithPart knows the body of a multipart by its first line.
func (r *treeReader) beginsWithPart(body []byte) bool {
	body = bytes.TrimLeft(body, "\r\n")
	l, _ := cutLine(body)
	boundary := r.guessBoundary(body[:min(len(body), maxHeader)])
	return boundary != "" && string(l) == "--"+boundary
}

// first gives the first part that match likes, parents before
// children; nil if there is none.
func (p *part) first(match func(*part) bool) (found *part) {
	p.visit(func(q *part) bool {
		if match(q) {
			found = q
		}
		return found == nil
	})
	return found
}

// all gives all parts that match likes, parents before children.
func (p *part) all(match func(*part) bool) (found []*part) {
	p.visit(func(q *part) bool {
		if match(q) {
			found = append(found, q)
		}
		return true
	})
	return found
}

// visit calls f for each part in the order of the mail, until it says no.
func (p *part) visit(f func(*part) bool) bool {
	if !f(p) {
		return false
	}
	for c := p.FirstChild; c != nil; c = c.NextSibling {
		if !c.visit(f) {
			return false
		}
	}
	return true
}
