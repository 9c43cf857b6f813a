package ingest

import (
	"bytes"
	"regexp"
	"strings"
)

// bounceOf reads a report on the delivery of a mail: by its delivery-status
// part (RFC 3464), else by the text that a mail system gives it.
func bounceOf(m *Message, tree *part) *Bounce {
	if tree == nil {
		return nil
	}
	status := tree.first(func(p *part) bool {
		t := strings.ToLower(p.ContentType)
		return t == "message/delivery-status" || t == "message/global-delivery-status"
	})
	from := originOf(m)
	if status == nil && from == fromSystem { // CommuniGate and Symantec attach it as a file
		status = tree.first(func(p *part) bool { return p.FileName != "" && statusFile.Match(p.Content[:min(len(p.Content), 200)]) })
	}
	report := isDeliveryReport(m.Header)
	// A person may attach the report that they got, and some programs take it
	// apart when they forward it: the mail is still theirs.
	theirs := status != nil && !report && from != fromSystem && inOwnWords(m, bounceTextOf(m.Text))
	if status != nil && !theirs && (report || from > unreturned || from == unreturned && undeliveredSubject.MatchString(m.Subject)) {
		b := &Bounce{Recipients: reported(status.Content, m.Text), OriginalMessageID: returnedID(m, tree)}
		named := namedRecipients(m.Header)
		switch {
		case len(b.Recipients) == 0:
			b.Recipients = failedRecipients(m, tree, bounceTextOf(m.Text))
		case len(b.Recipients) == 1 && len(named) == 1 && !strings.Contains(b.Recipients[0].Address, "@"):
			b.Recipients[0].Address = named[0] // Exim reports on the file or program that it delivers to
		}
		return b
	}
	if report {
		return &Bounce{Recipients: failedRecipients(m, tree, bounceTextOf(m.Text)), OriginalMessageID: returnedID(m, tree)}
	}
	return plainBounce(m, tree)
}

// statusFile is how a delivery-status part begins (RFC 3464, section 2.2).
var statusFile = regexp.MustCompile(`(?i)^\s*(?:reporting-mta|original-envelope-id):`)

// wrappedReport finds a bounce inside of one: a gateway that returns, in a
// bounce of its own which names nobody, the bounce that it got.
func wrappedReport(tree *part) []BounceRecipient {
	wrapped := tree.first(func(p *part) bool {
		if p.FirstChild != nil || !strings.EqualFold(p.ContentType, "message/rfc822") {
			return false
		}
		h, _, _ := readHeader(unwrap(p.Content))
		return isDeliveryReport(h)
	})
	if wrapped == nil {
		return nil
	}
	h, body, _ := readHeader(unwrap(wrapped.Content))
	inner := readTree(h, body, func(string) {})
	status := inner.first(func(p *part) bool { return strings.EqualFold(p.ContentType, "message/delivery-status") })
	if status == nil {
		return nil
	}
	return reported(status.Content, "")
}

func isDeliveryReport(h Header) bool {
	ct := strings.ToLower(h.Get("Content-Type"))
	return strings.HasPrefix(ct, "multipart/report") && strings.Contains(ct, "delivery-status") && !strings.Contains(ct, "disposition")
}

var blankLine = regexp.MustCompile(`\n\s*\n`)

// brokenLine is a line that a mail system broke and did not indent: an answer of
// several lines, mostly.
var brokenLine = regexp.MustCompile(`\n(\d{3}[ -])`)

// reported reads the per-recipient groups of a delivery-status part. Where it
// gives no reason, the text for people may.
func reported(content []byte, text string) []BounceRecipient {
	list := []BounceRecipient{}
	report := bounceTextOf(text).report
	explained := saidOf(report, headsOf(report, headForms))
	groups := blankLine.Split(string(normalise([]byte(valid(string(content))))), 200)
	for _, group := range groups {
		h, _, _ := readHeader([]byte(brokenLine.ReplaceAllString(strings.TrimLeft(group, "\n"), "\n $1") + "\n\n"))
		address := typed(h.Get("Original-Recipient"))
		if final := typed(h.Get("Final-Recipient")); address == "" || !strings.Contains(address, "@") && strings.Contains(final, "@") {
			address = final
		}
		if address == "" {
			continue
		}
		r := BounceRecipient{Address: address, Action: actionOf(h.Get("Action")), Diagnostic: line(typed(h.Get("Diagnostic-Code")))}
		r.Status = enhancedIn(h.Get("Status"))
		if r.Status == nil {
			r.Status = enhancedIn(r.Diagnostic)
		}
		if r.Reason = reasonOf(r.Diagnostic, r.Status, ""); r.Diagnostic == "" {
			said := explained.of(address, r.Action, false)
			if r.Diagnostic = said.Diagnostic; said.Reason != reasonOther {
				r.Reason = said.Reason
			}
		}
		list = append(list, r)
	}
	return list
}

// actionOf reads Action; a comment may follow it. What is not said, or is no
// word of RFC 3464, section 2.3.3, is a failure.
func actionOf(value string) string {
	word := strings.ToLower(strings.TrimSpace(value))
	if end := strings.IndexAny(word, " \t(;"); end >= 0 {
		word = word[:end]
	}
	switch word {
	case "delayed", "delivered", "relayed", "expanded":
		return word
	}
	return "failed"
}

// typed gives the value behind "rfc822;" or "smtp;", without angle brackets.
func typed(v string) string {
	if kind, rest, ok := strings.Cut(v, ";"); ok && !strings.ContainsAny(kind, " @") {
		v = rest
	}
	return strings.Trim(line(v), "<> ")
}

// returnedHeaders gives the headers of the mail that came back, wherever they
// are: a part for it, an attached text, the header of a part, the text itself.
func returnedHeaders(tree *part, text bounceText) (list []Header) {
	for _, p := range tree.all(func(p *part) bool { return p.Parent != nil && p.FirstChild == nil }) {
		switch t := strings.ToLower(p.ContentType); {
		case strings.HasPrefix(t, "message/") && strings.HasSuffix(t, "rfc822"), strings.HasSuffix(t, "rfc822-headers"), strings.HasSuffix(t, "global-headers"),
			t == "text/plain" && p.FileName != "", t == "message/global":
			h, _, _ := readHeader(append(bytes.TrimLeft(normalise(p.Content), "\n"), '\n', '\n'))
			list = append(list, h)
		case t == "message/disposition-notification": // Sieve refuses with one (RFC 5429, section 2.1)
			h, _, _ := readHeader(append(bytes.TrimLeft(normalise(p.Content), "\n"), '\n', '\n'))
			list = append(list, Header{{"Message-ID", h.Get("Original-Message-ID")}})
		}
		if p.Header.Get("Message-ID") != "" || p.Header.Get("Received") != "" {
			var h Header // its part has no header of its own: it stands there itself
			for _, name := range [...]string{"Message-ID", "To"} {
				for _, v := range p.Header.Values(name) {
					h = append(h, Field{name, v})
				}
			}
			list = append(list, h)
		}
	}
	if text.returned != "" {
		_, below, _ := strings.Cut(text.returned, "\n")
		for _, block := range [...]string{text.returned, strings.TrimLeft(below, "\n")} {
			h, _, _ := readHeader([]byte(block))
			list = append(list, h)
		}
	}
	return list
}

var textMessageID = regexp.MustCompile(`(?im)^(?:[> \t]*|[^\n]{0,60}: \*\s+|X-Original-)Message-ID:\s*<([^<>\s]+)>`)

// returnedID finds the Message-ID of the mail that came back.
func returnedID(m *Message, tree *part) *string {
	for _, h := range returnedHeaders(tree, bounceTextOf(m.Text)) {
		if id := firstID(h.Get("Message-ID")); id != nil {
			return id
		}
	}
	if found := textMessageID.FindStringSubmatch(m.Text); found != nil {
		return &found[1]
	}
	return nil
}
