// Package mailer writes letters as mails and sends them.
//
// A Composer turns a letter into an RFC 5322 mail, once, as the bytes that will
// be sent. The desk keeps these bytes in the outbox, in the transaction that
// calls for the letter. A Sender takes them from there and hands them to a
// Transport, the same bytes at each try, until the relay has accepted or
// refused them for good.
//
// Much of a letter was chosen by strangers: subjects, names, Message-IDs, names
// of files. None of it can become a header or another recipient, and a letter
// to somebody who may not have written to us carries none of it.
package mailer

import (
	"bytes"
	"fmt"
	"io"

	"github.com/wneessen/go-mail"

	"respon/templates"
	"respon/tickets"
	"respon/tickets/token"
)

// Composer writes letters. It does no I/O and is safe for concurrent use if
// its source of randomness is.
type Composer struct {
	words     func() *templates.Set // the present ones
	signer    *token.Signer
	catalogue func() *tickets.Catalogue
	random    io.Reader
}

// NewComposer makes a composer. Randomness is for the Message-IDs of letters
// that are about no ticket.
func NewComposer(words func() *templates.Set, signer *token.Signer, catalogue func() *tickets.Catalogue, random io.Reader) *Composer {
	return &Composer{words: words, signer: signer, catalogue: catalogue, random: random}
}

// maxFiles is how many bytes of attachments a letter passes on; above it they
// are left out, and the text says where they are.
const maxFiles = 10 << 20

// Compose implements desk.Composer.
func (c *Composer) Compose(l tickets.Letter) (tickets.Mail, error) {
	cat := c.catalogue()
	if l.Locale == "" {
		l.Locale = cat.Gateway.Locale
	}
	h, err := c.envelope(cat, &l)
	if err != nil {
		return tickets.Mail{}, err
	}
	out := tickets.Mail{MessageID: h.messageID, From: h.bounces, To: l.To.Address, Subject: h.subject}
	if out.Copies, err = c.copies(cat.Gateway, &l); err != nil {
		return out, err
	}
	files := l.Files
	if bytesOf(files) > maxFiles {
		files = nil
	}
	w := &writing{
		Letter: templates.Letter{Lang: string(l.Locale), Title: h.subject},
		set:    c.words(), signer: c.signer, cat: cat, locale: l.Locale, l: &l,
		answerTo: h.answerTo, filesLeft: len(files) < filesOf(&l),
	}
	if err := w.write(); err != nil {
		return out, err
	}
	text, html, err := w.set.Mail(w.Letter)
	if err != nil {
		return out, err
	}
	m := mail.NewMsg(mail.WithNoDefaultUserAgent(), mail.WithEncoding(mail.EncodingQP))
	h.set(m, cat, &l)
	m.SetBodyString(mail.TypeTextPlain, text)
	m.AddAlternativeString(mail.TypeTextHTML, html)
	if err := attach(m, files); err != nil {
		return out, err
	}
	var raw bytes.Buffer
	raw.Grow(len(text) + len(html) + bytesOf(files)*3/2 + 4096)
	if _, err := m.WriteTo(&raw); err != nil {
		return out, fmt.Errorf("write mail: %w", err)
	}
	out.Raw, out.Text = raw.Bytes(), text
	return out, nil
}
