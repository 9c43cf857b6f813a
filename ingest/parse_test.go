package ingest

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"respon/tickets"
	"time"
	"unicode/utf8"
)

const headerOfAll = "From: =?utf-8?q?Mar=C3=ADa?= <maria@alfafar.example>\nTo: batlia@dival.example\nSubject: Hola\n" +
	"Date: Mon, 05 Jan 2026 11:02:03 +0100\nMessage-ID: <a@alfafar.example>\n"

func parse(t *testing.T, raw string) *Message {
	t.Helper()
	m, err := NewParser(Options{}).Parse([]byte(raw))
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func TestTextAndCharsets(t *testing.T) {
	for _, tt := range []struct{ name, mail, want string }{
		{"plain", "\nBuenos días", "Buenos días"},
		{"latin1 called latin1", "Content-Type: text/plain; charset=iso-8859-1\n\na\xf1o \x93x\x94", "año “x”"},
		{"no charset, windows-1252", "\na\xf1o", "año"},
		{"us-ascii that is UTF-8", "Content-Type: text/plain; charset=us-ascii\n\nmañana", "mañana"},
		{"utf-8 that is latin1", "Content-Type: text/plain; charset=utf-8\n\nma\xf1ana", "mañana"},
		{"quoted-printable", "Content-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: quoted-printable\n\nma=C3=B1=\nana", "mañana"},
		{"HTML alone", "Content-Type: text/html; charset=utf-8\n\n<style>x{}</style><p>Uno</p><ul><li>a<li>b</ul>dos<br>tres &amp; m&aacute;s", "Uno\n\n- a\n- b\n\ndos\ntres & más"},
		{"alternative, the plain one", "Content-Type: multipart/alternative; boundary=b\n\n--b\n\nplano\n--b\nContent-Type: text/html\n\n<p>html\n--b--\n", "plano"},
		{"alternative, the plain one is blank", "Content-Type: multipart/alternative; boundary=b\n\n--b\n\n \n--b\nContent-Type: text/html\n\n<p>html\n--b--\n", "html"},
		{"line ends of a broken relay", "Content-Type: text/plain; charset=utf-8\r\r\n\r\r\nuno\r\r\ndos\r\r\n\r\r\ntres\rcuatro", "uno\ndos\n\ntres\ncuatro"},
		{"only an attachment without a name", "Content-Type: multipart/mixed; boundary=b\n\n--b\nContent-Disposition: attachment\n\nhola\n--b--\n", "hola"},
		{"flowed", "Content-Type: text/plain; format=flowed\n\nuna línea \nlarga\notra", "una línea larga\notra"},
	} {
		if got := parse(t, headerOfAll+tt.mail); strings.TrimSpace(got.Text) != tt.want {
			t.Errorf("%s: %q, want %q", tt.name, got.Text, tt.want)
		}
	}
}

func TestAttachments(t *testing.T) {
	raw := headerOfAll + "Content-Type: multipart/mixed; boundary=b\n\n--b\n\nhola\n--b\nContent-Type: application/pdf; name=\"../../etc/acta.pdf\"\n" +
		"Content-Transfer-Encoding: base64\n\naG9sYQ==\n--b\nContent-Type: image/png\nContent-Disposition: inline\nContent-ID: <i1@x>\n\nx\n--b--\n"
	m := parse(t, raw)
	if len(m.Attachments) != 2 || m.Attachments[0].Filename != "acta.pdf" || m.Attachments[0].Size != 4 || !m.Attachments[1].Inline {
		t.Fatalf("%+v", m.Attachments)
	}
	data, err := Part([]byte(raw), m.Attachments[0].Part)
	if err != nil || string(data) != "hola" {
		t.Errorf("read back %q, %v", data, err)
	}
}

func TestKinds(t *testing.T) {
	for _, tt := range []struct{ name, header, subject, want string }{
		{"a person's", "", "Hola", KindNew},
		{"an answer", "In-Reply-To: <x@y>\n", "Hola", KindReply},
		{"an answer by its subject", "", "RV: Hola", KindReply},
		{"a number", "", "[BR-4] Hola", KindReply},
		{"auto-replied", "Auto-Submitted: auto-replied\n", "Hola", KindAutoReply},
		{"not automatic", "Auto-Submitted: no\n", "Hola", KindNew},
		{"Exchange out of office", "X-Auto-Response-Suppress: All\n", "Respuesta automática: Hola", KindAutoReply},
		{"a person about a vacation", "", "Fuera de la oficina: ¿quién me sustituye?", KindNew},
		{"a list", "List-Id: <a.example>\n", "Hola", KindBulk},
		{"bulk", "Precedence: bulk\n", "Hola", KindBulk},
		{"a receipt", "Content-Type: multipart/report; report-type=disposition-notification; boundary=b\n", "Hola", KindReport},
		{"a person about a bounce", "", "Mail delivery failed: ¿por qué?", KindNew},
	} {
		raw := "From: maria@alfafar.example\nSubject: " + tt.subject + "\n" + tt.header + "\nhola\n"
		if got := parse(t, raw); got.Kind != tt.want {
			t.Errorf("%s: %s, want %s", tt.name, got.Kind, tt.want)
		}
	}
}

func TestBounceReport(t *testing.T) {
	m := parse(t, "From: MAILER-DAEMON@mx.example\nSubject: Undelivered Mail\nContent-Type: multipart/report; report-type=delivery-status; boundary=b\n\n"+
		"--b\n\nSorry\n--b\nContent-Type: message/delivery-status\n\nReporting-MTA: dns; mx.example\n\nFinal-Recipient: rfc822; maria@alfafar.example\n"+
		"Action: failed\nStatus: 5.1.1\nDiagnostic-Code: smtp; 550 5.1.1 User unknown\n\n--b\nContent-Type: message/rfc822\n\nMessage-ID: <orig@dival.example>\n\nx\n--b--\n")
	if m.Kind != KindBounce || m.Bounce == nil || len(m.Bounce.Recipients) != 1 || m.Bounce.OriginalMessageID == nil {
		t.Fatalf("%s %+v", m.Kind, m.Bounce)
	}
	r := m.Bounce.Recipients[0]
	if r.Address != "maria@alfafar.example" || r.Reason != "unknown_user" || *r.Status != "5.1.1" || *m.Bounce.OriginalMessageID != "orig@dival.example" {
		t.Errorf("%+v, original %s", r, *m.Bounce.OriginalMessageID)
	}
}

func TestTags(t *testing.T) {
	p := NewParser(Options{Prefix: "BR", Categories: []Category{{ID: "conta", Names: []string{"Contabilidad"}}}})
	for subject, want := range map[string]string{
		"[contabilidad] [impacto: ALTO] No va":   `{"category":"conta","impact":"high","type":null,"ticket":null} No va`,
		"Re: RV: [BR-7] No va #Padrón":           `{"category":"padron","impact":null,"type":null,"ticket":"BR-7"} No va`,
		"[EXTERNAL] pedido #4521":                `{"category":null,"impact":null,"type":null,"ticket":null} [EXTERNAL] pedido #4521`,
		"[Sugerencia] x":                         `{"category":null,"impact":null,"type":"request","ticket":null} x`,
		"[tipo: petición] [suggeriment] x":       `{"category":null,"impact":null,"type":"request","ticket":null} x`,
		"[incidencia] [petició] x":               `{"category":null,"impact":null,"type":null,"ticket":null} x`,
		"[BR-1] [BR-2] x":                        `{"category":null,"impact":null,"type":null,"ticket":null} x`,
		"[tipus: petició] [cat: Portals] [XY-3]": `{"category":"portals","impact":null,"type":"request","ticket":null} [XY-3]`,

		"[impacto alto] [tipo=petición] x":                   `{"category":null,"impact":"high","type":"request","ticket":null} x`,
		"[high impact] [Tipo - Incidencia] x":                `{"category":null,"impact":"high","type":"incident","ticket":null} x`,
		"[contabilidad, urgente] x":                          `{"category":"conta","impact":null,"type":"incident","ticket":null} x`,
		"[urgente contabilidad] x":                           `{"category":"conta","impact":null,"type":"incident","ticket":null} x`,
		"[cat. contabilidad] x":                              `{"category":"conta","impact":null,"type":null,"ticket":null} x`,
		"[cat: Agua; tipo: petición / impacto bajo] x":       `{"category":"agua","impact":"low","type":"request","ticket":null} x`,
		"[cat: Luz, agua y gas] x":                           `{"category":"luz, agua y gas","impact":null,"type":null,"ticket":null} x`,
		"[#Padrón] x (#padrón)":                              `{"category":"padron","impact":null,"type":null,"ticket":null} x`,
		"[incidencia, petición] x":                           `{"category":null,"impact":null,"type":null,"ticket":null} x`,
		"[EXTERNAL, urgente] x":                              `{"category":null,"impact":null,"type":null,"ticket":null} [EXTERNAL, urgente] x`,
		"[impacto muy alto] [cat de Ana] [#BR-7] C# a#b /#c": `{"category":null,"impact":null,"type":null,"ticket":null} [impacto muy alto] [cat de Ana] [#BR-7] C# a#b /#c`,
		"[informe de alto impacto] x":                        `{"category":null,"impact":null,"type":null,"ticket":null} [informe de alto impacto] x`,
		"x #nómina- () y":                                   `{"category":"nomina","impact":null,"type":null,"ticket":null} x y`,
	} {
		tags, plain := p.tags(subject)
		b, err := json.Marshal(tags)
		if err != nil {
			t.Fatal(err)
		}
		if got := string(b) + " " + plain; got != want {
			t.Errorf("%s:\n got %s\nwant %s", subject, got, want)
		}
		if suggests := strings.Contains(tickets.Fold(subject), "sugg") || strings.Contains(subject, "Suger"); tags.Suggestion != suggests {
			t.Errorf("%s: suggestion %v", subject, tags.Suggestion)
		}
	}
}

func TestFromExact(t *testing.T) {
	for from, want := range map[string]bool{
		"maria@alfafar.example":                                   true,
		"<maria@alfafar.example>":                                 true,
		`"Peris, María" <maria@alfafar.example>`:                  true,
		"=?utf-8?q?Mar=C3=ADa?= <maria@alfafar.example>":          true,
		"a@x.example, maria@alfafar.example":                      false,
		"maria@alfafar.example <eve@evil.example>":                false,
		"Grupo: maria@alfafar.example;":                           false,
		`"eve@evil.example> ORCPT=x"@good.example`:                false,
		"=?utf-8?q?maria=40alfafar.example=3E?= <e@evil.example>": true,
		"<maria@alfafar.example>\nFrom: <eve@evil.example>":       false,
		"maria@[127.0.0.1]":                                       false,
		"maria":                                                   false,
	} {
		if m := parse(t, "From: "+from+"\nSubject: x\n\nhola\n"); m.FromExact != want {
			t.Errorf("%q: %v, want %v (%+v)", from, m.FromExact, want, m.From)
		}
	}
}

func TestNothing(t *testing.T) {
	for _, raw := range []string{"", "\n\n\n", "\x89PNG\r\n\x1a\n\x00\x00", "no header here"} {
		if _, err := NewParser(Options{}).Parse([]byte(raw)); !errors.Is(err, ErrNothing) {
			t.Errorf("%q: %v, want ErrNothing", raw, err)
		}
	}
}

func TestContentKey(t *testing.T) {
	at := time.Unix(0, 0)
	base := ContentKey([]byte(headerOfAll+"\nhola\n"), at)
	same := "Received: x\nDKIM-Signature: y\n" + strings.ReplaceAll(headerOfAll+"\nhola\n\n\n", "\n", "\r\n")
	if ContentKey([]byte(same), at) != base {
		t.Error("the same mail over another route has another key")
	}
	for name, other := range map[string]string{
		"another date": strings.Replace(headerOfAll, "11:02", "11:03", 1) + "\nhola\n",
		"another text": headerOfAll + "\nadiós\n",
	} {
		if ContentKey([]byte(other), at) == base {
			t.Errorf("%s has the same key", name)
		}
	}
	if ContentKey([]byte("From: a@b.example\n\nx"), at) == ContentKey([]byte("From: a@b.example\n\nx"), at.Add(time.Second)) {
		t.Error("two mails without Date and Message-ID have the same key")
	}
}

func TestBombsAreQuick(t *testing.T) {
	nested := headerOfAll
	for i := range 60 {
		nested += "Content-Type: multipart/mixed; boundary=N" + string(rune('A'+i%26)) + "\n\n--N" + string(rune('A'+i%26)) + "\n"
	}
	for name, raw := range map[string]string{
		"unclosed multiparts": nested, "parts": headerOfAll + "Content-Type: multipart/mixed; boundary=b\n\n" + strings.Repeat("--b\n\nx\n", 20_000),
		"divs": headerOfAll + "Content-Type: text/html\n\n" + strings.Repeat("<div>", 100_000) + "hola", "a header": "Subject: " + strings.Repeat("x", 5<<20) + "\n\nhola",
	} {
		if m := parse(t, raw); !utf8.ValidString(m.Text) {
			t.Errorf("%s: text is not UTF-8", name)
		}
	}
}

// A subject full of brackets costs little, however large the catalogue.
func TestManyTags(t *testing.T) {
	var o Options
	for i := range 200 {
		o.Categories = append(o.Categories, Category{ID: "c" + strings.Repeat("x", i), Names: []string{"Contabilidad y otros"}})
	}
	start := time.Now()
	if tags, _ := NewParser(o).tags(strings.Repeat("["+strings.Repeat("a ", 59)+"]", 530)); tags.Category != nil {
		t.Errorf("%+v", tags)
	}
	if took := time.Since(start); took > 3*time.Second {
		t.Errorf("it took %s", took)
	}
}
