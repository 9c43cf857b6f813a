package ingest

import (
	"bytes"
	"regexp"
	"strings"

	"github.com/jhillyerd/enmime/v2"
)

// bounceOf reads a report on the delivery of a mail: by its delivery-status
// part (RFC 3464), else by the text that a mail system gives it.
func bounceOf(m *Message, tree *enmime.Part) *Bounce {
	if tree == nil {
		return nil
	}
	if status := tree.DepthMatchFirst(func(p *enmime.Part) bool {
		return strings.EqualFold(p.ContentType, "message/delivery-status")
	}); status != nil {
		b := &Bounce{Recipients: reported(status.Content), OriginalMessageID: returnedID(m, tree)}
		return b
	}
	return plainBounce(m, tree)
}

// reported reads the per-recipient groups of a delivery-status part.
func reported(content []byte) []BounceRecipient {
	list := []BounceRecipient{}
	groups := regexp.MustCompile(`\n\s*\n`).Split(strings.ReplaceAll(valid(string(content)), "\r\n", "\n"), 200)
	for _, group := range groups {
		h, _, _ := readHeader([]byte(strings.TrimLeft(group, "\n") + "\n\n"))
		address := typed(h.Get("Original-Recipient"))
		if address == "" {
			address = typed(h.Get("Final-Recipient"))
		}
		if address == "" {
			continue
		}
		r := BounceRecipient{Address: address, Action: strings.ToLower(strings.TrimSpace(h.Get("Action"))), Diagnostic: line(typed(h.Get("Diagnostic-Code")))}
		if r.Action, _, _ = strings.Cut(r.Action, " "); r.Action == "" {
			r.Action = "failed"
		}
		if code := enhancedCode.FindString(h.Get("Status")); code != "" {
			r.Status = &code
		}
		r.Reason = reasonOf(r.Diagnostic+" "+h.Get("Status"), r.Status)
		list = append(list, r)
	}
	return list
}

// typed gives the value behind "rfc822;" or "smtp;", without angle brackets.
func typed(v string) string {
	if kind, rest, ok := strings.Cut(v, ";"); ok && !strings.ContainsAny(kind, " @") {
		v = rest
	}
	return strings.Trim(line(v), "<> ")
}

var enhancedCode = regexp.MustCompile(`\b[245]\.\d{1,3}\.\d{1,3}\b`)

// returnedID finds the Message-ID of the mail that came back.
func returnedID(m *Message, tree *enmime.Part) *string {
	for _, p := range tree.DepthMatchAll(func(p *enmime.Part) bool {
		t := strings.ToLower(p.ContentType)
		return t == "message/rfc822" || t == "text/rfc822-headers" || t == "message/rfc822-headers"
	}) {
		h, _, _ := readHeader(append(bytes.TrimLeft(normalise(p.Content), "\n"), '\n', '\n'))
		if id := firstID(h.Get("Message-ID")); id != nil {
			return id
		}
	}
	return textID(m.Text)
}

var textMessageID = regexp.MustCompile(`(?im)^[> \t]*Message-ID:\s*<([^<>\s]+)>`)

func textID(text string) *string {
	if found := textMessageID.FindStringSubmatch(text); found != nil {
		return &found[1]
	}
	return nil
}

var (
	daemon        = regexp.MustCompile(`(?i)^(?:mailer-daemon|postmaster|mail-daemon|mailerdaemon|double-bounce)@`)
	bounceSubject = regexp.MustCompile(`(?i)(?:undeliver|delivery (?:status|fail|problem|has failed|notification)|failure notice|returned mail|` +
		`mail (?:delivery|system error)|returning message|no (?:se )?(?:ha podido )?entreg|no s'ha pogut lliurar|unzustellbar|non remis|mancato recapito)`)
	failedAddress = regexp.MustCompile(`(?m)^\s*<?([^\s<>@:;,"()]+@[^\s<>@:;,"()]+\.[^\s<>@:;,"()]+)>?:?\s*$|<([^\s<>@]+@[^\s<>@]+)>:`)
)

// plainBounce knows a bounce without a report: it comes from a mail system and
// its subject says so. Either alone is not enough.
func plainBounce(m *Message, tree *enmime.Part) *Bounce {
	failed := m.Header.Get("X-Failed-Recipients")
	system := m.From != nil && daemon.MatchString(m.From.Address) || nullReturnPath(m.Header) || m.From == nil
	if failed == "" && (!system || !bounceSubject.MatchString(m.Subject)) {
		return nil
	}
	b := &Bounce{Recipients: []BounceRecipient{}, OriginalMessageID: returnedID(m, tree)}
	var addresses []string
	for _, a := range parseAddresses(failed) {
		addresses = append(addresses, a.Address)
	}
	if len(addresses) == 0 {
		for _, found := range failedAddress.FindAllStringSubmatch(m.Text, 20) {
			addresses = append(addresses, found[1]+found[2])
		}
	}
	diagnostic := ""
	for _, l := range strings.Split(m.Text, "\n") {
		if enhancedCode.MatchString(l) || strings.Contains(l, " 550 ") || strings.Contains(l, "said:") {
			diagnostic = line(l)
			break
		}
	}
	var status *string
	if code := enhancedCode.FindString(m.Text); code != "" {
		status = &code
	}
	for _, a := range addresses {
		b.Recipients = append(b.Recipients, BounceRecipient{
			Address: a, Status: status, Action: "failed", Diagnostic: diagnostic, Reason: reasonOf(diagnostic+" "+m.Text, status),
		})
	}
	return b
}

// reasons by the words of the diagnostic, which count for more than the number:
// many servers say 5.0.0 or 5.7.1 for everything.
var reasons = [...]struct {
	reason string
	words  *regexp.Regexp
}{
	{"mailbox_full", regexp.MustCompile(`(?i)quota|mailbox (?:is )?full|over ?quota|exceeded storage|insufficient (?:system )?storage|buz[oó]n lleno`)},
	{"too_large", regexp.MustCompile(`(?i)too (?:large|big)|message size|size limit|exceeds.{0,20}size`)},
	{"unknown_host", regexp.MustCompile(`(?i)host (?:or domain name )?not found|domain.{0,20}(?:not found|does not exist)|no such (?:host|domain)|name service error|unrouteable`)},
	{"unknown_user", regexp.MustCompile(`(?i)user unknown|unknown user|no such (?:user|recipient|mailbox|person)|does not exist|doesn't exist|mailbox (?:unavailable|not found)|invalid (?:recipient|mailbox)|recipient (?:address )?rejected|not our customer|account.{0,20}(?:disabled|closed)`)},
	{"blocked", regexp.MustCompile(`(?i)spam|virus|blocked|blacklist|black list|policy|reputation|dmarc|spf|dkim|relay(?:ing)? (?:access )?denied|rejected for|denied`)},
	{"temporary", regexp.MustCompile(`(?i)timed? ?out|connection (?:refused|lost)|try again|temporar|too many|could not connect|no route|delayed`)},
}

func reasonOf(text string, status *string) string {
	if len(text) > 8<<10 {
		text = text[:8<<10]
	}
	for _, r := range reasons {
		if r.words.MatchString(text) {
			return r.reason
		}
	}
	if status != nil {
		_, detail, _ := strings.Cut(*status, ".")
		switch {
		case detail == "1.1", detail == "1.6", detail == "1.3", detail == "2.1":
			return "unknown_user"
		case detail == "1.2":
			return "unknown_host"
		case detail == "2.2":
			return "mailbox_full"
		case detail == "2.3", detail == "3.4":
			return "too_large"
		case strings.HasPrefix(detail, "7."):
			return "blocked"
		case strings.HasPrefix(*status, "4."), strings.HasPrefix(detail, "4."):
			return "temporary"
		}
	}
	return "other"
}
