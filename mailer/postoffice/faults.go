package postoffice

import (
	"errors"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/emersion/go-imap/v2"
	"github.com/emersion/go-smtp"
)

// A Point is where in a dialogue a fault strikes.
type Point string

// The points of SMTP and IMAP. SMTPData is the mail itself: a fault there, if
// not Late, means that the mail is not taken.
const (
	SMTPConnect Point = "smtp connect"
	SMTPAuth    Point = "smtp AUTH"
	SMTPMail    Point = "smtp MAIL"
	SMTPRcpt    Point = "smtp RCPT"
	SMTPData    Point = "smtp DATA"

	IMAPConnect Point = "imap connect"
	IMAPLogin   Point = "imap LOGIN"
	IMAPList    Point = "imap LIST"
	IMAPCreate  Point = "imap CREATE"
	IMAPSelect  Point = "imap SELECT"
	IMAPSearch  Point = "imap SEARCH"
	IMAPFetch   Point = "imap FETCH"
	IMAPStore   Point = "imap STORE"
	IMAPCopy    Point = "imap COPY"
	IMAPMove    Point = "imap MOVE"
	IMAPExpunge Point = "imap EXPUNGE"
	IMAPAppend  Point = "imap APPEND"
	IMAPIdle    Point = "imap IDLE"
)

// A Fault is what shall go wrong. Delay comes first, then Answer, then Cut;
// with none but Delay the server is merely slow.
type Fault struct {
	At Point
	// Late strikes after the deed is done and before the client is told:
	// the mail is accepted or moved, and nobody knows.
	Late bool
	// Only, if not empty, is whom it strikes: a sender at MAIL, a recipient at
	// RCPT and DATA, a user elsewhere.
	Only string
	// Times is how often it strikes; 0 means until lifted.
	Times int
	// Delay holds the answer back. A day is a server that never answers.
	Delay time.Duration
	// Answer is said instead of the good one: "451 4.3.0 try later" in SMTP,
	// "NO [OVERQUOTA] full" in IMAP.
	Answer string
	// Cut closes the connection.
	Cut bool
	// CutAfter, with Cut, first lets that many bytes of the mail pass: to the
	// server at SMTPData, to the client at IMAPFetch (counted with the answer's
	// words around it).
	CutAfter int
}

// A Planned fault is one that was handed to a server.
type Planned struct {
	fault Fault
	plan  *plan

	// below is protected by plan.mu
	struck int
}

// Lift ends the fault.
func (p *Planned) Lift() {
	p.plan.mu.Lock()
	defer p.plan.mu.Unlock()
	p.plan.list = slices.DeleteFunc(p.plan.list, func(q *Planned) bool { return q == p })
}

// Struck is how often it has struck so far.
func (p *Planned) Struck() int {
	p.plan.mu.Lock()
	defer p.plan.mu.Unlock()
	return p.struck
}

// A plan holds the faults of a server; the oldest that fits strikes.
type plan struct {
	mu   sync.Mutex
	list []*Planned
}

func (pl *plan) add(f Fault) *Planned {
	p := &Planned{fault: f, plan: pl}
	pl.mu.Lock()
	defer pl.mu.Unlock()
	pl.list = append(pl.list, p)
	return p
}

// next gives the fault that strikes here, if one does, and counts it.
func (pl *plan) next(at Point, late bool, who ...string) (Fault, bool) {
	pl.mu.Lock()
	defer pl.mu.Unlock()
	for i, p := range pl.list {
		f := p.fault
		if f.At != at || f.Late != late || f.Only != "" && !containsFold(who, f.Only) {
			continue
		}
		p.struck++
		if f.Times > 0 && p.struck == f.Times {
			pl.list = slices.Delete(pl.list, i, i+1)
		}
		return f, true
	}
	return Fault{}, false
}

func containsFold(list []string, s string) bool {
	return slices.ContainsFunc(list, func(e string) bool { return strings.EqualFold(e, s) })
}

// errCut is returned where the connection is cut; no client can read it.
var errCut = errors.New("postoffice: connection cut on demand")

// strike plays the fault planned for this point, if there is one: it waits,
// cuts the connection, and gives the error that carries the answer.
func (c *conn) strike(at Point, late bool, who ...string) error {
	f, ok := c.gate.plan.next(at, late, who...)
	if !ok {
		return nil
	}
	return c.suffer(f)
}

func (c *conn) suffer(f Fault) error {
	c.wait(f.Delay)
	switch {
	case f.Cut:
		// Nothing is lost by an error in closing: it is meant to be rude.
		_ = c.Close()
		return errCut
	case f.Answer == "":
		return nil
	case strings.HasPrefix(string(f.At), "smtp"):
		return smtpAnswer(f.Answer)
	default:
		return imapAnswer(f.Answer)
	}
}

// smtpAnswer reads "451 4.3.0 try later"; what has no code is a 451.
func smtpAnswer(s string) *smtp.SMTPError {
	e := &smtp.SMTPError{Code: 451, EnhancedCode: smtp.EnhancedCodeNotSet, Message: s}
	first, rest, _ := strings.Cut(s, " ")
	code, err := strconv.Atoi(first)
	if err != nil || code < 200 || code > 599 {
		return e
	}
	e.Code, e.Message = code, rest
	first, rest, _ = strings.Cut(rest, " ")
	var enhanced smtp.EnhancedCode
	digits := strings.Split(first, ".")
	if len(digits) != len(enhanced) {
		return e
	}
	for i, digit := range digits {
		if enhanced[i], err = strconv.Atoi(digit); err != nil {
			return e
		}
	}
	e.EnhancedCode, e.Message = enhanced, rest
	return e
}

// imapAnswer reads "NO [OVERQUOTA] full"; what has no status is a NO.
func imapAnswer(s string) *imap.Error {
	e := &imap.Error{Type: imap.StatusResponseTypeNo, Text: s}
	first, rest, _ := strings.Cut(s, " ")
	switch status := imap.StatusResponseType(first); status {
	case imap.StatusResponseTypeNo, imap.StatusResponseTypeBad, imap.StatusResponseTypeBye:
		e.Type, e.Text = status, rest
	}
	if code, text, ok := strings.Cut(e.Text, "]"); ok && strings.HasPrefix(code, "[") {
		e.Code, e.Text = imap.ResponseCode(code[1:]), strings.TrimSpace(text)
	}
	if e.Text == "" {
		e.Text = "as demanded" // the grammar wants a text
	}
	return e
}
