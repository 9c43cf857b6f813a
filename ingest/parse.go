package ingest

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"strings"
	"time"

	"respon/ingest/reply"
	"respon/tickets"
)

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
type Parser struct {
	o   Options
	ids map[string]string // of categories, by each of their names, folded
}

// NewParser makes a parser.
func NewParser(o Options) *Parser {
	p := &Parser{o, map[string]string{}}
	for _, c := range o.Categories {
		for _, name := range append([]string{c.ID}, c.Names...) {
			if folded := tickets.Fold(name); folded != "" && p.ids[folded] == "" { // the first one that is called so
				p.ids[folded] = c.ID
			}
		}
	}
	return p
}

// Parse reads a mail. It is pure: the same bytes give the same answer. An
// error means that nothing at all could be made of it.
func (p *Parser) Parse(raw []byte) (*Message, error) {
	mail := unwrap(raw)
	var r headerReader
	body := r.read(mail)
	m := &Message{
		References: []string{}, To: []Address{}, Cc: []Address{}, ReplyTo: []Address{},
		Attachments: []Attachment{}, Problems: []string{}, Header: r.fields,
	}
	switch {
	case meaningful(r.fields, mail):
	case isProse(mail):
		m.Header, body = nil, mail
		m.problem(noHeader)
	default:
		return nil, ErrNothing
	}
	if r.cut {
		m.problem(longHeader)
	}
	if r.stray {
		m.problem(strayLines)
	}
	tree := readTree(m.Header, body, m.problem)
	p.header(m, !r.torn && !r.cut)
	m.walk(tree)
	p.classify(m, tree)
	m.Reply = m.Text
	if len(m.Text) > maxReply {
		m.problem(longReply)
	} else if m.Kind == KindReply || m.Kind == KindNew || m.Listed {
		var unsure bool
		if m.Reply, unsure = reply.New(m.Text, m.HTML); unsure {
			m.problem(unsureReply)
		}
		if m.Reply == "" && m.Kind == KindNew {
			m.Reply = m.Text
		}
	}
	m.Reply = strings.Trim(cleanText(m.Reply), "\n") // it may come from the HTML, which is as it was sent
	if m.Kind == KindAutoReply {
		m.Away = m.away()
	}
	return m, nil
}

func (m *Message) problem(s string) {
	for _, old := range m.Problems {
		if old == s {
			return
		}
	}
	m.Problems = append(m.Problems, s)
}

// header reads the fields. If the header is not whole, somebody else may read
// another author.
func (p *Parser) header(m *Message, whole bool) {
	charset := bodyCharset(m.Header)
	m.From, m.FromExact = fromOf(m.Header, charset)
	m.FromExact = m.FromExact && whole
	if m.From == nil {
		m.problem(noFrom)
	} else if !m.FromExact {
		m.problem(oddFrom)
	}
	m.To = m.addresses("To", charset)
	m.Cc = m.addresses("Cc", charset)
	m.ReplyTo = m.addresses("Reply-To", charset)
	m.MessageID = firstID(m.Header.Said("Message-ID"))
	m.InReplyTo = firstID(m.Header.Said("In-Reply-To"))
	for _, v := range m.Header.Values("References") {
		m.References = append(m.References, messageIDs(v)...)
	}
	// The nearest stand last (RFC 5322, section 3.6.4).
	m.References = m.References[max(0, len(m.References)-maxIDs):]
	m.Subject = decodeWordsIn(m.Header.Said("Subject"), charset)
	if m.Date = dateOf(m.Header.Said("Date")); m.Date == nil {
		m.problem(noDate)
	}
	m.Tags, m.SubjectPlain = p.tags(m.Subject)
}

func (m *Message) addresses(field, charset string) []Address {
	all := []Address{}
	for _, v := range m.Header.Values(field) {
		list, more := addressesIn(v, charset)
		if all = append(all, list...); more || len(all) > maxAddresses {
			m.problem(manyAddresses)
			return all[:min(len(all), maxAddresses)]
		}
	}
	return all
}

// Part gives the bytes of an attachment back out of a raw mail.
func Part(raw []byte, id string) ([]byte, error) {
	h, body, _ := readHeader(unwrap(raw))
	tree := readTree(h, body, func(string) {})
	found := tree.first(func(p *part) bool { return p.PartID == id && p.Content != nil })
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
