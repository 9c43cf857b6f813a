package mailer_test

import (
	"bytes"
	"crypto/rand"
	"io"
	"mime"
	"net/mail"
	"regexp"
	"strings"
	"testing"
	"time"

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
	return mailer.NewComposer(words, signer, func() *tickets.Catalogue { return c }, rand.Reader)
}

func letter(kind tickets.LetterKind, locale tickets.Locale) tickets.Letter {
	t := &tickets.Ticket{Number: 482, UID: "0102030405", Subject: "No puedo entrar", Type: tickets.Incident, Priority: "P4",
		Requester: tickets.Person{Name: "María Peris", Address: "maria@alfafar.example"}}
	return tickets.Letter{
		Kind: kind, To: t.Requester, Locale: locale, Ticket: t, Asks: t.Missing(), Text: "Pruebe ahora.",
		About: &tickets.Message{Author: t.Requester}, At: time.Date(2026, 1, 5, 10, 12, 0, 0, time.UTC), Token: "0a0b0c0d0e",
		InReplyTo: "a@alfafar.example", References: []string{"a@alfafar.example"},
		Recipient: "maria@alfafar.example", Failure: "550 no", MaxSize: 30_000_000,
		Problems: []tickets.CommandProblem{{Line: "#resolber", Why: tickets.ProblemUnknown, Nearest: "#resolver"}},
	}
}

var kinds = []tickets.LetterKind{
	tickets.LetterAck, tickets.LetterAnswer, tickets.LetterForm, tickets.LetterResolved, tickets.LetterConfirm, tickets.LetterRefusal,
	tickets.LetterTooBig, tickets.LetterLogin, tickets.NoticeAssigned, tickets.NoticeFollowUp, tickets.NoticeBounce,
	tickets.NoticeCommand, tickets.NoticeHelp, tickets.NoticeUnverified,
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
			if regexp.MustCompile(string(kind)+`\.[a-z]`).MatchString(m.Text) || strings.Contains(m.Text, "%") || strings.Contains(m.Subject, ".subject") {
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

// What a stranger chooses must not become a header, whatever it holds.
func FuzzCompose(f *testing.F) {
	f.Add("No va", "María", "a@b.example", "acta.pdf", "texto")
	f.Add("x\r\nBcc: eve@evil.example", "\"\r\nX: y", "a@b\r\nBcc: e@e.example", "a\r\n.pdf", ".\r\n.\r\nMAIL FROM:<>")
	c := composer(f)
	allowed := map[string]bool{}
	for _, name := range []string{"Date", "Mime-Version", "Message-Id", "Subject", "From", "To", "Reply-To", "In-Reply-To", "References",
		"X-Respon-Ticket", "Auto-Submitted", "X-Auto-Response-Suppress", "Content-Language", "Content-Type", "Content-Transfer-Encoding"} {
		allowed[name] = true
	}
	f.Fuzz(func(t *testing.T, subject, name, id, file, text string) {
		l := letter(tickets.NoticeFollowUp, tickets.English)
		l.Ticket.Subject, l.To.Name, l.InReplyTo, l.References, l.Text = subject, name, id, []string{id}, text
		l.Files = []tickets.File{{Name: file, ContentType: text, ContentID: id, Data: []byte(text)}}
		m, err := c.Compose(l)
		if err != nil {
			t.Fatalf("%q %q %q: %v", subject, name, file, err)
		}
		got, err := mail.ReadMessage(bytes.NewReader(m.Raw))
		if err != nil {
			t.Fatal(err)
		}
		for header, values := range got.Header {
			if !allowed[header] || len(values) != 1 {
				t.Errorf("header %s: %q", header, values)
			}
		}
		if bytes.Contains(bytes.ReplaceAll(m.Raw, []byte("\r\n"), nil), []byte("\n")) {
			t.Error("a bare LF")
		}
		if _, err := io.ReadAll(got.Body); err != nil {
			t.Error(err)
		}
		if _, _, err := mime.ParseMediaType(got.Header.Get("Content-Type")); err != nil {
			t.Error(err)
		}
	})
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
		tickets.Spanish:   {"Prioridad P2: le impide trabajar y afecta a más usuarios.", "No tenemos ninguna categoría con ese nombre. ¿Quería decir «Contabilidad»?", "se contradicen"},
		tickets.Valencian: {"Prioritat P2: li impedix treballar i afecta més usuaris.", "No tenim cap categoria amb eixe nom. Volia dir «Comptabilitat»?", "es contradiuen"},
		tickets.English:   {"Priority P2: it stops you from working and it affects other users.", "We have no category of that name. Did you mean “Accounting”?", "contradict each other"},
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
