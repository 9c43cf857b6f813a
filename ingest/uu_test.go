package ingest

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
)

const uuFile = "begin 644 año.txt\n$:&]L80``\n`\nend\n"

func TestUUEncodedFiles(t *testing.T) {
	m := parse(t, headerOfAll+"Content-Type: text/plain; charset=utf-8\n\nUno\n"+uuFile+"Dos\n"+uuFile)
	if len(m.Attachments) != 2 || m.Attachments[0].Filename != "año.txt" || string(m.Attachments[1].Data) != "hola" || !strings.Contains(m.Text, "Dos") {
		t.Fatalf("%q, %+v", m.Text, m.Attachments)
	}
	for _, text := range []string{"begin 644 la reunión\nempezó tarde\nend\n", "begin 644 a\n" + strings.Repeat("$:&]L80``\n", 9), "begin again\n"} {
		if m := parse(t, headerOfAll+"\n"+text); len(m.Attachments) != 0 || m.Text != text {
			t.Errorf("%q, %+v", m.Text, m.Attachments)
		}
	}
	mixed := headerOfAll + "Content-Type: multipart/mixed; boundary=b\n\n--b\n\nUno\n\n" + uuFile + "--b--\n"
	m = parse(t, mixed)
	if data, err := Part([]byte(mixed), m.Attachments[0].Part); err != nil || string(data) != "hola" {
		t.Errorf("part %s: %q, %v", m.Attachments[0].Part, data, err)
	}
}

// FuzzUU: no file is longer than its letters, and there are no more than lines.
func FuzzUU(f *testing.F) {
	f.Add([]byte("Hola\n" + uuFile + "adiós\n" + uuFile))
	f.Fuzz(func(t *testing.T, b []byte) {
		r := treeReader{problem: func(string) {}}
		p := &part{ContentType: "text/plain", PartID: "0", Content: b}
		r.openUU(p)
		total := 0
		for c := p.FirstChild; c != nil; c = c.NextSibling {
			total += len(c.Content)
		}
		if total > len(b) || r.parts > bytes.Count(b, []byte("begin ")) {
			t.Errorf("%d parts of %d bytes out of %d", r.parts, total, len(b))
		}
	})
}

// What a gateway adds below a file is no part of it.
func TestFootOfAFile(t *testing.T) {
	for body, want := range map[string]string{
		"aG9sYQ==\n\n--b-->\nnotice":  "hola",
		"aG9sYQ==\nhttp://x.example/": "hola",
		"aG9sYQ==\naG9sYQ==\n":        "holahola",
		"aG9s*YQ":                     "hola",
	} {
		if d := decodeBase64([]byte(body)); string(d.data) != want {
			t.Errorf("%q: %q, want %q", body, d.data, want)
		}
	}
}

// Words among base64 are shown as they stand, and base64 that is broken is not
// taken for words.
func TestWordsAmongBase64(t *testing.T) {
	for body, want := range map[string]string{
		"No puedo entrar en la aplicación.\nGracias\n":               "No puedo entrar en la aplicación.\nGracias\n",
		"TWHDsWFuYSBubyB2ZW5kcsOpCg==\n\n--\nLista\n":                "Mañana no vendré\n--\nLista\n",
		"TWHDsWFuYSBubyB2ZW5kcsOpCg==\n_____\nhttp://lista.example/": "Mañana no vendré\n_____\nhttp://lista.example/",
		"TWHDsWFuYSBubyB2ZW5kcsOpCg==\nhttp://lista.example/\n":      "Mañana no vendré\n\nhttp://lista.example/",
		"TWHD*sWF\nuYSBubyB2ZW5kcsOpCg\n":                            "Mañana no vendré\n",
	} {
		m := parse(t, headerOfAll+"Content-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: base64\n\n"+body)
		if m.Text != want || !strings.Contains(fmt.Sprint(m.Problems), badBase64) {
			t.Errorf("%q: %q, %q", body, m.Text, m.Problems)
		}
	}
}
