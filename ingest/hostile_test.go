package ingest

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"
)

// hostileMails are made to be slow or large in the reading. The second value
// is the problem that has to be named.
func hostileMails() map[string][2]string {
	var closed, unclosed strings.Builder
	for i := range 5000 {
		fmt.Fprintf(&closed, "Content-Type: multipart/mixed; boundary=b%d\n\n--b%d\n", i, i)
		fmt.Fprintf(&unclosed, "--u\nContent-Type: multipart/mixed; boundary=\"u%d\"\n\n--u%d\n", i, i)
	}
	closed.WriteString("\nhola\n")
	var guessed strings.Builder
	for i := range 60 {
		for j := range 30 {
			fmt.Fprintf(&guessed, "--x%dy%d\n", i, j)
		}
		fmt.Fprintf(&guessed, "--g%d\nContent-Type: multipart/mixed\n\n", i)
	}
	for i := 4999; i >= 0; i-- {
		fmt.Fprintf(&closed, "--b%d--\n", i)
	}
	return map[string][2]string{
		"5000 nested parts":        {headerOfAll + closed.String(), deepParts},
		"5000 unclosed parts":      {headerOfAll + "Content-Type: multipart/mixed; boundary=u\n\n" + unclosed.String(), manyParts},
		"20 000 parts":             {headerOfAll + "Content-Type: multipart/mixed; boundary=b\n\n" + strings.Repeat("--b\n\nx\n", 20_000), manyParts},
		"header of 5 MB":           {headerOfAll + "X-Long: " + strings.Repeat("x", 5<<20) + "\n\nhola", longHeader},
		"header of 200 000 lines":  {headerOfAll + strings.Repeat("X-Many: x\n", 200_000) + "\nhola", longHeader},
		"2000 forms of one text":   {headerOfAll + "Content-Type: multipart/alternative; boundary=b\n\n" + htmlParts(1900), ""},
		"boundaries to be guessed": {headerOfAll + "Content-Type: multipart/mixed\n\n" + guessed.String() + strings.Repeat("\n-", 4<<20), deepParts},
		"files that never end":     {headerOfAll + "\n" + strings.Repeat("begin 644 a\n"+strings.Repeat("$:&]L80``\n", 50), 20_000), ""},
		"begin and end":            {headerOfAll + "\n" + strings.Repeat("begin 644 a\n`\nend\n", 100_000), manyFiles},
		"surrogates":               {headerOfAll + "Content-Type: text/plain; charset=utf-8\n\n" + strings.Repeat("\xed\xa0", 1<<20), ""},
		"plus signs of UTF-7":      {headerOfAll + "Content-Type: text/plain; charset=utf-7\n\n" + strings.Repeat("+A+-", 1<<19), ""},
		"RTF":                      {headerOfAll + "Content-Type: text/rtf\n\n{\\rtf1 " + strings.Repeat(`{\u-10179?\'f1{\*`, 100_000), ""},
		"tags":                     {strings.Replace(headerOfAll, "Subject: ", "Subject: "+strings.Repeat("[a,b;c/d e f g]#a ", 3000), 1) + "\nhola", ""},
		"line of 10 MB":            {headerOfAll + "\n" + strings.Repeat("x", 10<<20), ""},
		"text of 20 MB":            {headerOfAll + "\n" + strings.Repeat("hola y adios\n", 20<<20/13), longText},
		"100 000 divs":             {headerOfAll + "Content-Type: text/html\n\n" + strings.Repeat("<div>", 100_000) + "hola", ""},
		"100 000 addresses":        {strings.Replace(headerOfAll, "To: ", "To: "+strings.Repeat("a@b.example, ", 4900), 1) + "\nhola", manyAddresses},
		"encoded words":            {strings.Replace(headerOfAll, "Subject: ", "Subject: "+strings.Repeat("=?utf-8?q?=C3=B1?= ", 3000), 1) + "\nhola", ""},
		"broken encoded words":     {strings.Replace(headerOfAll, "Subject: ", "Subject: "+strings.Repeat("=?a?q?", 10_000), 1) + "\nhola", ""},
		"parentheses and quotes":   {strings.Replace(headerOfAll, "To: ", "To: "+strings.Repeat(`(<"`, 20_000), 1) + "\nhola", ""},
		"parameters":               {headerOfAll + "Content-Type: text/plain" + strings.Repeat("; a*1*=x'y'%41", 4000) + "\n\nhola", ""},
	}
}

// htmlParts are n parts of which each says something else.
func htmlParts(n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, "--b\nContent-Type: text/html\n\n<p>%d</p>%s\n", i, strings.Repeat("<div>hola</div>", 5))
	}
	return b.String()
}

func TestHostileMailsAreQuick(t *testing.T) {
	for name, tt := range hostileMails() {
		start := time.Now()
		m := parse(t, tt[0])
		// A busy machine may take its time; what grows with the square takes minutes.
		if took := time.Since(start); took > 5*time.Second {
			t.Errorf("%s: %s", name, took)
		} else {
			t.Logf("%s: %s", name, took)
		}
		if tt[1] != "" && !strings.Contains(strings.Join(m.Problems, "\n"), tt[1]) {
			t.Errorf("%s: problems %q do not name %q", name, m.Problems, tt[1])
		}
		if _, err := json.Marshal(m); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// A mail that was cut anywhere, or whose bytes were turned, is read or refused,
// and never more than that.
func TestCutMails(t *testing.T) {
	whole := headerOfAll + "Content-Type: multipart/mixed; boundary=b\n\n--b\nContent-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: quoted-printable\n\na=C3=B1o\n" +
		"--b\nContent-Type: application/pdf; name*0*=utf-8''a%C3%B1; name*1=o.pdf\nContent-Transfer-Encoding: base64\n\nJVBERi0xLjQK\n--b--\n"
	p := NewParser(Options{})
	for i := range whole {
		if m, err := p.Parse([]byte(whole[:i])); err == nil && (m.Attachments == nil || m.Problems == nil) {
			t.Errorf("cut at %d: %+v", i, m)
		}
		turned := []byte(whole)
		turned[i] ^= 0xff
		if _, err := p.Parse(turned); err != nil {
			t.Errorf("byte %d turned: %v", i, err)
		}
	}
}
