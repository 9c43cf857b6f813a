package ingest

import (
	"bytes"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"strings"
	"testing"
	"unicode/utf8"
)

// packRTF compresses as MS-OXRTFCP, section 3.3, says: the longest match in what
// went before, which begins with the words that all know.
func packRTF(s string) []byte {
	window := rtfStart + s
	var body, run []byte
	flags, count := byte(0), 0
	item := func(flag byte, b ...byte) {
		flags |= flag << count
		run = append(run, b...)
		if count++; count == 8 {
			body = append(append(body, flags), run...)
			flags, count, run = 0, 0, nil
		}
	}
	at := len(rtfStart)
	for at < len(window) {
		best, from := 0, 0
		for i := max(0, at-4095); i < at; i++ {
			n := 0
			for n < 17 && at+n < len(window) && i+n < at && window[i+n] == window[at+n] {
				n++
			}
			if n > best {
				best, from = n, i
			}
		}
		if best < 2 {
			item(0, window[at])
			at++
			continue
		}
		item(1, binary.BigEndian.AppendUint16(nil, uint16(from%4096<<4|(best-2)))...)
		at += best
	}
	item(1, binary.BigEndian.AppendUint16(nil, uint16(at%4096<<4))...)
	body = append(append(body, flags), run...)
	head := binary.LittleEndian.AppendUint32(nil, uint32(len(body)+12))
	head = binary.LittleEndian.AppendUint32(head, uint32(len(s)))
	head = binary.LittleEndian.AppendUint32(head, rtfPacked)
	return append(append(head, 0, 0, 0, 0), body...)
}

// The examples of MS-OXRTFCP, sections 4.1 and 4.2.
func TestUnpackRTF(t *testing.T) {
	for packed, want := range map[string]string{
		"2d0000002b0000004c5a4675f1c5c7a703000a007263706731323542320af32068656c090020627705b06c647d0a800fa0": "{\\rtf1\\ansi\\ansicpg1252\\pard hello world}\r\n",
		"1a0000001c0000004c5a4675e2d44b51410004205758595a0d6e7d010eb0":                                       "{\\rtf1 WXYZWXYZWXYZWXYZWXYZ}",
	} {
		b, err := hex.DecodeString(packed)
		if err != nil {
			t.Fatal(err)
		}
		if got := string(unpackRTF(b)); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
	long := `{\rtf1\ansi ` + strings.Repeat(`ma\'f1ana a las nueve, sin falta, en la sala dos \par `, 300) + "}"
	if got := string(unpackRTF(packRTF(long))); got != long {
		t.Errorf("%d bytes of %d come back", len(got), len(long))
	}
	bomb := packRTF(`{\rtf1 ` + strings.Repeat("a", 5000))
	binary.LittleEndian.PutUint32(bomb[4:], 1<<31)
	if got := unpackRTF(bomb); len(got) != 5007 || cap(got) > 9*len(bomb) {
		t.Errorf("%d bytes in %d, of %d that came", len(got), cap(got), len(bomb))
	}
}

const wrappedHTML = `{\rtf1\ansi\ansicpg1252\fromhtml1 \deff0{\fonttbl{\f0\fswiss Arial;}{\f1\fcharset204 Arial;}}
{\colortbl;\red0\green0\blue0;}{\*\generator Microsoft Exchange Server;}
{\*\htmltag64 <html>}\htmlrtf \pard\plain\f0 \htmlrtf0 {\*\htmltag84 <p class="x">}\htmlrtf {\htmlrtf0 Buenos d\'edas, se\'f1or N\u250?\u241?ez:{\*\htmltag92 </p>}\htmlrtf\par}\htmlrtf0
{\*\htmltag64 <p>}{\*\htmltag84 &nbsp;}\htmlrtf \'a0\htmlrtf0 no va \u-10179?\u-8704?{\f1\'c4\'e0}{\*\htmltag92 <br>}\htmlrtf \line\htmlrtf0 Adi\'f3s{\*\mhtmltag84 <x>}{\*\htmltag92 </p>}}`

func TestTextOfRTF(t *testing.T) {
	for rtf, want := range map[string]string{
		`{\rtf1\ansi\ansicpg1252{\fonttbl{\f0 Arial;}}{\info{\title No}}\f0 Ma\'f1ana, {\b a las} nueve\par\tab S\u237\'ed\emdash no \{x\}\~y\par}`: "Mañana, a las nueve\n\tSí—no {x}\u00a0y\n",
		`{\rtf1\ansi\uc2 \u241 nn\'f1 \uc0\u241\u65x}`:                                                                "ññ ñAx",
		`{\rtf1{\field{\*\fldinst HYPERLINK "http://x.example"}{\fldrslt el enlace}}{\pict\bin3 }}}}{\*\x {y} z}fin}`: "el enlacefin",
		`{\rtf1\mac a\'96o}`: "año",
		`{\rtf1\ansi{\fonttbl{\f1\fcharset128 MS;}}\f1 \'89\'ef\'8b\'63\f0 .}`: "会議.",
		wrappedHTML: "<html><p class=\"x\">Buenos días, señor Núñez:</p><p>&nbsp;no va 😀Да<br>Adiós</p>",
		`no rtf`:    "",
		`{\rtf1 ` + strings.Repeat("{", 100_000) + "a" + strings.Repeat("}", 100_000) + "b": "ab",
	} {
		if got, isHTML := textOfRTF([]byte(rtf)); got != want || isHTML != strings.Contains(rtf, "fromhtml") {
			t.Errorf("%.60s: %q, want %q", rtf, got, want)
		}
	}
}

// tnefProperty writes a property whose value has a length; an object's begins with
// the name of its interface.
func tnefProperty(id, kind uint32, value []byte) []byte {
	b := binary.LittleEndian.AppendUint32(nil, id<<16|kind)
	b = binary.LittleEndian.AppendUint32(b, 1)
	b = binary.LittleEndian.AppendUint32(b, uint32(len(value)))
	return append(append(b, value...), make([]byte, -len(value)&3)...)
}

func tnefProperties(list ...[]byte) []byte {
	return append(binary.LittleEndian.AppendUint32(nil, uint32(len(list))), bytes.Join(list, nil)...)
}

func tnefOf(attributes ...[]byte) []byte {
	b := binary.LittleEndian.AppendUint32(nil, tnefSignature)
	return append(append(b, 1, 0), bytes.Join(attributes, nil)...)
}

// winmailOf is a winmail.dat with a text in compressed RTF, a file, and a mail that
// was attached in Outlook, with a file of its own.
func winmailOf(rtf string) []byte {
	file := func(name, data string) []byte {
		return append(tnefAttribute(2, attRender, make([]byte, 14)),
			tnefAttribute(2, attAttachment, tnefProperties(tnefString(propLongName, name), tnefProperty(propData, typeBinary, []byte(data))))...)
	}
	inner := tnefOf(
		tnefAttribute(1, attProps, tnefProperties(
			tnefString(propSubject, "Expediente 12/2026: año"), tnefString(propSender, "Núñez, Pep"), tnefString(propSMTP, "pep@alfafar.example"),
			append(binary.LittleEndian.AppendUint32(nil, propSent<<16|0x40), binary.LittleEndian.AppendUint64(nil, (1767607323+11644473600)*1e7)...),
			tnefProperty(propRTF, typeBinary, packRTF(`{\rtf1\ansi Lo de ma\'f1ana\par}`)))),
		file("relación.pdf", "%PDF"))
	object := append(make([]byte, 16), inner...)
	return tnefOf(
		tnefAttribute(1, attProps, tnefProperties(tnefProperty(propRTF, typeBinary, packRTF(rtf)))),
		file("año.txt", "hola"),
		tnefAttribute(2, attRender, make([]byte, 14)), tnefAttribute(2, attTitle, []byte("Expediente 12\x00")),
		tnefAttribute(2, attAttachment, tnefProperties(tnefProperty(propData, typeObject, object))))
}

func winmailMail(b []byte) string {
	return headerOfAll + "Content-Type: application/ms-tnef; name=winmail.dat\nContent-Transfer-Encoding: base64\n\n" + base64.StdEncoding.EncodeToString(b)
}

func TestWinmailInRTF(t *testing.T) {
	m := parse(t, winmailMail(winmailOf(`{\rtf1\ansi No puedo entrar en el padr\'f3n.\par Gracias\par}`)))
	if m.Text != "No puedo entrar en el padrón.\nGracias\n" || len(m.Attachments) != 3 || len(m.Problems) > 0 {
		t.Fatalf("%q, %+v, %q", m.Text, m.Attachments, m.Problems)
	}
	if a := m.Attachments[1]; a.Filename != "año.txt" || string(a.Data) != "hola" {
		t.Errorf("%+v", a)
	}
	attached := m.Attachments[2]
	if attached.Filename != "Expediente 12_2026: año.eml" || attached.ContentType != "message/rfc822" {
		t.Errorf("%+v", attached)
	}
	inner := parse(t, string(attached.Data))
	if inner.Text != "Lo de mañana\n" || inner.Subject != "Expediente 12/2026: año" || *inner.Date != "2026-01-05T10:02:03Z" || *inner.From != (Address{"Núñez, Pep", "pep@alfafar.example"}) {
		t.Errorf("%+v", inner)
	}
	if len(inner.Attachments) != 1 || inner.Attachments[0].Filename != "relación.pdf" || string(inner.Attachments[0].Data) != "%PDF" {
		t.Errorf("%+v", inner.Attachments)
	}

	m = parse(t, winmailMail(winmailOf(wrappedHTML)))
	if m.Text != "Buenos días, señor Núñez:\n\n no va 😀Да\nAdiós" || !strings.Contains(m.HTML, `<p class="x">`) {
		t.Errorf("%q, %q", m.Text, m.HTML)
	}
}

// Mails in mails are opened only so far, and nothing of them is lost.
func TestWinmailInWinmail(t *testing.T) {
	b := winmailOf(`{\rtf1 fondo}`)
	for range 20 {
		object := append(make([]byte, 16), b...)
		b = tnefOf(tnefAttribute(2, attRender, make([]byte, 14)), tnefAttribute(2, attAttachment, tnefProperties(tnefProperty(propData, typeObject, object))))
	}
	m := parse(t, winmailMail(b))
	if n := len(m.Attachments[1].Data); n < len(b)/2 || n > 4*len(b)+10_000 {
		t.Errorf("%d bytes of %d", n, len(b))
	}
}

// FuzzRTF: the words are valid UTF-8 and not many times what came.
func FuzzRTF(f *testing.F) {
	f.Add(packRTF(wrappedHTML), wrappedHTML)
	f.Add(packRTF(`{\rtf1\ansi\uc2 \u241 nn\'f1{\*\x}\bin3 }}}}`), `{\rtf1\ansi\uc2 \u241 nn\'f1{\*\x}\bin3 }}}}`)
	f.Fuzz(func(t *testing.T, packed []byte, rtf string) {
		for _, b := range [][]byte{unpackRTF(packed), []byte(rtf)} {
			text, _ := textOfRTF(b)
			if !utf8.ValidString(text) || len(text) > 8*len(b) || len(b) > 9*len(packed)+len(rtf) {
				t.Errorf("%d packed, %d bytes, %d of text: %q", len(packed), len(b), len(text), text)
			}
		}
		if back := unpackRTF(packRTF(rtf)); string(back) != rtf {
			t.Errorf("%q came back as %q", rtf, back)
		}
	})
}
