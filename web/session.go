package web

import (
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"time"

	"golang.org/x/text/language"

	"respon/tickets"
	"respon/tickets/store"
)

// visitor is who asks for a page.
type visitor struct {
	address    string              // normal form; "" if not signed in
	technician *tickets.Technician // of the present catalogue; nil if none
}

func (v *visitor) signedIn() bool { return v.address != "" }

// request is a request with all that its handler needs to know.
type request struct {
	*http.Request
	catalogue *tickets.Catalogue
	visitor   visitor
	session   []byte // hash of its cookie; nil without one
	locale    tickets.Locale
	chosen    tickets.Locale // the language asked for by ?lang=; "" if none was
	ticket    *tickets.Ticket
}

// secretBytes is the length of session cookies and one-time links.
const secretBytes = 32

// secret makes a random secret, and the hash of it that the database keeps.
func (s *Server) secret() (text string, hash []byte, err error) {
	b := make([]byte, secretBytes)
	if _, err := io.ReadFull(s.Random, b); err != nil {
		return "", nil, fmt.Errorf("random secret: %w", err)
	}
	text = base64.RawURLEncoding.EncodeToString(b)
	hash, err = hashOf(text)
	return text, hash, err
}

// hashOf gives the hash that a secret is kept under; store.ErrNotFound for what
// cannot be one of ours.
func hashOf(secret string) ([]byte, error) {
	if b, err := base64.RawURLEncoding.Strict().DecodeString(secret); err != nil || len(b) != secretBytes {
		return nil, store.ErrNotFound
	}
	sum := sha256.Sum256([]byte(secret))
	return sum[:], nil
}

// isSecure reports whether people reach the pages by TLS. On a loopback without
// it, browsers refuse the __Host- prefix and the Secure mark.
func isSecure(c *tickets.Catalogue) bool {
	u, err := url.Parse(c.Gateway.BaseURL)
	return err == nil && u.Scheme == "https"
}

func cookieName(c *tickets.Catalogue) string {
	if isSecure(c) {
		return "__Host-respon"
	}
	return "respon"
}

// request finds out in which language to answer, from what the request alone
// says.
func (s *Server) request(r *http.Request) *request {
	q := &request{Request: r, catalogue: s.Catalogue()}
	q.chosen = locale(r.URL.Query().Get("lang"))
	q.locale = q.chosen
	if q.locale == "" {
		q.locale = accepted(r.Header.Get("Accept-Language"))
	}
	if q.locale == "" {
		q.locale = q.catalogue.Gateway.Locale
	}
	return q
}

// identify finds out who asks. The catalogue decides who is a technician, at
// each request: whoever is taken out of it is none any more.
func (s *Server) identify(q *request) error {
	cookie, err := q.Cookie(cookieName(q.catalogue))
	if err != nil {
		return nil // nobody is signed in
	}
	hash, err := hashOf(cookie.Value)
	if err != nil {
		return nil // not a cookie of ours: nobody, too
	}
	address, err := s.Desk.Session(q.Context(), hash)
	if errors.Is(err, store.ErrNotFound) {
		return nil
	} else if err != nil {
		return err
	}
	q.session = hash
	q.visitor.address = tickets.NormalAddress(address)
	q.visitor.technician = q.catalogue.TechnicianByAddress(address)
	if q.chosen == "" && accepted(q.Header.Get("Accept-Language")) == "" {
		q.locale = q.author("").Locale
	}
	return nil
}

// author is the visitor as the author of a message.
func (q *request) author(name string) tickets.Author {
	a := tickets.Author{Person: q.catalogue.Person(name, q.visitor.address), Trust: tickets.Verified, Vouched: true}
	if tech := q.visitor.technician; tech != nil {
		a.Technician, a.Name = tech.ID, tech.Name
		if tech.Locale != "" {
			a.Locale = tech.Locale
		}
	}
	return a
}

// setCookie hands out a session, or takes it back with an empty value.
func setCookie(w http.ResponseWriter, c *tickets.Catalogue, value string) {
	cookie := &http.Cookie{
		Name: cookieName(c), Value: value, Path: "/", HttpOnly: true, SameSite: http.SameSiteLaxMode, Secure: isSecure(c),
		MaxAge: int((7 * 24 * time.Hour).Seconds()),
	}
	if value == "" {
		cookie.MaxAge = -1
	}
	http.SetCookie(w, cookie)
}

// wantedCookie names the cookie with the ticket that somebody came for.
func wantedCookie(c *tickets.Catalogue) string { return cookieName(c) + "-ticket" }

// wantedFor is how long it is kept: as long as the link to sign in is good.
const wantedFor = 15 * time.Minute

// rememberTicket keeps the ticket whose link was followed while its reader signs
// in: each mail has that link, and few who follow it are signed in. It says no
// more than the link did, and the ticket is shown to whom it would be anyway.
func rememberTicket(w http.ResponseWriter, q *request) {
	n, err := tickets.ParseNumber(q.catalogue.Gateway.Prefix, q.PathValue("number"))
	if err == nil && q.Method == http.MethodGet {
		setWanted(w, q.catalogue, n.Format(q.catalogue.Gateway.Prefix))
	}
}

// wantedTicket gives the path of the ticket remembered, and forgets it; "" if
// there is none.
func wantedTicket(w http.ResponseWriter, q *request) string {
	cookie, err := q.Cookie(wantedCookie(q.catalogue))
	if err != nil {
		return ""
	}
	setWanted(w, q.catalogue, "")
	n, err := tickets.ParseNumber(q.catalogue.Gateway.Prefix, cookie.Value)
	if err != nil {
		return "" // not one of ours
	}
	return "/tickets/" + n.Format(q.catalogue.Gateway.Prefix)
}

func setWanted(w http.ResponseWriter, c *tickets.Catalogue, number string) {
	cookie := &http.Cookie{
		Name: wantedCookie(c), Value: number, Path: "/", HttpOnly: true, SameSite: http.SameSiteLaxMode, Secure: isSecure(c),
		MaxAge: int(wantedFor.Seconds()),
	}
	if number == "" {
		cookie.MaxAge = -1
	}
	http.SetCookie(w, cookie)
}

// locale reads a language as it stands in links; "" if it is none of ours.
func locale(s string) tickets.Locale {
	for _, l := range tickets.Locales {
		if string(l) == s {
			return l
		}
	}
	return ""
}

// accepted gives the first of a browser's languages that we speak. Valencian is
// what any kind of Catalan gets: browsers offer "ca" and no more.
func accepted(header string) tickets.Locale {
	const long = 1000 // no browser sends more
	if len(header) > long {
		return ""
	}
	tags, quality, err := language.ParseAcceptLanguage(header)
	if err != nil {
		return ""
	}
	for i, tag := range tags {
		base, confidence := tag.Base()
		if quality[i] == 0 || confidence == language.No {
			continue
		}
		switch base.String() {
		case "es":
			return tickets.Spanish
		case "ca":
			return tickets.Valencian
		case "en":
			return tickets.English
		}
	}
	return ""
}
