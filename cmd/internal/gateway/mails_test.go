package gateway

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"math/rand/v2"
	"mime/quotedprintable"
	"net/mail"
	"strings"
)

// A writer makes mails as people's programs make them, always the same ones.
type writer struct {
	random *rand.ChaCha8
	dice   *rand.Rand
	n      int
}

func newWriter() *writer {
	c := rand.NewChaCha8([32]byte{})
	return &writer{random: c, dice: rand.New(c)}
}

// sentences are what a town hall's clerk may write.
var sentences = []string{
	"Buenos días, desde esta mañana no podemos imprimir los recibos del padrón.",
	"La aplicación de contabilidad se cierra al guardar el asiento.",
	"Bon dia, no es pot accedir a la seu electrònica des de l'ajuntament.",
	"Ya hemos reiniciado el equipo y el problema sigue igual.",
	"El certificado de la secretaria caduca la semana que viene.",
	"Adjuntamos una captura de la pantalla con el mensaje de error.",
}

// mail is multipart/alternative; an answer quotes what it answers. files adds an
// attachment of 50 to 300 kB that no compression makes smaller.
func (w *writer) mail(answers []byte, file bool) []byte {
	w.n++
	from, to, subject, more := fmt.Sprintf("clerk%d@alfafar.example", w.n), "batlia@town.example", fmt.Sprintf("Caso %d", w.n), ""
	var text strings.Builder
	for range 3 + w.dice.IntN(12) {
		text.WriteString(sentences[w.dice.IntN(len(sentences))] + "\r\n")
	}
	if answers != nil {
		m, body := parts(answers)
		from, to, subject = m.Get("To"), m.Get("Reply-To"), m.Get("Subject")
		more = "In-Reply-To: " + m.Get("Message-ID") + "\r\nReferences: " + m.Get("References") + " " + m.Get("Message-ID") + "\r\n"
		text.WriteString("\r\nEl 5 ene 2026, a las 10:12, " + m.Get("From") + " escribió:\r\n> " + strings.ReplaceAll(body, "\n", "\n> ") + "\r\n")
	}
	var b bytes.Buffer
	fmt.Fprintf(&b, "Return-Path: <%s>\r\nReceived: from mail.alfafar.example by mx.town.example; Mon, 05 Jan 2026 10:12:00 +0100\r\n"+
		"From: %s\r\nTo: %s\r\nSubject: %s\r\nMessage-ID: <burst%d@alfafar.example>\r\nDate: Mon, 05 Jan 2026 10:12:%02d +0100\r\n%s"+
		"MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=outer\r\n\r\n--outer\r\n"+
		"Content-Type: multipart/alternative; boundary=inner\r\n\r\n", from, from, to, subject, w.n, w.n%60, more)
	html := "<html><body><p>" + strings.ReplaceAll(text.String(), "\r\n", "</p>\r\n<p>") + "</p></body></html>"
	for _, part := range [][2]string{{"plain", text.String()}, {"html", html}} {
		fmt.Fprintf(&b, "--inner\r\nContent-Type: text/%s; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n", part[0])
		q := quotedprintable.NewWriter(&b)
		_, _ = q.Write([]byte(part[1])) // into memory
		_ = q.Close()
		b.WriteString("\r\n")
	}
	b.WriteString("--inner--\r\n")
	if file {
		data := make([]byte, 50_000+w.dice.IntN(250_000))
		_, _ = w.random.Read(data) // never fails
		b.WriteString("--outer\r\nContent-Type: application/pdf; name=captura.pdf\r\nContent-Transfer-Encoding: base64\r\n" +
			"Content-Disposition: attachment; filename=captura.pdf\r\n\r\n")
		text := base64.StdEncoding.EncodeToString(data)
		for ; len(text) > 76; text = text[76:] {
			b.WriteString(text[:76] + "\r\n")
		}
		b.WriteString(text + "\r\n")
	}
	b.WriteString("--outer--\r\n")
	return b.Bytes()
}

// parts gives the header of one of our letters and some of its text.
func parts(raw []byte) (mail.Header, string) {
	m, err := mail.ReadMessage(bytes.NewReader(raw))
	if err != nil {
		panic(err) // our own letter
	}
	_, body, _ := bytes.Cut(raw, []byte("\r\n\r\n"))
	return m.Header, string(body[:min(len(body), 1000)])
}
