package ingest

import (
	"bufio"
	"io"
	"mime"
	"net/mail"
	"regexp"
	"strings"
	"testing"

	"github.com/emersion/go-message/textproto"
)

// victim is whom the hostile values claim to be.
const victim = "maria@alfafar.example"

// hostileFroms are values of From in which readers may see different authors.
var hostileFroms = []string{
	// Two addresses, lists, groups.
	"maria@alfafar.example, eve@evil.example", "eve@evil.example, maria@alfafar.example", "<eve@evil.example> <maria@alfafar.example>", "maria@alfafar.example <eve@evil.example>",
	"<maria@alfafar.example> eve@evil.example", "maria@alfafar.example eve@evil.example", "friends: maria@alfafar.example;", "friends: maria@alfafar.example, eve@evil.example;", "x:;, maria@alfafar.example",
	"maria@alfafar.example; eve@evil.example", "undisclosed: ;", ", maria@alfafar.example", "maria@alfafar.example,", ",,maria@alfafar.example,,",
	// Quoted strings and display names.
	`"maria@alfafar.example" <eve@evil.example>`, `"maria@alfafar.example"@evil.example`, `"eve@evil.example> "@alfafar.example`, `"Maria <maria@alfafar.example>" <eve@evil.example>`,
	`"a\" <maria@alfafar.example>, \"b" <eve@evil.example>`, `"maria" "x" <maria@alfafar.example>`, `"maria@alfafar.example <eve@evil.example>`, `maria"@evil.example,"@alfafar.example`,
	`"eve@evil.example> ORCPT=rfc822;x"@alfafar.example`, `"maria"@alfafar.example`, `maria."x"@alfafar.example`, `<"maria@alfafar.example">`, `"\maria@alfafar.example"`,
	// Comments.
	"eve@evil.example (maria@alfafar.example)", "(maria@alfafar.example) eve@evil.example", "maria@alfafar.example(@evil.example)", "maria(@evil.example)@alfafar.example", "maria@(evil.example)alfafar.example",
	"maria@alfafar.example (a (b) <eve@evil.example>", "(<maria@alfafar.example>) <eve@evil.example>", "maria@alfafar.example (<eve@evil.example>)", "maria@alfafar.example (x",
	// Encoded words.
	"=?utf-8?q?maria=40alfafar.example?= <eve@evil.example>", "=?utf-8?q?maria=40alfafar.example=3E?= <eve@evil.example>", "=?utf-8?q?=3Cmaria=40alfafar.example=3E?= <eve@evil.example>",
	"=?utf-8?q?maria=40alfafar.example?=", "=?utf-8?q?maria=40alfafar.example=2C?= eve@evil.example", "=?utf-8?q?maria?=@alfafar.example", "=?utf-8?b?bWFyaWFAYWxmYWZhci5leGFtcGxl?= <eve@evil.example>",
	"=?x?q?maria=40alfafar.example=00?=@evil.example", "maria=?utf-8?q?=40evil.example=20?=@alfafar.example", "=?utf-7?q?maria+AEA-alfafar.example?= <eve@evil.example>", "=?utf-8?q?collab=40psres.net=3e_?=@alfafar.example",
	// Routes, brackets, percent and bang.
	"<@evil.example:maria@alfafar.example>", "<@evil.example,@x.example:maria@alfafar.example>", "<<maria@alfafar.example>>", "<maria@alfafar.example", "maria@alfafar.example>", "<maria@alfafar.example>>", "<maria@alfafar.example><eve@evil.example>",
	"eve%evil.example@alfafar.example", "evil.example!maria@alfafar.example", "mailto:maria@alfafar.example", "<mailto:maria@alfafar.example>", "maria@[192.0.2.1]", "maria@alfafar.example@evil.example", "maria@evil.example@alfafar.example",
	// White space, control bytes, odd letters.
	"maria @alfafar.example", "maria@ alfafar.example", "ma ria@alfafar.example", "maria@alfafar. example", "maria@alfafar.example\x00@evil.example", "maria@alfafar.example\x0b", "maria\x00@alfafar.example", "<maria@alfafar.example\t>",
	"maria@\u0430lfafar.example", "maria@alfafar\u3002example", "maria@alfafar.example\u200b", "mar\u0131a@alfafar.example", "maria@alfafar\u2024example", "\u202emaria@alfafar.example", "maria\uff20alfafar.example", "maria@\xe1lfafar.example", "m\xc3@alfafar.example",
	// Nothing, or too much.
	"", "<>", "maria", "@alfafar.example", "maria@", "maria@.example", "maria..x@alfafar.example", ".maria@alfafar.example", "maria@-alfafar.example", "maria@alfafar_x.example", strings.Repeat("a", 65) + "@alfafar.example",
	"maria@" + strings.Repeat("a.", 140) + "example", strings.Repeat("(", 500) + "maria@alfafar.example", strings.Repeat("<", 50) + "maria@alfafar.example" + strings.Repeat(">", 50),
}

// others are the authors as two widely used libraries read them: nil where one
// of them reads no single author.
func others(t *testing.T, fields string) (authors []string) {
	t.Helper()
	m, err := mail.ReadMessage(strings.NewReader(fields + "\n\n"))
	if err != nil {
		authors = append(authors, "")
	} else {
		authors = append(authors, single(m.Header.Get("From")))
	}
	h, err := textproto.ReadHeader(bufio.NewReader(strings.NewReader(fields + "\n\n")))
	if err != nil {
		return append(authors, "")
	}
	return append(authors, single(h.Get("From")))
}

// encodedWord is one of RFC 2047, whatever it says.
var encodedWord = regexp.MustCompile(`=\?[^?\s]*\?[bBqQ]\?[^?\s]*\?=`)

// single reads a value with the parser that both libraries use. How a name is
// written does not keep it from reading the address: in any charset, its bytes
// raw as old programs leave them, an encoded word that says nothing.
func single(value string) string {
	anything := func(_ string, r io.Reader) (io.Reader, error) { return r, nil }
	p := mail.AddressParser{WordDecoder: &mime.WordDecoder{CharsetReader: anything}}
	value = strings.ToValidUTF8(value, "\uFFFD")
	list, err := p.ParseList(value)
	if err != nil {
		list, err = p.ParseList(encodedWord.ReplaceAllString(value, "name"))
	}
	if err != nil || len(list) != 1 {
		return ""
	}
	return strings.ToLower(list[0].Address)
}

// agree fails the test if a mail's author is taken for certain that another
// reader does not see, too. It gives who it is, "" if that is not certain.
func agree(t *testing.T, fields string) string {
	t.Helper()
	m, err := NewParser(Options{}).Parse([]byte(fields + "\nDate: Mon, 12 Jan 2026 10:00:00 +0100\n\nhola\n"))
	if err != nil || !m.FromExact {
		return ""
	}
	for i, other := range others(t, fields) {
		if other != strings.ToLower(m.From.Address) {
			t.Errorf("%q: certainly %q, and reader %d sees %q", fields, m.From.Address, i, other)
		}
	}
	return m.From.Address
}

// Wherever two readers could see different authors, nobody is known to have
// written: the sender is none, or suspect.
func TestHostileFrom(t *testing.T) {
	if len(hostileFroms) < 60 {
		t.Fatalf("%d values", len(hostileFroms))
	}
	for _, from := range hostileFroms {
		if got := agree(t, "From: "+from); strings.EqualFold(got, victim) {
			t.Errorf("%q is certainly the victim's", from)
		}
	}
	for _, fields := range []string{
		"From: maria@alfafar.example\nFrom: eve@evil.example", "From: eve@evil.example\nFrom: maria@alfafar.example", "from: maria@alfafar.example\nFROM: maria@alfafar.example",
		"From : maria@alfafar.example\nFrom: eve@evil.example", "From:\nFrom: maria@alfafar.example", "From: maria@alfafar.example\n , eve@evil.example", "From: eve@evil.example,\n maria@alfafar.example",
		"Sender: maria@alfafar.example", "Reply-To: maria@alfafar.example\nX-From: maria@alfafar.example", "From: maria@alfafar.example\r, eve@evil.example",
		"From: maria@alfafar.example\n" + strings.Repeat("X: y\n", maxFields) + "From: eve@evil.example", "From: maria@alfafar.example\nX: " + strings.Repeat("y", maxHeader) + "\nFrom: eve@evil.example",
		"Received: x\nFrom: maria@alfafar.example\n, eve@evil.example\nSubject: x",
	} {
		if got := agree(t, fields); strings.EqualFold(got, victim) {
			t.Errorf("%q is certainly the victim's", fields)
		}
	}
	// And what people's programs write is certain.
	for _, from := range []string{
		victim, "<" + victim + ">", "Maria Peris <" + victim + ">", `"Peris, Maria" <` + victim + ">", "=?utf-8?q?Mar=C3=ADa?= <" + victim + ">", victim + " (Maria Peris)", `"Maria \"la de conta\"" <` + victim + ">",
		"Maria\n Peris <" + victim + ">", "Maria@Alfafar.Example", "\"Mar\xeda\"<" + victim + ">", "Mar\xeda Peris <" + victim + ">", "=?utf-8?Q??= <" + victim + ">",
	} {
		if got := agree(t, "From: "+from); !strings.EqualFold(got, victim) {
			t.Errorf("%q: %q, want certainly %s", from, got, victim)
		}
	}
}

func FuzzFrom(f *testing.F) {
	for _, from := range hostileFroms {
		f.Add(from)
	}
	f.Fuzz(func(t *testing.T, from string) {
		if strings.ContainsAny(from, "\r\n") {
			return // other fields: TestHostileFrom has them
		}
		agree(t, "From: "+from)
	})
}
