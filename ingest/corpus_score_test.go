package ingest

import (
	"encoding/json"
	"fmt"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode"
	"unicode/utf8"
)

// invalidString tells of a string that is not UTF-8 or holds a NUL, in any
// field that is printed.
func invalidString(m *Message) string {
	printed := *m
	printed.Header, printed.HTML = nil, ""
	if bad := badString(reflect.ValueOf(printed)); bad != "" {
		return fmt.Sprintf("not valid: %q", bad)
	}
	return ""
}

func badString(v reflect.Value) string {
	switch v.Kind() {
	case reflect.String:
		if s := v.String(); !utf8.ValidString(s) || strings.ContainsRune(s, 0) {
			return s
		}
	case reflect.Pointer:
		if !v.IsNil() {
			return badString(v.Elem())
		}
	case reflect.Struct:
		for i := range v.NumField() {
			if bad := badString(v.Field(i)); bad != "" {
				return bad
			}
		}
	case reflect.Slice:
		for i := range v.Len() {
			if v.Type().Elem().Kind() == reflect.Uint8 {
				return ""
			}
			if bad := badString(v.Index(i)); bad != "" {
				return bad
			}
		}
	}
	return ""
}

func (s *score) kinds(name string, c corpusCase, m *Message) {
	want, found := c.Expect.Kind, name+": "+m.Kind
	switch {
	case len(want) == 0 && c.Expect.Reply != nil, slices.Contains(want, KindNew), slices.Contains(want, KindReply):
		// What has an answer to be found was written by a person.
		s.persons.add(m.Kind == KindNew || m.Kind == KindReply || m.Kind == KindBulk && slices.Contains(want, KindBulk), found)
		if len(want) > 0 {
			s.bulk.add(slices.Contains(want, m.Kind), found)
		}
	case slices.Contains(want, KindBounce):
		s.bounce.add(slices.Contains(want, m.Kind), found)
	case slices.Contains(want, KindReport), slices.Contains(want, KindAutoReply):
		s.robots.add(slices.Contains(want, m.Kind), found)
	case len(want) > 0:
		s.bulk.add(slices.Contains(want, m.Kind), found)
	}
	if len(c.Expect.NotKind) > 0 {
		s.persons.add(!slices.Contains(c.Expect.NotKind, m.Kind), found)
	}
	if want := c.Expect.AutoSubmitted; want != nil {
		s.auto.add(m.AutoSubmitted == *want, fmt.Sprintf("%s: %t", name, m.AutoSubmitted))
	}
}

func (s *score) replies(name string, c corpusCase, m *Message) {
	want := c.Expect.Reply
	if want == nil {
		return
	}
	ok := slices.ContainsFunc(want.Equals, func(w string) bool { return sameReply(m.Reply, w, want.Mode) })
	miss := name
	if !ok && len(want.Equals) > 0 {
		miss = fmt.Sprintf("%s: %.300q, want %.300q", name, m.Reply, want.Equals[0])
	}
	s.reply.add(ok, miss)
	if c.Lang == "es" || c.Lang == "ca" {
		s.replyHome.add(ok, name)
	}
	least, all := -1, 0
	for _, w := range want.Equals {
		if lost, words := wordsLost(m.Reply, w); least < 0 || lost < least {
			least, all = lost, words
		}
	}
	s.words.want += all
	s.words.have += all - max(least, 0)
	if least > 0 {
		s.words.misses = append(s.words.misses, fmt.Sprintf("%s: %d of %d", name, least, all))
	}
}

var (
	blankLines  = regexp.MustCompile(`\n{2,}`)
	attribution = regexp.MustCompile(`(?m)^(?:>.*|.*:\s*)$`)
)

func sameReply(got, want, mode string) bool {
	switch mode {
	case "ws":
		return withoutSpace(got) == withoutSpace(want)
	case "interleaved":
		return withoutSpace(attribution.ReplaceAllString(got, "")) == withoutSpace(attribution.ReplaceAllString(want, ""))
	}
	return trimmedLines(got) == trimmedLines(want)
}

func trimmedLines(s string) string {
	lines := strings.Split(s, "\n")
	for i := range lines {
		lines[i] = strings.TrimRightFunc(lines[i], unicode.IsSpace)
	}
	return strings.Trim(blankLines.ReplaceAllString(strings.Join(lines, "\n"), "\n\n"), "\n")
}

func withoutSpace(s string) string { return strings.Join(strings.Fields(s), "") }

func wordsLost(got, want string) (lost, words int) {
	there := map[string]int{}
	for _, w := range strings.Fields(got) {
		there[w]++
	}
	wanted := strings.Fields(want)
	for _, w := range wanted {
		if there[w]--; there[w] < 0 {
			lost++
		}
	}
	return lost, len(wanted)
}

func (s *score) bounces(name string, want *expectedBounce, m *Message) {
	b := m.Bounce
	if b == nil {
		b = &Bounce{}
	}
	if ids := want.OriginalMessageID; len(ids) > 0 {
		s.original.add(b.OriginalMessageID != nil && slices.Contains(ids, *b.OriginalMessageID),
			fmt.Sprintf("%s: %s, want %q", name, show(b.OriginalMessageID), ids))
	}
	got := slices.Clone(b.Recipients)
	for _, w := range want.Recipients {
		i := slices.IndexFunc(got, func(r BounceRecipient) bool {
			return slices.ContainsFunc(w.Addresses, func(a string) bool { return strings.EqualFold(a, r.Address) })
		})
		s.address.add(i >= 0, fmt.Sprintf("%s: %v, want %q", name, got, w.Addresses))
		var r BounceRecipient
		if i >= 0 {
			r = got[i]
			got = slices.Delete(got, i, i+1)
		}
		if len(w.Status) > 0 {
			s.status.add(r.Status != nil && slices.Contains(w.Status, *r.Status), fmt.Sprintf("%s: %s, want %q", name, show(r.Status), w.Status))
		}
		if w.Action != "" {
			s.action.add(r.Action == w.Action, fmt.Sprintf("%s: %s, want %s", name, r.Action, w.Action))
		}
		if len(w.Reason) > 0 {
			s.reason.add(slices.Contains(w.Reason, r.Reason), fmt.Sprintf("%s: %s, want %q: %s", name, r.Reason, w.Reason, r.Diagnostic))
		}
	}
	if want.Recipients != nil {
		for _, r := range got {
			s.address.add(false, fmt.Sprintf("%s: %s is one too many", name, r.Address))
		}
	}
	s.outside(name, want, b)
}

// outside scores what is known of a bounce without a delivery report: how many
// recipients, which of them failed, which codes stand in its text.
func (s *score) outside(name string, want *expectedBounce, b *Bounce) {
	o := want.Outside
	if o == nil {
		return
	}
	statuses, addresses := map[string]bool{}, map[string]bool{}
	for _, r := range b.Recipients {
		addresses[strings.ToLower(r.Address)] = true
		if r.Status != nil {
			statuses[*r.Status] = true
		}
	}
	right := len(b.Recipients) == o.Recipients || o.Recipients == 0
	for _, a := range o.Failed {
		right = right && addresses[strings.ToLower(a)]
	}
	if o.Recipients > 0 {
		s.freeAddress.add(right, fmt.Sprintf("%s: %v, want %d %q", name, b.Recipients, o.Recipients, o.Failed))
	}
	for _, w := range o.Status {
		s.freeStatus.add(statuses[w], fmt.Sprintf("%s: %v, want %s", name, statuses, w))
	}
	for i, w := range o.Reason {
		reason, diagnostic := "none", ""
		if i < len(b.Recipients) {
			reason, diagnostic = b.Recipients[i].Reason, b.Recipients[i].Diagnostic
		}
		s.freeReason.add(slices.Contains(w, reason), fmt.Sprintf("%s: %s, want %q: %s", name, reason, w, diagnostic))
	}
}

func show(s *string) string {
	if s == nil {
		return "none"
	}
	return *s
}

func (s *score) headers(t *testing.T, name string, c corpusCase, m *Message) {
	fields := make([]string, 0, len(c.Expect.Headers))
	for field := range c.Expect.Headers {
		fields = append(fields, field)
	}
	slices.Sort(fields)
	for _, field := range fields {
		got, ok := headerField(t, field, m)
		if !ok {
			continue
		}
		var lists [][]string
		var values []string
		if json.Unmarshal(c.Expect.Headers[field], &lists) != nil {
			if err := json.Unmarshal(c.Expect.Headers[field], &values); err != nil {
				t.Fatalf("%s: %s: %v", name, field, err)
			}
			if field == "references" {
				lists = append(lists, values)
			} else {
				for _, v := range values {
					lists = append(lists, []string{v})
				}
			}
		}
		if field == "to" || field == "cc" { // listed in alphabetical order
			slices.SortFunc(got, func(a, b string) int { return strings.Compare(strings.ToLower(a), strings.ToLower(b)) })
		}
		right := slices.ContainsFunc(lists, func(want []string) bool {
			return slices.EqualFunc(got, want, func(a, b string) bool { return sameValue(a, b, strings.HasSuffix(field, "_id")) })
		})
		s.header.add(right, fmt.Sprintf("%s: %s: %q, want %q", name, field, got, lists))
	}
}

// headerField gives what was read of a field, as a list.
func headerField(t *testing.T, field string, m *Message) (values []string, ok bool) {
	var from Address
	if m.From != nil {
		from = *m.From
	}
	one := func(s *string) []string {
		if s == nil {
			return nil
		}
		return []string{*s}
	}
	addresses := func(list []Address) (out []string) {
		for _, a := range list {
			out = append(out, a.Address)
		}
		return out
	}
	switch field {
	case "from_address":
		return []string{from.Address}, true
	case "from_name":
		return []string{from.Name}, true
	case "subject":
		return []string{m.Subject}, true
	case "date":
		return one(m.Date), true
	case "to":
		return addresses(m.To), true
	case "cc":
		return addresses(m.Cc), true
	case "message_id":
		return one(m.MessageID), true
	case "in_reply_to":
		return one(m.InReplyTo), true
	case "references":
		return m.References, true
	}
	t.Errorf("the corpus has a field that is not scored: %s", field)
	return nil, false
}

// sameValue: dates are the same moment, in whatever zone; runs of white space
// do not count; the corpus has its addresses in lower case.
func sameValue(a, b string, exact bool) bool {
	if exact {
		return a == b
	}
	if ta, err := time.Parse(time.RFC3339, a); err == nil {
		if tb, err := time.Parse(time.RFC3339, b); err == nil {
			return ta.Equal(tb)
		}
	}
	a, b = strings.Join(strings.Fields(a), " "), strings.Join(strings.Fields(b), " ")
	return a == b || strings.Contains(a, "@") && strings.EqualFold(a, b)
}

func (s *score) files(name string, c corpusCase, m *Message) {
	named, sums := slices.Clone(m.Attachments), slices.Clone(m.Attachments)
	take := func(list *[]Attachment, f func(Attachment) bool) bool {
		i := slices.IndexFunc(*list, f)
		if i >= 0 {
			*list = slices.Delete(*list, i, i+1)
		}
		return i >= 0
	}
	for _, want := range c.Expect.Attachments {
		if len(want.Filenames) > 0 {
			s.file.add(take(&named, func(a Attachment) bool { return slices.Contains(want.Filenames, a.Filename) }),
				fmt.Sprintf("%s: %q, want %q", name, fileNames(m), want.Filenames))
		}
		if len(want.SHA256) > 0 {
			s.bytes.add(take(&sums, func(a Attachment) bool { return slices.Contains(want.SHA256, a.SHA256) }),
				fmt.Sprintf("%s: %q", name, want.Filenames))
		}
	}
}

func fileNames(m *Message) (names []string) {
	for _, a := range m.Attachments {
		names = append(names, a.Filename)
	}
	return names
}

// disregarded are texts whose expected value is not what a reader sees, and why.
var disregarded = map[string]string{
	"cpython/msg_47.eml":                      "a part of HTML beside one of plain text, no alternatives: both are shown",
	"stalwart/malformed_009.eml":              "three parts of plain text: all are shown, not the first alone",
	"enmime/parts_extra-base64-character.eml": "one letter too many at the end of base64: the words before it are shown, not the base64",
}

func (s *score) texts(name string, c corpusCase, m *Message) {
	if disregarded[name] != "" {
		return
	}
	want := c.Expect.Text
	if want == nil {
		return
	}
	right := slices.ContainsFunc(want.Equals, func(w string) bool { return withoutSpace(w) == withoutSpace(m.Text) })
	if len(want.Words) > 0 {
		right = right || sameWords(want.Words, m.Text)
	}
	s.text.add(right, fmt.Sprintf("%s: %.200q", name, m.Text))
}

// sameWords: all words are there in their order, and hardly any others (a
// link's address, the dash of a list item).
func sameWords(want []string, text string) bool {
	notWord := func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) }
	wanted, got := strings.FieldsFunc(strings.Join(want, " "), notWord), strings.FieldsFunc(text, notWord)
	i := 0
	for _, w := range got {
		if i < len(wanted) && wanted[i] == w {
			i++
		}
	}
	return i == len(wanted) && len(got) <= len(wanted)+2+len(wanted)/20
}

func equalTags(a, b Tags) bool { return reflect.DeepEqual(a, b) }
