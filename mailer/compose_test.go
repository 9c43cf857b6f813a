package mailer_test

import (
	"bytes"
	"crypto/rand"
	"io"
	"mime"
	"mime/multipart"
	"net/mail"
	"regexp"
	"strings"
	"testing"
	"time"
	"unicode"

	"github.com/google/go-cmp/cmp"

	"respon/mailer"
	"respon/templates"
	"respon/tickets"
	"respon/tickets/token"
)

func composer(t testing.TB) *mailer.Composer {
	t.Helper()
	words, err := templates.Load("")
	if err != nil {
		t.Fatal(err)
	}
	signer, err := token.New(make([]byte, 32), nil)
	if err != nil {
		t.Fatal(err)
	}
	c := &tickets.Catalogue{
		Gateway: tickets.Gateway{Address: "batlia@dival.example", Name: "Batlia Respon", Phone: "96 388 3700", Prefix: "BR",
			Locale: tickets.Spanish, Location: time.UTC, BaseURL: "https://respon.example", PlusAddressing: true},
		Categories: []tickets.Category{{ID: "conta", Names: map[tickets.Locale]string{
			tickets.Spanish: "Contabilidad", tickets.Valencian: "Comptabilitat", tickets.English: "Accounting"}}},
	}
	return mailer.NewComposer(func() *templates.Set { return words }, signer, func() *tickets.Catalogue { return c }, rand.Reader)
}

func letter(kind tickets.LetterKind, locale tickets.Locale) tickets.Letter {
	t := &tickets.Ticket{Number: 482, UID: "0102030405", Subject: "No puedo entrar", Type: tickets.Incident, Priority: "P4",
		Requester: tickets.Person{Name: "María Peris", Address: "maria@alfafar.example"}}
	return tickets.Letter{
		Kind: kind, To: t.Requester, Locale: locale, Ticket: t, Asks: t.Missing(), Text: "Pruebe ahora.",
		About: &tickets.Message{Author: t.Requester}, At: time.Date(2026, 1, 5, 10, 12, 0, 0, time.UTC), Token: "0a0b0c0d0e",
		InReplyTo: "a@alfafar.example", References: []string{"a@alfafar.example"},
		Recipient: "maria@alfafar.example", Failure: "550 no", MaxSize: 30_000_000,
		Alerts: []tickets.Alert{
			{Aim: tickets.FirstAnswer, Stage: tickets.Breach, Due: time.Date(2026, 1, 5, 9, 12, 0, 0, time.UTC)},
			{Aim: tickets.FirstAnswer, Stage: tickets.Warning, Due: time.Date(2026, 1, 5, 9, 12, 0, 0, time.UTC)},
			{Aim: tickets.Resolution, Stage: tickets.Breach, Due: time.Date(2026, 1, 5, 9, 12, 0, 0, time.UTC)},
			{Aim: tickets.Resolution, Stage: tickets.Warning, Due: time.Date(2026, 1, 5, 9, 12, 0, 0, time.UTC)},
		},
		Receipt:  &tickets.Receipt{Code: "0a1b2c3d", Deeds: []tickets.Deed{{Verb: tickets.VerbClose}}},
		Problems: []tickets.CommandProblem{{Line: "#resolber", Why: tickets.ProblemUnknown, Nearest: "#resolver"}},
	}
}

var kinds = []tickets.LetterKind{
	tickets.LetterAdded,
	tickets.LetterRegister,
	tickets.NoticeReceipt,
	tickets.NoticeState,
	tickets.LetterAck,
	tickets.LetterAnswer,
	tickets.LetterForm,
	tickets.LetterResolved,
	tickets.LetterConfirm,
	tickets.LetterRefusal,
	tickets.LetterTooBig,
	tickets.LetterLogin,
	tickets.NoticeAssigned,
	tickets.NoticeFollowUp,
	tickets.NoticeBounce,
	tickets.LetterReminder,
	tickets.NoticeUnassigned,
	tickets.NoticeTaken,
	tickets.NoticeWarning,
	tickets.NoticeBreach,
	tickets.NoticeEscalation,
	tickets.LetterGuide,
	tickets.LetterStatus,
	tickets.LetterFound,
	tickets.LetterLocale,
	tickets.NoticeCommand,
	tickets.NoticeHelp,
	tickets.NoticeUnverified,
	tickets.NoticeLimited,
	tickets.NoticeMass,
	tickets.NoticeDecided,
}

func TestEveryLetterInEveryLanguage(t *testing.T) {
	c := composer(t)
	for _, kind := range kinds {
		for _, locale := range tickets.Locales {
			m, err := c.Compose(letter(kind, locale))
			if err != nil {
				t.Errorf("%s in %s: %v", kind, locale, err)
				continue
			}
			// A key without a text would stand there as it is, a place not filled
			// in as %!s.
			if regexp.MustCompile(`(`+string(kind)+`|target)\.[a-z]`).MatchString(m.Text) || strings.Contains(m.Text, "%") || strings.Contains(m.Subject, ".subject") {
				t.Errorf("%s in %s has a text missing: %s\n%s", kind, locale, m.Subject, m.Text)
			}
			for _, l := range strings.Split(m.Text, "\n") {
				if n := len([]rune(l)); n > 78 && !strings.Contains(l, "https://") {
					t.Errorf("%s in %s: a line of %d columns: %s", kind, locale, n, l)
				}
			}
		}
	}
}

func TestHeaders(t *testing.T) {
	l := letter(tickets.LetterAnswer, tickets.Spanish)
	l.Author = &tickets.Technician{ID: "ana", Name: "Ana Soler", Email: "ana@dival.example"}
	m, err := composer(t).Compose(l)
	if err != nil {
		t.Fatal(err)
	}
	got, err := mail.ReadMessage(bytes.NewReader(m.Raw))
	if err != nil {
		t.Fatal(err)
	}
	h := got.Header
	for name, want := range map[string]string{
		"From": `"Ana Soler (Batlia Respon)" <batlia@dival.example>`, "In-Reply-To": "<a@alfafar.example>",
		"References": "<a@alfafar.example>", "X-Respon-Ticket": "BR-482", "Auto-Submitted": "", "X-Auto-Response-Suppress": "",
		"Message-Id": "<" + m.MessageID + ">",
	} {
		if h.Get(name) != want {
			t.Errorf("%s: %q, want %q", name, h.Get(name), want)
		}
	}
	if m.Subject != "Re: [BR-482] No puedo entrar" {
		t.Errorf("subject %q", m.Subject)
	}
	if !strings.HasPrefix(m.From, "batlia+") || !strings.Contains(h.Get("Reply-To"), "<batlia+") {
		t.Errorf("envelope %q, Reply-To %q: no tokens", m.From, h.Get("Reply-To"))
	}
	if bytes.Contains(m.Raw, []byte("ana@dival.example")) {
		t.Error("the technician's own address is in the mail")
	}
}

// Whoever is told of a missed target and is no technician gets no way into the
// ticket: what she answered would go to the requester.
func TestEscalationIsNoWayIn(t *testing.T) {
	c := composer(t)
	signer, err := token.New(make([]byte, 32), nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, kind := range []tickets.LetterKind{tickets.NoticeBreach, tickets.NoticeEscalation} {
		l := letter(kind, tickets.Spanish)
		l.To = tickets.Person{Address: "jefatura@dival.example"}
		m, err := c.Compose(l)
		if err != nil {
			t.Fatal(err)
		}
		_, signed := signer.OpenMessageID(m.MessageID)
		token := bytes.Contains(m.Raw, []byte("\r\nReply-To:"))
		if want := kind == tickets.NoticeBreach; token != want || (signed == nil) != want {
			t.Errorf("%s: token in Reply-To %v, signed Message-ID %v; want both %v", kind, token, signed == nil, want)
		}
	}
}

func TestFormStandsWordForWord(t *testing.T) {
	for locale, lines := range map[tickets.Locale][]string{
		tickets.Spanish: {"Tipo (incidencia / petición): ", "¿Le impide realizar su trabajo? [ ] No [ ] Sí",
			"¿Afecta a más usuarios de su servicio? [ ] No [ ] Sí", "¿Afecta el servicio al ciudadano? [ ] No [ ] Sí"},
		tickets.Valencian: {"Tipus (incidència / petició): ", "Li impedix fer la seua faena? [ ] No [ ] Sí",
			"Afecta més usuaris del seu servici? [ ] No [ ] Sí", "Afecta el servici al ciutadà? [ ] No [ ] Sí"},
		tickets.English: {"Type (incident / request): ", "Does it stop you from working? [ ] No [ ] Yes",
			"Does it affect other users of your service? [ ] No [ ] Yes", "Does it affect the service to citizens? [ ] No [ ] Yes"},
	} {
		m, err := composer(t).Compose(letter(tickets.LetterAck, locale))
		if err != nil {
			t.Fatal(err)
		}
		for _, l := range lines {
			if !strings.Contains(m.Text, "\n"+l+"\n") {
				t.Errorf("%s: the line %q is missing in\n%s", locale, l, m.Text)
			}
		}
	}
}

func TestSubjectCarriesNoLinks(t *testing.T) {
	l := letter(tickets.LetterAck, tickets.Spanish)
	l.Ticket.Subject = "Gana ya https://evil.example/x www.evil.example " + strings.Repeat("ñ", 300)
	m, err := composer(t).Compose(l)
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(m.Subject, "evil.example") || len([]rune(m.Subject)) > 140 {
		t.Errorf("subject %q", m.Subject)
	}
}

// A subject that was made to be slow in the reading, or to hide a number in a
// number, is neither.
func TestSubjectsThatAreMadeToBeSlow(t *testing.T) {
	c := composer(t)
	const n = 64_000
	for _, subject := range []string{
		strings.Repeat("[", n), strings.Repeat("[BR-", n/6) + strings.Repeat("1]", n/6), strings.Repeat("Re: [BR-", n/11) + strings.Repeat("1]", n/11), strings.Repeat("[BR-1] ", n/7),
		strings.Repeat("Re: ", n/4), strings.Repeat("[", n/2) + "BR-1" + strings.Repeat("]", n/2), strings.Repeat("[BR-", 30) + strings.Repeat("1]", 30), strings.Repeat("a.bb/", n/5), strings.Repeat("=?", n/2),
	} {
		l := letter(tickets.LetterAck, tickets.Spanish)
		l.Ticket.Subject, l.To.Name = subject, subject
		start := time.Now()
		m, err := c.Compose(l)
		if err != nil {
			t.Fatal(err)
		}
		// A busy machine may take its time; what grows with the square takes minutes.
		if took := time.Since(start); took > 2*time.Second {
			t.Errorf("%.20q…: %s", subject, took)
		}
		if len(regexp.MustCompile(`\[BR-\d+\]`).FindAllString(m.Subject, -1)) != 1 || !strings.HasPrefix(m.Subject, "Re: [BR-482]") {
			t.Errorf("%.20q…: subject %q", subject, m.Subject)
		}
	}
}

// What a stranger chooses becomes no header and no recipient, whatever it holds and
// in whichever letter: a mail that is read again has the fields that were meant,
// each once, its people, and its parts.
func FuzzCompose(f *testing.F) {
	f.Add(uint8(0), "No va", "María", "a@b.example", "acta.pdf", "texto")
	for i, evil := range []string{
		"x\r\nBcc: eve@evil.example", "\"\r\nX: y", "a@b\r\nBcc: e@e.example", "a\r\n.pdf", ".\r\n.\r\nMAIL FROM:<>", "=?utf-8?q?x=0D=0ABcc=3A_eve=40evil.example?=", "x\n\n--b\nContent-Type: text/html",
		"\"eve@evil.example\" <eve@evil.example>", "a,eve@evil.example", "a;b=\"c\r\nd\"", "\x00\x1b[31m", "\u2028Bcc: e", "\u202e", strings.Repeat("a", 2000), "a@b> <c@d", "\xff\xfe", "(a", "a\\", "'", "%0d%0aBcc:",
	} {
		f.Add(uint8(i), evil, evil, evil, evil, evil)
	}
	c := composer(f)
	f.Fuzz(func(t *testing.T, kind uint8, subject, name, id, file, text string) {
		l := letter(kinds[int(kind)%len(kinds)], tickets.Locales[int(kind)%3])
		l.Ticket.Subject, l.To.Name, l.InReplyTo, l.References, l.Text = subject, name, id, []string{id, text}, text
		l.Recipient, l.Failure, l.Words, l.Subject, l.Problems[0].Line = file, text, text, subject, text
		l.Author = &tickets.Technician{Name: name, Email: "ana@dival.example"}
		l.About.Author = tickets.Person{Name: name, Address: id}
		l.Files = []tickets.File{{Name: file, ContentType: text, ContentID: id, Data: []byte(text)}}
		if kind >= 128 {
			l.Cc = []tickets.Person{{Name: name, Address: "luis@other.example"}, {Name: text, Address: "eva@alfafar.example"}}
		}
		m, err := c.Compose(l)
		if err != nil {
			t.Fatalf("%q %q %q: %v", subject, name, file, err)
		}
		if bytes.ContainsAny(bytes.ReplaceAll(m.Raw, []byte("\r\n"), nil), "\r\n\x00") {
			t.Error("a CR, LF or NUL alone")
		}
		got, err := mail.ReadMessage(bytes.NewReader(m.Raw))
		if err != nil {
			t.Fatal(err)
		}
		checkHeader(t, &l, got.Header)
		checkParts(t, got)
	})
}

// checkHeader: a letter's fields are those that its kind has, and its people those
// it is to.
func checkHeader(t *testing.T, l *tickets.Letter, h mail.Header) {
	t.Helper()
	want := map[string]bool{"Date": true, "Mime-Version": true, "Message-Id": true, "Subject": true, "From": true, "To": true, "Content-Type": true, "Content-Language": true,
		"X-Respon-Ticket": l.Ticket != nil, "Cc": len(l.Cc) > 0, "Auto-Submitted": l.Automatic(), "X-Auto-Response-Suppress": l.Automatic(), "Reply-To": true}
	for name, is := range want {
		if is != (len(h[name]) == 1) && name != "Reply-To" {
			t.Errorf("%s has %d %s", l.Kind, len(h[name]), name)
		}
	}
	for name, values := range h {
		if _, known := want[name]; !known && name != "In-Reply-To" && name != "References" && name != "Content-Transfer-Encoding" || len(values) != 1 {
			t.Errorf("%s has %s: %q", l.Kind, name, values)
		}
	}
	people := func(name string) (list []string) {
		if h.Get(name) == "" {
			return nil
		}
		addresses, err := h.AddressList(name)
		if err != nil {
			t.Errorf("%s: %q: %v", name, h.Get(name), err)
		}
		for _, a := range addresses {
			list = append(list, a.Address)
		}
		return list
	}
	cc := []string(nil)
	for _, p := range l.Cc {
		cc = append(cc, p.Address)
	}
	for name, want := range map[string][]string{"From": {"batlia@dival.example"}, "To": {l.To.Address}, "Cc": cc} {
		if diff := cmp.Diff(want, people(name)); diff != "" {
			t.Errorf("%s of %s: %s", name, l.Kind, diff)
		}
	}
	if list := people("Reply-To"); len(list) > 1 || len(list) == 1 && !strings.HasPrefix(list[0], "batlia+") {
		t.Errorf("Reply-To of %s: %q", l.Kind, list)
	}
	for name, values := range h {
		for _, r := range values[0] {
			if unicode.IsControl(r) && r != '\t' {
				t.Errorf("%s holds %q", name, values[0])
			}
		}
	}
}

// checkParts: text and HTML, and at most the one file.
func checkParts(t *testing.T, m *mail.Message) {
	t.Helper()
	types := map[string]int{}
	var read func(contentType string, body io.Reader)
	read = func(contentType string, body io.Reader) {
		typ, params, err := mime.ParseMediaType(contentType)
		if err != nil {
			t.Fatalf("%q: %v", contentType, err)
		}
		if !strings.HasPrefix(typ, "multipart/") {
			if _, err := io.ReadAll(body); err != nil {
				t.Error(err)
			}
			types[typ]++
			return
		}
		for r := multipart.NewReader(body, params["boundary"]); ; {
			part, err := r.NextPart()
			if err == io.EOF {
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if part.FileName() != "" || part.Header.Get("Content-Disposition") != "" {
				types["file"]++
				continue
			}
			read(part.Header.Get("Content-Type"), part)
		}
	}
	read(m.Header.Get("Content-Type"), m.Body)
	if types["text/plain"] != 1 || types["text/html"] != 1 || types["file"] > 1 || len(types) > 3 {
		t.Errorf("parts: %v", types)
	}
}

func BenchmarkCompose(b *testing.B) {
	c, l := composer(b), letter(tickets.LetterAck, tickets.Spanish)
	for b.Loop() {
		if _, err := c.Compose(l); err != nil {
			b.Fatal(err)
		}
	}
}

// A filled-in form is confirmed with the reason of the priority, and what did
// not count is said.
func TestFormIsConfirmed(t *testing.T) {
	yes := true
	for locale, want := range map[tickets.Locale][]string{
		tickets.Spanish:   {"Prioridad 2: le impide trabajar y afecta a más usuarios.", "No tenemos ninguna categoría con ese nombre. ¿Quería decir «Contabilidad»?", "se contradicen"},
		tickets.Valencian: {"Prioritat 2: li impedix treballar i afecta més usuaris.", "No tenim cap categoria amb eixe nom. Volia dir «Comptabilitat»?", "es contradiuen"},
		tickets.English:   {"Priority 2: it stops you from working and it affects other users.", "We have no category by that name. Did you mean “Accounting”?", "contradict each other"},
	} {
		l := letter(tickets.LetterForm, locale)
		l.Ticket.Answers = tickets.Answers{BlocksWork: &yes, AffectsOthers: &yes}
		l.Ticket.Prioritise()
		l.Form = tickets.FormRead{Filled: true, Unknown: true, Near: []string{"conta"}, Unclear: true}
		m, err := composer(t).Compose(l)
		if err != nil {
			t.Fatal(err)
		}
		text := strings.Join(strings.Fields(m.Text), " ")
		for _, w := range want {
			if !strings.Contains(text, w) {
				t.Errorf("%s lacks %q:\n%s", locale, w, m.Text)
			}
		}
	}
}
