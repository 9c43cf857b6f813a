package ingest

import (
	"regexp"
	"slices"
	"strings"
	"unicode"
)

// Bounds on how many recipients are read out of a text, and on how much of it is
// about one of them.
const (
	maxFailed = 100
	maxBlock  = 16 << 10
)

const anAddress = `([^\s<>@:;,"()\[\]'*]+@[^\s<>@:;,"()\[\]'*]+[^\s<>@:;,"()\[\]'*.])`

// marks are quotes, bullets, rulers, in any script.
const marks = `[^\pL\pN]*`

// headForms are how mail systems begin what they say of one recipient, on a
// line. Forms further down say less clearly that it is the one that failed.
var headForms = compileAll(`(?i)`,
	`^`+marks+anAddress+marks+`$`,                                                                                            // alone, quoted, in a list
	`^`+marks+anAddress+`\s*<(?:mailto:)?[^<>\s]+>`+marks+`$`,                                                                // twice
	`^[\pL .,'-]{2,60} \(`+anAddress+`\)(?:<mailto:[^<>]*>)?`+marks+`$`,                                                      // Exchange: the name, then the address
	`^`+marks+anAddress+`: ?[45]\d\d\b`,                                                                                      // with the answer behind it
	`^`+marks+`<`+anAddress+`>:(?:\s|$)`,                                                                                     // qmail, Postfix
	`^\d{3}[ -](?:\d\.\d+\.\d+ )?<?`+anAddress+`>?\s*\.\.\.`,                                                                 // old sendmail
	`^`+marks+anAddress+`['\">]?:?\s*(?:\.\.\.|\[|\(| on \w| (?:el|am|le|il|em|op) \d|,? ?(?:invalid|error|unknown|not )\b)`, // with the reason behind it
	`^`+marks+`(?:(?:final|original|failed)[- ])?recipients?(?: address)?(?:\(s\))?\s*:\s*(?:rfc822;|\[smtp:)?\s*<?`+anAddress,
	`^`+marks+`(?:addressed to|failed address|destinatari[oa]?|empf[aä]nger)\s*:\s*<?`+anAddress,
	`\brcpt to:\s*<?`+anAddress,
	`\baddress: <`+anAddress+`>`,
	`^[\pL\d ,']{3,60}: ?<?`+anAddress+`>?`+marks+`$`, // "Unknown user: a@b.example"
)

// towards stands before an address within a sentence. Go's \b knows no letter à.
const towards = `(?:^|\s)(?:to|al?s?|à|an|para|per a|ao?)(?: (?:el|la|los?|las?|els|les|siguientes?|seg[uü]ents?|destinatari\pL*))*:?\s+[*<'"]*`

// inlineForms name the recipient within a sentence.
var inlineForms = compileAll(`(?i)`,
	`(?:deliver(?:ed|ing|y|able)?|rejected recipient|sent)\b[^@\n<>]{0,60}(?:\bto|\bfor|recipient)\b:?\s*[<'"]?`+anAddress,
	`(?:entreg\w+|lliura\w+|remis\w*|recapitat\w*|consegnat\w*|entregue|zugestellt|distribu\w+|remettre)[^@\n<>]{0,60}`+towards+anAddress,
	`\b(?:message|mail|messaggio|mensaje|mensaxe|mensagem|correo|missatge|correu|e-?mail)\b[^@\n<>]{0,20}`+towards+anAddress,
	`(?:unknown|invalid|user|recipient|mailbox|address)\b[^@\n<>]{0,20}[<("' ]`+anAddress+`[^\n]{0,40}(?:unknown|not |rejected|invalid|exist)`,
)

func compileAll(prefix string, forms ...string) (list []*regexp.Regexp) {
	for _, f := range forms {
		list = append(list, regexp.MustCompile(prefix+f))
	}
	return list
}

// staff are addresses that a mail system names for those who want help.
var staff = regexp.MustCompile(`(?i)^(?:post-?master|mailer-daemon|support|abuse|help|hostmaster|soporte|info)@`)

// A head is the line where a bounce begins to speak of a recipient.
type head struct {
	address string
	line    int
}

// failedRecipients reads who did not get the mail, and why, in the words of the
// bounce; without a delivery-status part.
func failedRecipients(m *Message, tree *part, text bounceText) []BounceRecipient {
	if list := wrappedReport(tree); len(list) > 0 {
		return list
	}
	if list := writtenReport(text.report); len(list) > 0 {
		return list
	}
	heads := headsOf(text.report, headForms)
	named := namedRecipients(m.Header)
	if len(named) == 0 {
		named = failedOf(m, heads)
	}
	if len(named) == 0 {
		if heads = headsOf(text.report, inlineForms); len(heads) > 0 {
			named = failedOf(m, heads)[:1]
		}
	}
	if len(named) == 0 { // a bounce of a bounce, as text
		if list := writtenReport(text.returned); len(list) > 0 {
			return list
		}
		named = returnedTo(m, tree, text)
	}
	if len(named) == 0 {
		named = onlyAddress(m, text.report)
	}
	action := "failed"
	if delaying.MatchString(text.report) && !givenUp.MatchString(text.report) || strings.Contains(m.Subject, "(Delay)") {
		action = "delayed"
	}
	said := saidOf(text.report, heads)
	list := []BounceRecipient{}
	for _, address := range named {
		list = append(list, said.of(address, action, len(named) == 1))
	}
	return list
}

// namedRecipients are those that a header field names.
func namedRecipients(h Header) (list []string) {
	for _, field := range [...]string{"X-Failed-Recipients", "X-Bounced-Address"} {
		if field == "X-Bounced-Address" && len(strings.Split(h.Get(field), ",")) < 2 {
			continue // indimail names the last one only
		}
		for _, a := range parseAddresses(h.Get(field)) {
			list = appendNew(list, a.Address)
		}
	}
	return list
}

func headsOf(text string, forms []*regexp.Regexp) (heads []head) {
	lines := strings.Split(text, "\n")
	for i, l := range lines {
		if len(heads) == maxFailed {
			break
		}
		if !strings.Contains(l, "@") || len(l) > 2000 || aboutHelp(lines, i) {
			continue
		}
		for _, form := range forms {
			if found := form.FindStringSubmatch(l); found != nil {
				heads = append(heads, head{found[1], i})
				break
			}
		}
	}
	return heads
}

var (
	helpWords  = regexp.MustCompile(`(?i)contact|assistance|for help|questions?\b|ayuda|ajuda|kontakt|連絡|問い?合`)
	senderLine = regexp.MustCompile(`(?i)mail from|sender:|^\W*(?:from|to|cc|reply-to)\s*:`)
	openEnd    = regexp.MustCompile(`[\pL,]\s*$`)
)

// aboutHelp: the address on this line is whom to ask, or who sent the mail.
func aboutHelp(lines []string, i int) bool {
	if (helpWords.MatchString(lines[i]) || senderLine.MatchString(lines[i])) && !strings.Contains(strings.ToLower(lines[i]), "rcpt") {
		return true
	}
	return i > 0 && helpWords.MatchString(lines[i-1]) && openEnd.MatchString(lines[i-1])
}

// failedOf gives the addresses of heads, each once; without those that the
// bounce was sent to, and the staff's, unless there are no others.
func failedOf(m *Message, heads []head) (list []string) {
	var weak []string
	for _, h := range heads {
		own := slices.ContainsFunc(m.To, func(a Address) bool { return strings.EqualFold(a.Address, h.address) })
		if own || staff.MatchString(h.address) || m.From != nil && strings.EqualFold(m.From.Address, h.address) {
			weak = appendNew(weak, h.address)
			continue
		}
		list = appendNew(list, h.address)
	}
	if len(list) == 0 {
		return weak
	}
	return list
}

func appendNew(list []string, address string) []string {
	if slices.ContainsFunc(list, func(a string) bool { return strings.EqualFold(a, address) }) {
		return list
	}
	return append(list, address)
}

// returnedTo is the recipient of the mail that came back, if it had only one.
func returnedTo(m *Message, tree *part, text bounceText) (list []string) {
	for _, h := range returnedHeaders(tree, text) {
		for _, v := range h.Values("To") {
			for _, a := range parseAddresses(v) {
				list = appendNew(list, a.Address)
			}
		}
	}
	if len(list) != 1 {
		return nil
	}
	return list
}

var (
	toLine     = regexp.MustCompile(`(?im)^\W*(?:to|para|per a|an|à)\s*:`)
	addressing = regexp.MustCompile(anAddress)
)

// onlyAddress is the one address in a report whose words nobody knows, if there
// is only one that is neither the sender's nor the staff's.
func onlyAddress(m *Message, report string) []string {
	var heads []head
	lines := strings.Split(report, "\n")
	for i, l := range lines {
		if !strings.Contains(l, "@") || aboutHelp(lines, i) && !toLine.MatchString(l) {
			continue
		}
		for _, found := range addressing.FindAllStringSubmatch(l, maxFailed) {
			heads = append(heads, head{found[1], i})
		}
		if len(heads) > maxFailed {
			return nil
		}
	}
	list := failedOf(m, heads)
	if len(list) != 1 || staff.MatchString(list[0]) || slices.ContainsFunc(m.To, func(a Address) bool { return strings.EqualFold(a.Address, list[0]) }) {
		return nil
	}
	return list
}

// said is what a text says of its recipients. It remembers what it has read:
// many recipients may share one explanation, and some mails are long on purpose.
type said struct {
	whole string
	lines []string
	heads []head
	known map[string]BounceRecipient
}

func saidOf(text string, heads []head) *said {
	return &said{short(text, maxBlock), strings.Split(text, "\n"), heads, map[string]BounceRecipient{}}
}

// of gathers what is said of one recipient. only: there is no other.
func (s *said) of(address, action string, only bool) BounceRecipient {
	around, key := s.block(address)
	r, ok := s.known[key]
	if !ok {
		r = s.read(around, address, action, only)
		s.known[key] = r
	}
	r.Address, r.Action = address, action
	return r
}

// block is the text from a recipient's head to the next one's; the whole text,
// which it shares with others, if it has none.
func (s *said) block(address string) (text, key string) {
	for i, h := range s.heads {
		if !strings.EqualFold(h.address, address) {
			continue
		}
		end := len(s.lines)
		for _, next := range s.heads[i+1:] {
			if !strings.EqualFold(next.address, address) {
				end = next.line
				break
			}
		}
		return short(strings.Join(s.lines[h.line:end], "\n"), maxBlock), strings.ToLower(address)
	}
	return s.whole, ""
}

func (s *said) read(around, address, action string, only bool) (r BounceRecipient) {
	r.Diagnostic = diagnosticIn(around, address)
	if r.Diagnostic == "" || only && !smtpReply.MatchString(around) && smtpReply.MatchString(s.whole) {
		around = s.whole // what the other server said stands above, for all of them
		r.Diagnostic = diagnosticIn(around, address)
	}
	r.Status = enhancedIn(r.Diagnostic)
	if r.Status == nil {
		r.Status = enhancedIn(around)
	}
	if r.Status == nil && only {
		r.Status = enhancedIn(s.whole)
	}
	r.Reason = reasonOf(r.Diagnostic, r.Status, around)
	if r.Reason == reasonOther && action == "delayed" {
		r.Reason = reasonTemporary
	}
	return r
}

var (
	labelled   = regexp.MustCompile(`(?im)^\W*(?:diagnostic[- ]code|reason|motivo|motiu|raz[oó]n|causa|debido a|a causa de|error message|because|non-delivered information|technical details[^\n]*)\W*:\s*(\S[^\n]*(?:\n[ \t]+\S[^\n]*)*)`)
	endOfReply = regexp.MustCompile(`(?i)^\s*(?:$|giving up|i'm not going to|-{3,}|\*{3,}|={3,}|>>>)|^\W*\[rcpt_to\]`)
	goesOn     = regexp.MustCompile(`^\s*[45]\d\d-`)
	nextReply  = regexp.MustCompile(`(?i)^\s*(?:[2-5]\d\d[ -]|while talking to)`)
)

const maxDiagnostic = 1000

// diagnosticIn finds what the other server said: its answer with the lines that
// belong to it; failing that what is labelled as the reason; failing that what
// stands below the address.
func diagnosticIn(text, address string) string {
	out := ""
	if at := smtpReply.FindStringSubmatchIndex(text); at != nil {
		rest := strings.Split(text[at[2]:], "\n")
		for i, l := range rest[:min(len(rest), 10)] {
			if i > 0 && (endOfReply.MatchString(l) || nextReply.MatchString(l) && !goesOn.MatchString(rest[i-1])) {
				break
			}
			out += " " + l
		}
	} else if found := labelled.FindStringSubmatch(text); found != nil {
		out = found[1]
	} else {
		out = below(text, address)
	}
	out = strings.Join(strings.Fields(short(out, maxDiagnostic)), " ")
	return line(out)
}

// below gives the first paragraph below the address, or the rest of its line.
func below(text, address string) string {
	first, rest, _ := strings.Cut(text, "\n")
	if at := strings.Index(first, address); at >= 0 {
		tail := strings.Trim(first[at+len(address):], " >:[]()")
		if own := strings.NewReplacer(address, "", "mailto:", "").Replace(tail); len(strings.TrimFunc(own, notWord)) > 3 {
			if next, _, _ := strings.Cut(rest, "\n"); strings.HasSuffix(first, ":") {
				tail += ": " + next // Dovecot: "was automatically rejected:", and why
			}
			return tail
		}
		out := ""
		for _, l := range strings.Split(rest, "\n") {
			if strings.TrimFunc(l, notWord) == "" || out == "" && endOfReply.MatchString(l) {
				if out != "" {
					break
				}
				continue
			}
			if out != "" && endOfReply.MatchString(l) {
				break
			}
			out += " " + strings.TrimSpace(l)
		}
		return out
	}
	return ""
}

func notWord(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) }

var (
	enhanced    = regexp.MustCompile(`(?:^|[^\d.])([245]\.[0-7]\.\d{1,3})(?:[^\d.]|\.(?:\D|$)|$)`)
	besideReply = regexp.MustCompile(`\b[245]\d\d[ -]([245]\.[0-7]\.\d{1,3})\b`)
)

// enhancedIn finds an enhanced status code (RFC 3463), that next to a reply code
// first; parts of IP addresses and versions are none.
func enhancedIn(text string) *string {
	for _, form := range [...]*regexp.Regexp{besideReply, enhanced} {
		if found := form.FindStringSubmatch(text); found != nil {
			return &found[1]
		}
	}
	return nil
}
