package ingest

import (
	"encoding/binary"
	"strconv"
	"strings"

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
	attTitle       = 0x00018010
	attData        = 0x0006800f
	attRender      = 0x00069002 // begins an attachment
	attProps       = 0x00069003 // properties of the mail
	attAttachment  = 0x00069005 // properties of an attachment
	attCodepage    = 0x00069007
	propBody       = 0x1000
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
	files      []tnefFile
	broken     bool
}

type tnefFile struct {
	name, contentType, contentID string
	data                         []byte
}

// readTNEF reads as far as it can be read.
func readTNEF(b []byte) (t tnef) {
	t.charset = "windows-1252"
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
	case id == propData && len(v) > 0 && len(file.data) == 0:
		file.data = v
	}
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
	number := 0
	add := func(c *part) {
		if r.parts++; r.parts > maxParts {
			r.problem(manyParts)
			return
		}
		number++
		p.add(c, number)
	}
	if strings.TrimSpace(string(t.body)) != "" {
		add(&part{ContentType: "text/plain", Charset: "utf-8", Content: t.body})
	} else if len(t.html) > 0 {
		charset := "utf-8"
		if metaCharset(t.html) != "" {
			charset = ""
		}
		add(&part{ContentType: "text/html", Charset: charset, Content: t.html})
	}
	for _, f := range t.files {
		c := &part{ContentType: f.contentType, FileName: f.name, ContentID: f.contentID, Content: f.data, Disposition: "attachment"}
		if c.ContentType == "" {
			c.ContentType = "application/octet-stream"
		}
		add(c)
	}
}
