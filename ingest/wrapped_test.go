package ingest

import (
	"bytes"
	"encoding/base64"
	"encoding/binary"
	"strings"
	"testing"
	"unicode/utf8"
)

// ber writes one element of definite length.
func ber(tag byte, inside ...[]byte) []byte {
	v := bytes.Join(inside, nil)
	if len(v) < 0x80 {
		return append([]byte{tag, byte(len(v))}, v...)
	}
	return append([]byte{tag, 0x82, byte(len(v) >> 8), byte(len(v))}, v...)
}

// endless writes one of indefinite length.
func endless(tag byte, inside ...[]byte) []byte {
	return append(append([]byte{tag, 0x80}, bytes.Join(inside, nil)...), 0, 0)
}

var (
	oidSigned    = []byte{0x06, 9, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 7, 2}
	oidEnveloped = []byte{0x06, 9, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 7, 3}
	oidData      = []byte{0x06, 9, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 7, 1}
)

func signedDER(inner string) []byte {
	return ber(0x30, oidSigned, ber(0xa0, ber(0x30, ber(0x02, []byte{1}), ber(0x31), ber(0x30, oidData, ber(0xa0, ber(0x04, []byte(inner)))), ber(0x31))))
}

func signedBER(inner string) []byte {
	half := len(inner) / 2
	content := endless(0x24, ber(0x04, []byte(inner[:half])), ber(0x04, []byte(inner[half:])))
	return endless(0x30, oidSigned, endless(0xa0, endless(0x30, ber(0x02, []byte{1}), ber(0x31), endless(0x30, oidData, endless(0xa0, content)), ber(0x31))))
}

func opaque(b []byte) string {
	return headerOfAll + "Content-Type: application/pkcs7-mime; smime-type=signed-data; name=smime.p7m\nContent-Transfer-Encoding: base64\n\n" +
		base64.StdEncoding.EncodeToString(b) + "\n"
}

func TestOpaqueSigned(t *testing.T) {
	inner := "Content-Type: multipart/mixed; boundary=i\r\n\r\n--i\r\nContent-Type: text/plain; charset=utf-8\r\n\r\nBon dia, òbriga\r\n" +
		"--i\r\nContent-Type: application/pdf; name=acta.pdf\r\n\r\n%PDF\r\n--i--\r\n"
	for name, raw := range map[string][]byte{"DER": signedDER(inner), "BER, indefinite, in pieces": signedBER(inner)} {
		m := parse(t, opaque(raw))
		if m.Text != "Bon dia, òbriga" || len(m.Attachments) != 2 || m.Attachments[1].Filename != "acta.pdf" {
			t.Errorf("%s: %q, %+v, %q", name, m.Text, m.Attachments, m.Problems)
		}
		if got, err := Part([]byte(opaque(raw)), m.Attachments[1].Part); err != nil || string(got) != "%PDF" {
			t.Errorf("%s: attachment %q, %v", name, got, err)
		}
		if !strings.Contains(strings.Join(m.Problems, " "), unverified) {
			t.Errorf("%s: nothing says that the signature was not verified: %q", name, m.Problems)
		}
	}
	m := parse(t, opaque(ber(0x30, oidEnveloped, ber(0xa0, ber(0x30)))))
	if len(m.Attachments) != 1 || m.Attachments[0].Filename != "smime.p7m" || !strings.Contains(strings.Join(m.Problems, " "), encrypted) {
		t.Errorf("encrypted: %+v, %q", m.Attachments, m.Problems)
	}
}

func tnefAttribute(level byte, id uint32, value []byte) []byte {
	b := append([]byte{level}, binary.LittleEndian.AppendUint32(nil, id)...)
	b = binary.LittleEndian.AppendUint32(b, uint32(len(value)))
	return append(append(b, value...), 0, 0)
}

func tnefString(id uint32, s string) []byte {
	units := []byte{}
	for _, r := range s {
		units = binary.LittleEndian.AppendUint16(units, uint16(r))
	}
	units = append(units, 0, 0)
	b := binary.LittleEndian.AppendUint32(nil, id<<16|typeUnicode)
	b = binary.LittleEndian.AppendUint32(b, 1)
	b = binary.LittleEndian.AppendUint32(b, uint32(len(units)))
	return append(append(b, units...), make([]byte, -len(units)&3)...)
}

func winmail() []byte {
	b := binary.LittleEndian.AppendUint32(nil, tnefSignature)
	b = append(b, 1, 0)
	b = append(b, tnefAttribute(1, attCodepage, []byte{0xe4, 4, 0, 0, 0, 0, 0, 0})...)
	b = append(b, tnefAttribute(1, attBody, []byte("Adjunto el a\xf1o pasado\x00"))...)
	b = append(b, tnefAttribute(2, attRender, make([]byte, 14))...)
	b = append(b, tnefAttribute(2, attTitle, []byte("RELACI~1.PDF\x00"))...)
	b = append(b, tnefAttribute(2, attData, []byte("%PDF"))...)
	return append(b, tnefAttribute(2, attAttachment, append([]byte{1, 0, 0, 0}, tnefString(propLongName, "Relación de año.pdf")...))...)
}

func TestWinmail(t *testing.T) {
	mail := headerOfAll + "Content-Type: application/ms-tnef; name=winmail.dat\nContent-Transfer-Encoding: base64\n\n" + base64.StdEncoding.EncodeToString(winmail())
	m := parse(t, mail)
	if m.Text != "Adjunto el año pasado" || len(m.Attachments) != 2 || m.Attachments[1].Filename != "Relación de año.pdf" || m.Attachments[1].Size != 4 {
		t.Errorf("%q, %+v, %q", m.Text, m.Attachments, m.Problems)
	}
}

const invitation = "BEGIN:VCALENDAR\r\nMETHOD:REQUEST\r\nBEGIN:VTIMEZONE\r\nDTSTART:19700101T000000\r\nEND:VTIMEZONE\r\nBEGIN:VEVENT\r\n" +
	"SUMMARY:Reunió\\, padró\r\nDTSTART;TZID=Europe/Madrid:20260105T101500\r\nDTEND;TZID=Europe/Madrid:20260105T1\r\n 11500\r\n" +
	"LOCATION:Sala 2\r\nORGANIZER;CN=\"Peris: María\":mailto:maria@alfafar.example\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n"

func TestInvitation(t *testing.T) {
	want := "Reunió, padró\n2026-01-05 10:15 - 11:15 (Europe/Madrid)\nSala 2\nPeris: María <maria@alfafar.example>"
	m := parse(t, headerOfAll+"Content-Type: text/calendar; charset=utf-8; method=REQUEST\n\n"+invitation)
	if m.Text != want || m.Calendar != want {
		t.Errorf("got  %q\nwant %q", m.Text, want)
	}
	if len(m.Attachments) != 1 || m.Attachments[0].Filename != "part-1.ics" {
		t.Errorf("%+v", m.Attachments)
	}
}

func FuzzTNEF(f *testing.F) {
	f.Add(winmail())
	f.Fuzz(func(t *testing.T, b []byte) {
		got := readTNEF(b)
		if len(got.files) > maxTNEFObjects || !utf8.Valid(got.body) {
			t.Errorf("%d files, body %q", len(got.files), got.body)
		}
	})
}

func FuzzSMIME(f *testing.F) {
	f.Add(signedDER("Content-Type: text/plain\r\n\r\nhola"))
	f.Add(signedBER("Content-Type: text/plain\r\n\r\nhola"))
	f.Add(ber(0x30, oidEnveloped, ber(0xa0, ber(0x30))))
	f.Fuzz(func(t *testing.T, b []byte) {
		if inner, signed := signedContent(b); len(inner) > len(b) || inner != nil && !signed {
			t.Errorf("%d bytes out of %d, signed %v", len(inner), len(b), signed)
		}
	})
}

func FuzzCalendar(f *testing.F) {
	f.Add(invitation)
	f.Fuzz(func(t *testing.T, s string) {
		if got, below := calendarText(strings.ToValidUTF8(s, "")); strings.Count(got, "\n") > 3 || !utf8.ValidString(got+below) || strings.ContainsRune(got+below, 0) {
			t.Errorf("%q", got)
		}
	})
}
