// Package mailer writes letters as mails and sends them.
//
// A Composer turns a letter into an RFC 5322 mail, once, as the bytes that will
// be sent. The desk keeps these bytes in the outbox, in the transaction that
// calls for the letter. A Sender takes them from there and hands them to a
// Transport, the same bytes at each try, until the relay has accepted or
// refused them for good.
package mailer

import (
	"bytes"
	"encoding/base32"
	"fmt"
	"io"
	"strings"

	"github.com/wneessen/go-mail"

	"respon/templates"
	"respon/tickets"
	"respon/tickets/token"
)

// Composer writes letters. It does no I/O and is safe for concurrent use if
// its source of randomness is.
type Composer struct {
	words     *templates.Set
	signer    *token.Signer
	catalogue func() *tickets.Catalogue
	random    io.Reader
}

// NewComposer makes a composer. Randomness is for the Message-IDs of letters
// that are about no ticket.
func NewComposer(words *templates.Set, signer *token.Signer, catalogue func() *tickets.Catalogue, random io.Reader) *Composer {
	return &Composer{words: words, signer: signer, catalogue: catalogue, random: random}
}

// maxFiles is how many bytes of attachments a letter passes on; above it they
// are left out, and the text says where they are.
const maxFiles = 10 << 20

// Compose implements desk.Composer.
func (c *Composer) Compose(l tickets.Letter) (tickets.Mail, error) {
	cat := c.catalogue()
	out := tickets.Mail{To: l.To.Address, From: cat.Gateway.Address, Subject: c.subject(&l)}
	files := l.Files
	if size(files) > maxFiles {
		files = nil
	}
	text, html, err := c.words.Mail(c.view(cat, &l, len(files) < len(l.Files)))
	if err != nil {
		return out, err
	}
	m := mail.NewMsg(mail.WithNoDefaultUserAgent(), mail.WithEncoding(mail.EncodingQP))
	if err := c.addresses(m, cat, &l, &out); err != nil {
		return out, err
	}
	if err := c.headers(m, cat, &l, &out); err != nil {
		return out, err
	}
	m.SetBodyString(mail.TypeTextPlain, text)
	m.AddAlternativeString(mail.TypeTextHTML, html)
	for _, f := range files {
		if err := attach(m, f); err != nil {
			return out, err
		}
	}
	var raw bytes.Buffer
	if _, err := m.WriteTo(&raw); err != nil {
		return out, fmt.Errorf("write mail: %w", err)
	}
	out.Raw, out.Text = raw.Bytes(), text
	return out, nil
}

func size(files []tickets.File) (n int) {
	for _, f := range files {
		n += len(f.Data)
	}
	return n
}

// attach adds a file. The sender's content type is kept only if it is a plain
// one: it goes into a header as it stands.
func attach(m *mail.Msg, f tickets.File) error {
	contentType := mail.ContentType("application/octet-stream")
	if isToken(strings.Replace(f.ContentType, "/", "", 1)) && strings.Count(f.ContentType, "/") == 1 && !strings.HasPrefix(f.ContentType, "message/") {
		contentType = mail.ContentType(f.ContentType)
	}
	options := []mail.FileOption{mail.WithFileContentType(contentType)}
	if validID(f.ContentID) {
		options = append(options, mail.WithFileContentID(f.ContentID))
	}
	if err := m.AttachReader(fileName(f.Name), bytes.NewReader(f.Data), options...); err != nil {
		return fmt.Errorf("attach %q: %w", f.Name, err)
	}
	return nil
}

// isToken reports whether s is a token of RFC 2045, section 5.1.
func isToken(s string) bool {
	return s != "" && strings.IndexFunc(s, func(r rune) bool {
		return r <= ' ' || r >= 0x7f || strings.ContainsRune(`()<>@,;:\"/[]?=`, r)
	}) < 0
}

func fileName(name string) string {
	name = oneLine(name)
	if name == "" {
		return "file"
	}
	return name
}

var idEncoding = base32.NewEncoding("abcdefghijklmnopqrstuvwxyz234567").WithPadding(base32.NoPadding)

// messageID makes the id of a new mail: signed if it is about a ticket, so that
// an answer to it is known; random otherwise.
func (c *Composer) messageID(cat *tickets.Catalogue, l *tickets.Letter) (string, error) {
	domain := "@" + tickets.DomainOf(cat.Gateway.Address)
	if l.Ticket != nil {
		left, err := c.signer.NewMessageID(l.Ticket.UID, l.To.Address)
		return left + domain, err
	}
	b := make([]byte, 20)
	if _, err := io.ReadFull(c.random, b); err != nil {
		return "", fmt.Errorf("random Message-ID: %w", err)
	}
	return idEncoding.EncodeToString(b) + domain, nil
}
