package ingest

import (
	"crypto/sha256"
	"encoding/hex"
	"html"
	"net/url"
	"path"
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"
)

var cidPattern = regexp.MustCompile(`(?i)\bcid:([^"'\s<>()]{1,500})`)

// shownIDs are the content ids that an HTML text refers to.
func shownIDs(rich string) map[string]bool {
	ids := map[string]bool{}
	for _, m := range cidPattern.FindAllStringSubmatch(rich, maxAttachments) {
		id := html.UnescapeString(m[1])
		ids[id] = true
		if plain, err := url.PathUnescape(id); err == nil {
			ids[plain] = true
		}
	}
	return ids
}

func (m *Message) attachAll(files []*part) {
	shown := shownIDs(m.HTML)
	for _, p := range files {
		if p.Parent == nil && len(p.Content) == 0 {
			continue // a header without a body
		}
		if len(m.Attachments) == maxAttachments {
			m.problem(manyFiles)
			return
		}
		m.attach(p, shown)
	}
}

func (m *Message) attach(p *part, shown map[string]bool) {
	sum := sha256.Sum256(p.Content)
	a := Attachment{
		Filename: fileName(p), ContentType: p.ContentType, Size: int64(len(p.Content)), SHA256: hex.EncodeToString(sum[:]),
		Inline: p.Disposition == "inline", Part: p.PartID, Data: p.Content,
	}
	if p.ContentID != "" {
		id := p.ContentID
		a.ContentID = &id
		a.Inline = a.Inline || shown[id]
	}
	if location := line(valid(p.Header.Get("Content-Location"))); location != "" && !strings.ContainsAny(location, " /") && m.HTML != "" {
		a.Inline = a.Inline || strings.Contains(m.HTML, `"`+location+`"`)
	}
	if !mediaType.MatchString(a.ContentType) {
		a.ContentType = "application/octet-stream"
	}
	m.Attachments = append(m.Attachments, a)
}

var mediaType = regexp.MustCompile(`^[a-z0-9!#$&^_.+-]{1,100}/[a-z0-9!#$&^_.+-]{1,100}$`)

// fileName is the last component of the part's name, never empty.
func fileName(p *part) string {
	name := strings.Map(func(r rune) rune {
		if unicode.Is(unicode.Bidi_Control, r) {
			return -1 // "fdp.exe" must not read "exe.pdf"
		}
		return r
	}, line(partName(p)))
	name = strings.TrimSpace(path.Base(strings.ReplaceAll(name, `\`, "/")))
	if len(name) > maxFileName {
		ext := path.Ext(name)
		if len(ext) > 10 {
			ext = ""
		}
		name = cutString(name, maxFileName-len(ext)) + ext
	}
	if strings.Trim(name, "./ ") == "" {
		id := p.PartID
		name = "part-" + id + extensionOf(p.ContentType)
	}
	return name
}

// partName is the name that a part was given. One of a web form may come in
// percent signs for its accents; a mail is called by its subject.
func partName(p *part) string {
	if strings.Contains(p.FileName, "%") {
		if plain := string(percentDecoded(p.FileName)); utf8.ValidString(plain) && !isASCII([]byte(plain)) {
			return plain
		}
	}
	if location := path.Base(valid(p.Header.Said("Content-Location"))); p.FileName == "" && len(path.Ext(location)) > 1 && !strings.ContainsAny(location, " ?:;") {
		return location // RFC 2557: a page with its pictures
	}
	if p.FileName != "" || p.ContentType != "message/rfc822" && p.ContentType != "message/global" {
		return p.FileName
	}
	h, _, _ := readHeader(p.Content)
	subject := decodeWordsIn(h.Said("Subject"), bodyCharset(h))
	if strings.Trim(subject, "./ ") == "" {
		return ""
	}
	return strings.NewReplacer("/", "_", `\`, "_").Replace(subject) + ".eml"
}

// cutString cuts to at most n bytes and never through a letter.
func cutString(s string, n int) string {
	for n > 0 && !utf8.RuneStart(s[n]) {
		n--
	}
	return s[:n]
}

// extensions of files that come without a name.
func extensionOf(contentType string) string {
	switch contentType {
	case "text/plain":
		return ".txt"
	case "message/rfc822", "message/global":
		return ".eml"
	case "image/jpeg", "image/pjpeg":
		return ".jpg"
	case "image/svg+xml":
		return ".svg"
	case "image/tiff":
		return ".tif"
	case "text/calendar", "application/ics":
		return ".ics"
	case "text/vcard", "text/x-vcard":
		return ".vcf"
	case "application/msword":
		return ".doc"
	case "application/vnd.openxmlformats-officedocument.wordprocessingml.document":
		return ".docx"
	case "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet":
		return ".xlsx"
	case "application/pgp-signature", "application/pgp-encrypted":
		return ".asc"
	case "application/pkcs7-signature", "application/x-pkcs7-signature":
		return ".p7s"
	case "message/delivery-status", "text/rfc822-headers", "message/disposition-notification", "message/feedback-report":
		return ".txt"
	case "text/html", "text/csv", "text/xml", "image/png", "image/gif", "image/webp", "image/bmp", "application/pdf", "application/zip", "application/xml", "application/json", "application/rtf":
		_, ext, _ := strings.Cut(contentType, "/")
		return "." + ext
	}
	return ".bin"
}
