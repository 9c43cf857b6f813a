package ingest

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"mime"
	"path"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/jhillyerd/enmime/v2"
	"github.com/jhillyerd/enmime/v2/mediatype"
	"golang.org/x/text/encoding/charmap"

	"respon/ingest/reply"
)

// ErrNothing: not one header field with a value could be made out.
var ErrNothing = errors.New("this is no mail: it has no header field")

// Options are what the parser knows of the catalogue.
type Options struct {
	Prefix     string // of ticket numbers; "": any
	Categories []Category
}

// Category of the catalogue, for tags.
type Category struct {
	ID    string
	Names []string // names and aliases
}

// Parser understands mails. It is safe for concurrent use.
type Parser struct{ o Options }

// NewParser makes a parser.
func NewParser(o Options) *Parser { return &Parser{o} }

// Bounds that hold before a library sees the mail. enmime's time doubles with
// each level of unclosed multiparts, and grows with the square of their number.
const (
	maxBoundaryLines = 2000
	maxMultiparts    = 14
	maxText          = 2 << 20
	maxAttachments   = 200
)

var errTooComplex = errors.New("too many parts")

// Parse reads a mail. It is pure: the same bytes give the same answer. An
// error means that nothing at all could be made of it.
func (p *Parser) Parse(raw []byte) (*Message, error) {
	mail := normalise(raw)
	h, body, cut := readHeader(mail)
	m := &Message{
		References: []string{}, To: []Address{}, Cc: []Address{}, ReplyTo: []Address{},
		Attachments: []Attachment{}, Problems: []string{}, Header: h,
	}
	if !anyValue(h) {
		return nil, ErrNothing
	}
	if cut {
		m.problem("The header is longer than is read; the rest of it is left out.")
	}
	p.header(m)
	tree, err := readTree(mail)
	if err != nil {
		m.problem("The parts of this mail could not be read; its body is shown as it came.")
		m.Text = cleanText(valid(string(body[:min(len(body), maxText)])))
	} else {
		m.walk(tree)
	}
	p.classify(m, tree)
	m.Reply = m.Text
	if m.Kind == KindReply || m.Kind == KindNew {
		m.Reply = reply.New(m.Text, m.HTML)
		if m.Reply == "" && m.Kind == KindNew {
			m.Reply = m.Text
		}
	}
	m.Reply = strings.Trim(m.Reply, "\n")
	return m, nil
}

func anyValue(h Header) bool {
	for _, f := range h {
		if f.Value != "" && utf8.ValidString(f.Name) {
			return true
		}
	}
	return false
}

func (m *Message) problem(s string) {
	for _, old := range m.Problems {
		if old == s {
			return
		}
	}
	m.Problems = append(m.Problems, s)
}

func (p *Parser) header(m *Message) {
	m.From, m.FromExact = fromOf(m.Header)
	if m.From == nil {
		m.problem("There is no From with an address.")
	} else if !m.FromExact {
		m.problem("From is not exactly one plain address.")
	}
	for _, v := range m.Header.Values("To") {
		m.To = append(m.To, parseAddresses(v)...)
	}
	for _, v := range m.Header.Values("Cc") {
		m.Cc = append(m.Cc, parseAddresses(v)...)
	}
	for _, v := range m.Header.Values("Reply-To") {
		m.ReplyTo = append(m.ReplyTo, parseAddresses(v)...)
	}
	m.MessageID = firstID(m.Header.Get("Message-ID"))
	m.InReplyTo = firstID(m.Header.Get("In-Reply-To"))
	for _, v := range m.Header.Values("References") {
		m.References = append(m.References, messageIDs(v)...)
	}
	m.Subject = decodeWords(m.Header.Get("Subject"))
	if m.Date = dateOf(m.Header.Get("Date")); m.Date == nil {
		m.problem("There is no Date that can be read.")
	}
	m.Tags, m.SubjectPlain = p.tags(m.Subject)
}

// readTree reads the MIME parts, under guard.
func readTree(mail []byte) (*enmime.Part, error) {
	if bytes.Count(mail, []byte("\n--")) > maxBoundaryLines {
		return nil, errTooComplex
	}
	multi := 0
	parser := enmime.NewParser(
		enmime.DisableTextConversion(true), enmime.DisableCharacterDetection(true), enmime.MaxStoredPartErrors(20),
		enmime.MultipartWOBoundaryAsSinglePart(true),
		enmime.SetCustomParseMediaType(func(s string) (string, map[string]string, []string, error) {
			t, params, bad, err := mediatype.Parse(s)
			if params["boundary"] != "" {
				if multi++; multi > maxMultiparts {
					return "", nil, nil, errTooComplex
				}
			}
			return t, params, bad, err
		}))
	tree, err := parser.ReadParts(bytes.NewReader(mail))
	if err != nil {
		return nil, fmt.Errorf("read parts: %w", err)
	}
	return tree, nil
}

// walk gathers text and attachments in their order.
func (m *Message) walk(root *enmime.Part) {
	text, html := m.part(root)
	if strings.TrimSpace(text) == "" && html != "" {
		text = reply.FromHTML(html)
	}
	m.HTML = html
	if len(text) > maxText {
		text = strings.ToValidUTF8(text[:maxText], "")
		m.problem("The text is longer than is shown.")
	}
	m.Text = cleanText(text)
	if root.FirstChild == nil && m.Text == "" && len(m.Attachments) == 0 && len(root.Content) > 0 {
		m.Text = cleanText(partText(root))
	}
}

// part gives the text of a part as plain text and, where it has one, as HTML.
func (m *Message) part(p *enmime.Part) (text, html string) {
	kind := strings.ToLower(p.ContentType)
	switch {
	case kind == "multipart/alternative":
		for c := p.FirstChild; c != nil; c = c.NextSibling {
			t, h := m.part(c)
			if strings.TrimSpace(text) == "" {
				text = t
			}
			if h != "" {
				html = h
			}
		}
		return text, html
	case p.FirstChild != nil:
		for c := p.FirstChild; c != nil; c = c.NextSibling {
			t, h := m.part(c)
			if t == "" && h != "" && text != "" {
				t = reply.FromHTML(h) // a second text that is HTML alone
			}
			text = joinText(text, t)
			if html == "" {
				html = h
			}
		}
		return text, html
	}
	named := p.FileName != "" || strings.EqualFold(p.Disposition, "attachment")
	switch {
	case !named && (kind == "text/plain" || kind == ""):
		return partText(p), ""
	case !named && kind == "text/html":
		return "", partText(p)
	}
	m.attach(p)
	return "", ""
}

func joinText(a, b string) string {
	if a == "" || b == "" {
		return a + b
	}
	return strings.TrimRight(a, "\n") + "\n\n" + b
}

// partText gives a text part as UTF-8, whatever it says of itself.
func partText(p *enmime.Part) string {
	b := p.Content
	if len(b) > maxText+1 {
		b = b[:maxText+1]
	}
	if !utf8.Valid(b) && len(b) <= maxText {
		return valid(string(b))
	}
	s := strings.ToValidUTF8(string(b), "")
	if strings.EqualFold(p.Charset, "us-ascii") || p.Charset == "" {
		// It was read as windows-1252; perhaps it was UTF-8 all along.
		if back, err := charmap.Windows1252.NewEncoder().String(s); err == nil && utf8.ValidString(back) {
			s = back
		}
	}
	s = withoutC1(s)
	if _, params, err := mime.ParseMediaType(p.Header.Get("Content-Type")); err == nil && strings.EqualFold(params["format"], "flowed") {
		s = unflow(s, strings.EqualFold(params["delsp"], "yes"))
	}
	return s
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

// unflow joins the soft line breaks of format=flowed (RFC 3676, section 4).
func unflow(s string, delSp bool) string {
	var b strings.Builder
	for _, l := range strings.Split(strings.ReplaceAll(s, "\r\n", "\n"), "\n") {
		quoted := strings.HasPrefix(l, ">")
		if !quoted {
			l = strings.TrimPrefix(l, " ") // space-stuffing
		}
		if !quoted && strings.HasSuffix(l, " ") && l != "-- " {
			if delSp {
				l = strings.TrimSuffix(l, " ")
			}
			b.WriteString(l)
			continue
		}
		b.WriteString(l + "\n")
	}
	return strings.TrimSuffix(b.String(), "\n")
}

// cleanText makes text printable: LF line ends, no control characters but tab.
func cleanText(s string) string {
	s = strings.ReplaceAll(strings.ReplaceAll(s, "\r\n", "\n"), "\r", "\n")
	return strings.Map(func(r rune) rune {
		if r < ' ' && r != '\n' && r != '\t' || r == 0x7f || r == '\uFEFF' {
			return -1
		}
		return r
	}, s)
}

func (m *Message) attach(p *enmime.Part) {
	if len(m.Attachments) == maxAttachments {
		m.problem("There are more attachments than are listed.")
		return
	}
	sum := sha256.Sum256(p.Content)
	a := Attachment{
		Filename: fileName(p), ContentType: strings.ToLower(p.ContentType), Size: int64(len(p.Content)), SHA256: hex.EncodeToString(sum[:]),
		Inline: strings.EqualFold(p.Disposition, "inline"), Part: p.PartID, Data: p.Content,
	}
	if id := line(strings.Trim(p.ContentID, "<> ")); id != "" {
		a.ContentID = &id
		a.Inline = a.Inline || strings.Contains(m.HTML, "cid:"+id)
	}
	if a.ContentType == "" {
		a.ContentType = "application/octet-stream"
	}
	m.Attachments = append(m.Attachments, a)
}

const maxFileName = 120

// fileName is the last component of the part's name, never empty.
func fileName(p *enmime.Part) string {
	name := decodeWords(p.FileName)
	name = path.Base(strings.ReplaceAll(name, `\`, "/"))
	if len(name) > maxFileName {
		ext := path.Ext(name)
		if len(ext) > 10 {
			ext = ""
		}
		name = strings.ToValidUTF8(name[:maxFileName-len(ext)], "") + ext
	}
	if name == "" || name == "." || name == ".." || name == "/" {
		name = "part-" + p.PartID + extensionOf(p.ContentType)
	}
	return name
}

func extensionOf(contentType string) string {
	switch strings.ToLower(contentType) {
	case "text/plain":
		return ".txt"
	case "text/html":
		return ".html"
	case "message/rfc822":
		return ".eml"
	case "image/jpeg":
		return ".jpg"
	case "image/png", "image/gif", "application/pdf", "application/zip":
		_, ext, _ := strings.Cut(contentType, "/")
		return "." + strings.ToLower(ext)
	}
	return ".bin"
}

// Part gives the bytes of an attachment back out of a raw mail.
func Part(raw []byte, id string) ([]byte, error) {
	tree, err := readTree(normalise(raw))
	if err != nil {
		return nil, err
	}
	found := tree.BreadthMatchFirst(func(p *enmime.Part) bool { return p.PartID == id && p.FirstChild == nil })
	if found == nil {
		return nil, fmt.Errorf("the mail has no part %s", id)
	}
	return found.Content, nil
}

// ContentKey tells mails apart: the same mail over two routes has the same key,
// two alarms of a device with the same text have not, since Date counts. A mail
// without Message-ID and Date is told by when it was received.
func ContentKey(raw []byte, received time.Time) [32]byte {
	h, body, _ := readHeader(normalise(raw))
	hash := sha256.New()
	hash.Write([]byte("v1"))
	for _, name := range [...]string{"From", "Date", "Message-ID", "Subject", "To", "Cc", "In-Reply-To", "References"} {
		for _, v := range h.Values(name) {
			hash.Write([]byte(name + ":" + v + "\n"))
		}
		hash.Write([]byte{0})
	}
	if h.Get("Message-ID") == "" && h.Get("Date") == "" {
		hash.Write(binary.BigEndian.AppendUint64(nil, uint64(received.Unix())))
	}
	hash.Write(bytes.TrimRight(body, "\n"))
	return [32]byte(hash.Sum(nil))
}
