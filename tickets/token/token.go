// Package token signs and opens what goes through other hands: the reply
// address of a letter, the Message-ID of our mails, the key of a link.
//
// A token says which ticket and which person it was made for and for what
// purpose; it carries the ticket's random UID and never its number, because a
// restored backup gives numbers out again. Its MAC is HMAC-SHA-256 cut to 128
// bits, with a key of its own for each purpose, so that a token for one thing
// is never good for another. A token alone identifies nobody: the caller
// compares it with the sender (Token.For).
//
// Tokens are base32 in lower case: local parts of addresses lose their case on
// the way. They have a fixed length: 42 characters, for an address of which a
// local part may have 64 (RFC 5321, section 4.5.3.1.1); a Message-ID's left side
// has 52.
package token

import (
	"bytes"
	"crypto/hkdf"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base32"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"strings"
)

// Purpose is what a token was made for.
type Purpose string

// The purposes.
const (
	Reply     Purpose = "reply"      // the Reply-To of a letter
	Bounce    Purpose = "bounce"     // its envelope sender
	MessageID Purpose = "message-id" // the left side of our Message-IDs
	Form      Purpose = "form"       // opens the form of a ticket on the page
	Content   Purpose = "content"    // says on the page whether one is content
	Decide    Purpose = "decide"     // decides about quarantined mails; UID is the list's
	Confirm   Purpose = "confirm"    // confirms a held mail; UID is the held mail's
)

const (
	uidBytes    = 5
	personBytes = 4
	nonceBytes  = 6
	macBytes    = 16
	// AddressLength is how many characters a token adds behind the plus sign.
	AddressLength = ((1+uidBytes+personBytes+macBytes)*8 + 4) / 5
	minSecret     = 32
)

// ErrInvalid is the answer to every token that is not ours, cut, altered, made
// for something else or with another secret. It says no more on purpose.
var ErrInvalid = errors.New("token is not valid")

var encoding = base32.NewEncoding("abcdefghijklmnopqrstuvwxyz234567").WithPadding(base32.NoPadding)

// Signer makes and opens tokens. It is safe for concurrent use.
type Signer struct {
	id     byte // tells secrets apart, for a change of secret with both in use
	keys   map[Purpose][]byte
	person []byte
	rand   io.Reader
}

// Token is what an opened token says.
type Token struct {
	UID    string // of the ticket (or of the held mail)
	person [personBytes]byte
	signer *Signer
}

// New makes a signer from a secret of at least 32 bytes. Randomness for nonces
// comes from random; nil means crypto/rand.
func New(secret []byte, random io.Reader) (*Signer, error) {
	if len(secret) < minSecret {
		return nil, fmt.Errorf("secret has %d bytes, at least %d are needed", len(secret), minSecret)
	}
	if random == nil {
		random = rand.Reader
	}
	s := &Signer{keys: map[Purpose][]byte{}, rand: random}
	for _, p := range []Purpose{Reply, Bounce, MessageID, Form, Content, Decide, Confirm} {
		key, err := derive(secret, "respon "+string(p))
		if err != nil {
			return nil, err
		}
		s.keys[p] = key
	}
	person, err := derive(secret, "respon person")
	if err != nil {
		return nil, err
	}
	s.person = person
	id, err := derive(secret, "respon key id")
	if err != nil {
		return nil, err
	}
	s.id = id[0]
	return s, nil
}

func derive(secret []byte, label string) ([]byte, error) {
	key, err := hkdf.Key(sha256.New, secret, nil, label, sha256.Size)
	if err != nil {
		return nil, fmt.Errorf("derive the key for %s: %w", label, err)
	}
	return key, nil
}

// NewUID makes the random id that tokens are bound to, in hex. Its 40 bits are
// no secret; the store refuses a second ticket with the same.
func (s *Signer) NewUID() (string, error) {
	b := make([]byte, uidBytes)
	if _, err := io.ReadFull(s.rand, b); err != nil {
		return "", fmt.Errorf("random id: %w", err)
	}
	return hex.EncodeToString(b), nil
}

// Sign makes the token of a person for a ticket. The same three things always
// give the same token.
func (s *Signer) Sign(p Purpose, uid, address string) (string, error) {
	body, err := s.body(uid, address)
	if err != nil {
		return "", err
	}
	return encoding.EncodeToString(append(body, s.mac(p, body)...)), nil
}

// Open reads a token. Case does not matter.
func (s *Signer) Open(p Purpose, token string) (Token, error) {
	return s.open(p, token, 0)
}

// NewMessageID makes the left side of a Message-ID for a mail to a person.
func (s *Signer) NewMessageID(uid, address string) (string, error) {
	body, err := s.body(uid, address)
	if err != nil {
		return "", err
	}
	nonce := make([]byte, nonceBytes)
	if _, err := io.ReadFull(s.rand, nonce); err != nil {
		return "", fmt.Errorf("random nonce: %w", err)
	}
	body = append(body, nonce...)
	return encoding.EncodeToString(append(body, s.mac(MessageID, body)...)), nil
}

// OpenMessageID reads what NewMessageID made out of a whole id,
// "left@domain", without angle brackets.
func (s *Signer) OpenMessageID(id string) (Token, error) {
	left, _, ok := strings.Cut(id, "@")
	if !ok {
		return Token{}, ErrInvalid
	}
	return s.open(MessageID, left, nonceBytes)
}

func (s *Signer) open(p Purpose, token string, extra int) (Token, error) {
	raw, err := encoding.DecodeString(strings.ToLower(token))
	if err != nil || len(raw) != 1+uidBytes+personBytes+extra+macBytes {
		return Token{}, ErrInvalid
	}
	body, mac := raw[:len(raw)-macBytes], raw[len(raw)-macBytes:]
	// Base32 leaves bits at the end that mean nothing: only the one spelling
	// that we make is taken.
	if body[0] != s.id || !hmac.Equal(mac, s.mac(p, body)) || encoding.EncodeToString(raw) != strings.ToLower(token) {
		return Token{}, ErrInvalid
	}
	t := Token{UID: hex.EncodeToString(body[1 : 1+uidBytes]), signer: s}
	copy(t.person[:], body[1+uidBytes:])
	return t, nil
}

// For reports whether the token was made for this address. One that was made
// for nobody, which is what a letter to several people has, is nobody's.
func (t Token) For(address string) bool {
	return t.signer != nil && address != "" && bytes.Equal(t.person[:], t.signer.personOf(address))
}

// ForNobody reports whether the token was made for no person, so that all who see
// it may have it.
func (t Token) ForNobody() bool {
	return t.signer != nil && bytes.Equal(t.person[:], t.signer.personOf(""))
}

func (s *Signer) body(uid, address string) ([]byte, error) {
	id, err := hex.DecodeString(uid)
	if err != nil || len(id) != uidBytes {
		return nil, fmt.Errorf("ticket id %q is not %d hex bytes", uid, uidBytes)
	}
	return append(append([]byte{s.id}, id...), s.personOf(address)...), nil
}

// personOf is keyed, so that nobody can search for an address that collides
// with another's.
func (s *Signer) personOf(address string) []byte {
	h := hmac.New(sha256.New, s.person)
	h.Write([]byte(strings.ToLower(strings.TrimSpace(address))))
	return h.Sum(nil)[:personBytes]
}

func (s *Signer) mac(p Purpose, body []byte) []byte {
	h := hmac.New(sha256.New, s.keys[p])
	h.Write(body)
	return h.Sum(nil)[:macBytes]
}
