package web

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"io"
	"mime"
	"mime/multipart"
	"net/mail"
	"net/textproto"
	"strings"
	"time"

	"respon/tickets"
)

// asMail writes a post with files as the mail that it could have been: the
// bytes of an attachment always lie in a raw mail, and what reads, exports or
// backs up mails need not know of posts.
func asMail(c *tickets.Catalogue, in *tickets.Incoming) ([]byte, error) {
	var raw bytes.Buffer
	body := multipart.NewWriter(&raw)
	// Base64 has no underscores: the boundary cannot occur in a part.
	if err := body.SetBoundary("_respon_" + in.Key[len(keyPrefix):len(keyPrefix)+32]); err != nil {
		return nil, fmt.Errorf("write a post as mail: %w", err)
	}
	from := mail.Address{Name: oneLine(in.Author.Name), Address: in.Author.Address}
	for _, field := range [][2]string{
		{"From", from.String()},
		{"To", "<" + c.Gateway.Address + ">"},
		{"Date", in.At.Format(time.RFC1123Z)},
		{"Message-ID", "<" + in.MessageID + ">"},
		{"Subject", mime.QEncoding.Encode("utf-8", oneLine(in.Subject))},
		{"MIME-Version", "1.0"},
		{"Content-Type", `multipart/mixed; boundary="` + body.Boundary() + `"`},
	} {
		fmt.Fprintf(&raw, "%s: %s\r\n", field[0], strings.NewReplacer("\r", "", "\n", "").Replace(field[1]))
	}
	raw.WriteString("\r\n")
	if err := writePart(body, "text/plain; charset=utf-8", "", []byte(in.Text)); err != nil {
		return nil, err
	}
	for _, a := range in.Attachments {
		if err := writePart(body, a.ContentType, a.Filename, a.Data); err != nil {
			return nil, err
		}
	}
	if err := body.Close(); err != nil {
		return nil, fmt.Errorf("write a post as mail: %w", err)
	}
	return raw.Bytes(), nil
}

func writePart(body *multipart.Writer, contentType, name string, data []byte) error {
	header := textproto.MIMEHeader{"Content-Type": {contentType}, "Content-Transfer-Encoding": {"base64"}}
	if name != "" {
		header.Set("Content-Disposition", mime.FormatMediaType("attachment", map[string]string{"filename": name}))
	}
	part, err := body.CreatePart(header)
	if err != nil {
		return fmt.Errorf("write a post as mail: %w", err)
	}
	lines := &wrapped{w: part}
	encoder := base64.NewEncoder(base64.StdEncoding, lines)
	if _, err := encoder.Write(data); err != nil {
		return fmt.Errorf("write a post as mail: %w", err)
	}
	if err := encoder.Close(); err != nil {
		return fmt.Errorf("write a post as mail: %w", err)
	}
	return nil
}

// wrapped breaks what is written to it into lines of 76, the longest that
// RFC 2045 (section 6.8) allows for base64.
type wrapped struct {
	w   io.Writer
	col int
}

func (l *wrapped) Write(b []byte) (int, error) {
	const width = 76
	done := 0
	for done < len(b) {
		if l.col == width {
			if _, err := l.w.Write([]byte("\r\n")); err != nil {
				return done, err
			}
			l.col = 0
		}
		n := min(width-l.col, len(b)-done)
		if _, err := l.w.Write(b[done : done+n]); err != nil {
			return done, err
		}
		done, l.col = done+n, l.col+n
	}
	return done, nil
}
