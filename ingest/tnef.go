package ingest

import (
	"bytes"
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"mime"
	"net/mail"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	uni "golang.org/x/text/encoding/unicode"
)

// isTNEF knows the winmail.dat in which Outlook wraps text and attachments for
// those that it takes for Outlook.
func isTNEF(p *part) bool {
	return p.ContentType == "application/ms-tnef" || p.ContentType == "application/vnd.ms-tnef" || strings.EqualFold(p.FileName, "winmail.dat")
}

// Attributes and properties of MS-OXTNEF and MS-OXPROPS that are read.
const (
	tnefSignature  = 0x223e9f78
	attBody        = 0x0002800c
	attSubject     = 0x00018004
	attTitle       = 0x00018010
	attData        = 0x0006800f
	attRender      = 0x00069002 // begins an attachment
	attProps       = 0x00069003 // properties of the mail
	attAttachment  = 0x00069005 // properties of an attachment
	attCodepage    = 0x00069007
	propSubject    = 0x0037
	propSent       = 0x0039
	propSender     = 0x0c1a
	propFrom       = 0x0c1f
	propSMTP       = 0x5d01 // of the sender
	propBody       = 0x1000
	propRTF        = 0x1009
	propHTML       = 0x1013
	propData       = 0x3701
	propShortName  = 0x3704
	propLongName   = 0x3707
	propMIME       = 0x370e
	propContentID  = 0x3712
	typeUnicode    = 0x1f
	typeString     = 0x1e
	typeBinary     = 0x102
	typeObject     = 0x0d
	multipleValues = 0x1000
)

// tnef is what a winmail.dat holds.
type tnef struct {
	charset    string
	body, html []byte
	rtf        []byte // compressed
	files      []tnefFile
	broken     bool
	depth      int

	// Of a mail that is attached to another, which has no header of its own.
	subject, sender, from, smtp string
	sent                        time.Time
}

type tnefFile struct {
	name, contentType, contentID string
	data                         []byte
}

// readTNEF reads as far as it can be read.
func readTNEF(b []byte) tnef { return readTNEFAt(b, 0) }

func readTNEFAt(b []byte, depth int) (t tnef) {
	t.charset, t.depth = "windows-1252", depth
	if len(b) < 6 || binary.LittleEndian.Uint32(b) != tnefSignature {
		t.broken = true
		return t
	}
	for b = b[6:]; len(b) > 0; {
		if len(b) < 11 {
			t.broken = true
			return t
		}
		id, length := binary.LittleEndian.Uint32(b[1:]), int64(binary.LittleEndian.Uint32(b[5:]))
		if length > int64(len(b)-11) {
			t.broken = true
			return t
		}
		t.attribute(id, b[9:9+length])
		b = b[11+length:] // with its checksum, which nobody keeps
	}
	return t
}

func (t *tnef) attribute(id uint32, value []byte) {
	if id == attRender {
		if len(t.files) == maxTNEFObjects {
			t.broken = true
			return
		}
		t.files = append(t.files, tnefFile{})
	}
	var file *tnefFile
	if n := len(t.files); n > 0 {
		file = &t.files[n-1]
	}
	switch {
	case id == attCodepage && len(value) >= 4:
		t.charset = "cp" + strconv.Itoa(int(binary.LittleEndian.Uint32(value)))
	case id == attBody:
		t.body = []byte(t.text(value, typeString))
	case id == attSubject:
		t.subject = t.text(value, typeString)
	case id == attProps:
		t.properties(value, nil)
	case file == nil:
	case id == attTitle && file.name == "":
		file.name = t.text(value, typeString)
	case id == attData:
		file.data = value
	case id == attAttachment:
		t.properties(value, file)
	}
}

// text gives a string without its final NUL.
func (t *tnef) text(b []byte, kind uint32) string {
	if kind == typeUnicode {
		out, err := uni.UTF16(uni.LittleEndian, uni.IgnoreBOM).NewDecoder().Bytes(b)
		if err != nil {
			return ""
		}
		return strings.TrimRight(string(out), "\x00")
	}
	s, _ := decode([]byte(strings.TrimRight(string(b), "\x00")), t.charset, "")
	return s
}

// properties reads a list of MAPI properties, of the mail or of a file.
func (t *tnef) properties(b []byte, file *tnefFile) {
	r := tnefReader{b: b}
	for n := min(r.uint32(), maxTNEFProps); n > 0 && !r.broken; n-- {
		tag := r.uint32()
		kind, id := tag&0xffff, tag>>16
		if id >= 0x8000 {
			r.skipName()
		}
		values := uint32(1)
		if kind&multipleValues != 0 || kind == typeString || kind == typeUnicode || kind == typeBinary || kind == typeObject {
			values = min(r.uint32(), maxTNEFProps)
		}
		for ; values > 0 && !r.broken; values-- {
			if v := r.value(kind &^ multipleValues); !r.broken {
				t.property(id, kind, v, file)
			}
		}
	}
	t.broken = t.broken || r.broken
}

func (t *tnef) property(id, kind uint32, v []byte, file *tnefFile) {
	switch {
	case file == nil && id == propBody && len(t.body) == 0:
		t.body = []byte(t.text(v, kind))
	case file == nil && id == propRTF && kind == typeBinary:
		t.rtf = v
	case file == nil && id == propSubject:
		t.subject = t.text(v, kind)
	case file == nil && id == propSender:
		t.sender = t.text(v, kind)
	case file == nil && id == propFrom:
		t.from = t.text(v, kind)
	case file == nil && id == propSMTP:
		t.smtp = t.text(v, kind)
	case file == nil && id == propSent && len(v) == 8:
		t.sent = time.Unix(int64(binary.LittleEndian.Uint64(v)/1e7)-11644473600, 0).UTC() // since 1601, in 100 ns
	case file == nil && id == propHTML && kind == typeBinary:
		t.html = v
	case file == nil && id == propHTML:
		t.html = []byte(t.text(v, kind))
	case file == nil:
	case id == propLongName, id == propShortName && file.name == "":
		file.name = t.text(v, kind)
	case id == propMIME:
		file.contentType = strings.ToLower(t.text(v, kind))
	case id == propContentID:
		file.contentID = strings.Trim(line(t.text(v, kind)), "<>")
	case id == propData && kind == typeObject && t.embedded(v, file):
	case id == propData && len(v) > 0 && len(file.data) == 0:
		file.data = v
	}
}

// embedded makes a mail of one that is attached: behind the sixteen bytes that say
// that it is one, it is a TNEF of its own, which nobody could open.
func (t *tnef) embedded(v []byte, file *tnefFile) bool {
	if t.depth == maxTNEFDepth || len(v) < 22 || binary.LittleEndian.Uint32(v[16:]) != tnefSignature {
		return false
	}
	inner := readTNEFAt(v[16:], t.depth+1)
	t.broken = t.broken || inner.broken
	file.data, file.contentType = inner.mail(), "message/rfc822"
	return true
}

// mail writes the mail that a TNEF stands for, in the form of RFC 5322.
func (t *tnef) mail() []byte {
	var b bytes.Buffer
	from := t.smtp
	if from == "" && strings.Contains(t.from, "@") {
		from = t.from
	}
	if from != "" {
		fmt.Fprintf(&b, "From: %s\n", (&mail.Address{Name: line(t.sender), Address: line(from)}).String())
	} else if t.sender != "" {
		fmt.Fprintf(&b, "From: %s\n", mime.BEncoding.Encode("utf-8", line(t.sender)))
	}
	if subject := line(t.subject); subject != "" {
		fmt.Fprintf(&b, "Subject: %s\n", mime.BEncoding.Encode("utf-8", subject))
	}
	if !t.sent.IsZero() {
		fmt.Fprintf(&b, "Date: %s\n", t.sent.Format(time.RFC1123Z))
	}
	boundary := "=_mail_" + strconv.Itoa(t.depth) // of no base64
	fmt.Fprintf(&b, "MIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=\"%s\"\n\n", boundary)
	for _, p := range t.parts() {
		fmt.Fprintf(&b, "--%s\nContent-Type: %s", boundary, p.ContentType)
		if p.Charset != "" {
			fmt.Fprintf(&b, "; charset=%s", p.Charset)
		}
		if p.Disposition != "" {
			fmt.Fprintf(&b, "\nContent-Disposition: attachment; filename*=utf-8''%s", url.PathEscape(fileName(p)))
		}
		if p.ContentType == "message/rfc822" { // written here, and not to be encoded (RFC 2046, section 5.2.1)
			fmt.Fprintf(&b, "\n\n%s\n", p.Content)
			continue
		}
		b.WriteString("\nContent-Transfer-Encoding: base64\n\n")
		for chunk := range slices.Chunk(p.Content, 57) { // lines of 76 letters (RFC 2045, section 6.8)
			b.Write(append(base64.StdEncoding.AppendEncode(b.AvailableBuffer(), chunk), '\n'))
		}
	}
	fmt.Fprintf(&b, "--%s--\n", boundary)
	return b.Bytes()
}

// tnefReader reads little-endian fields and notes when there are no more.
type tnefReader struct {
	b      []byte
	broken bool
}

func (r *tnefReader) take(n uint32) []byte {
	if int64(n) > int64(len(r.b)) {
		r.broken, r.b = true, nil
		return nil
	}
	v := r.b[:n]
	r.b = r.b[n:]
	return v
}

func (r *tnefReader) uint32() uint32 {
	if v := r.take(4); v != nil {
		return binary.LittleEndian.Uint32(v)
	}
	return 0
}

// padded takes a field whose length is filled up to four bytes.
func (r *tnefReader) padded(n uint32) []byte {
	v := r.take(n)
	r.take(min(-n&3, uint32(len(r.b))))
	return v
}

func (r *tnefReader) skipName() {
	r.take(16)
	if kind := r.uint32(); kind == 0 {
		r.uint32()
		return
	}
	r.padded(r.uint32())
}

func (r *tnefReader) value(kind uint32) []byte {
	switch kind {
	case typeString, typeUnicode, typeBinary, typeObject:
		return r.padded(r.uint32())
	case 0x05, 0x06, 0x07, 0x14, 0x40:
		return r.take(8)
	case 0x48:
		return r.take(16)
	}
	return r.take(4)
}

// openTNEF makes parts of what a winmail.dat holds.
func (r *treeReader) openTNEF(p *part) {
	t := readTNEF(p.Content)
	if t.broken {
		r.problem(badTNEF)
	}
	for i, c := range t.parts() {
		if r.parts++; r.parts > maxParts {
			r.problem(manyParts)
			return
		}
		p.add(c, i+1)
	}
}

// parts gives the text, in the best form that is there, and the files.
func (t *tnef) parts() (list []*part) {
	add := func(p *part) { list = append(list, p) }
	if strings.TrimSpace(string(t.body)) != "" {
		add(&part{ContentType: "text/plain", Charset: "utf-8", Content: t.body})
	} else if len(t.html) > 0 {
		charset := "utf-8"
		if metaCharset(t.html) != "" {
			charset = ""
		}
		add(&part{ContentType: "text/html", Charset: charset, Content: t.html})
	} else if text, isHTML := textOfRTF(unpackRTF(t.rtf)); strings.TrimSpace(text) != "" {
		add(&part{ContentType: map[bool]string{false: "text/plain", true: "text/html"}[isHTML], Charset: "utf-8", Content: []byte(text)})
	}
	for _, f := range t.files {
		c := &part{ContentType: f.contentType, FileName: f.name, ContentID: f.contentID, Content: f.data, Disposition: "attachment"}
		if c.ContentType == "message/rfc822" {
			c.FileName = "" // its subject is better than what Outlook calls it
		} else if !mediaType.MatchString(c.ContentType) {
			c.ContentType = "application/octet-stream"
		}
		add(c)
	}
	return list
}
