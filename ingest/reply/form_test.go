package reply

import (
	"strings"
	"testing"
)

// yesWord is how the boxes name the answer.
var yesWord = map[string]string{"es": "Sí", "ca": "Sí", "en": "Yes"}

// ways are how people answer one question: what becomes of the part with the
// boxes, for the answer Yes and for No. YES stands for the language's word.
var ways = []struct{ name, yes, no string }{
	{"box", "[ ] No [x] YES", "[x] No [ ] YES"},
	{"capital", "[ ] No [X ] YES", "[ X] No [ ] YES"},
	{"tight", "[ ]No [x]YES", "[x]No [ ]YES"},
	{"round", "( ) No (x) YES", "(x) No ( ) YES"},
	{"ballot", "☐ No ☑ YES", "☑ No ☐ YES"},
	{"ballot x", "☐ No ☒ YES", "☒ No ☐ YES"},
	{"square", "□ No ■ YES", "■ No □ YES"},
	{"tick in the box", "[ ] No [✔] YES", "[✔] No [ ] YES"},
	{"tick", "[ ] No ✔ YES", "✔ No [ ] YES"},
	{"x before the word", "[ ] No [ ] x YES", "[ ] x No [ ] YES"},
	{"x behind the word", "[ ] No [ ] YES x", "[ ] No x [ ] YES"},
	{"x for the box", "[ ] No x YES", "x No [ ] YES"},
	{"word alone", "YES", "No"},
	{"word in lower case", "yes", "no"},
	{"word with a stop", "YES.", "NO."},
	{"one box left", "[ ] YES", "[ ] No"},
	{"one box left, marked", "[x] YES", "[x] No"},
	{"word behind all", "[ ] No [ ] YES: YES", "[ ] No [ ] YES: No"},
	{"word with a reason", "YES, no puedo abrir nada", "No, solo a mi ordenador"},
	{"box with a reason", "[ ] No [x] YES, a todo el padrón", "[x] No [ ] YES, solo a mí"},
	{"other order", "[x] YES [ ] No", "[ ] YES [x] No"},
	{"boxes behind", "No [ ] YES [x]", "No [x] YES [ ]"},
	{"word in the box", "[ ] No [YES] YES", "[no] No [ ] YES"},
	{"star in the box", "[ ] No [*] YES", "[*] No [ ] YES"},
	{"letters", "y", "n"},
	{"no-break space", "[\u00a0] No [x]\u00a0YES", "[x]\u00a0No [\u00a0] YES"},
	{"bold in plain text", "[ ] No [ ] *YES*", "[ ] *No* [ ] YES"},
	{"no boxes, x", "No   YES x", "x No   YES"},
}

// filled is the form with three answers and a type and a category.
func filled(lang string, way struct{ name, yes, no string }) []string {
	lines := append([]string{}, forms[lang]...)
	lines[0] += map[string]string{"es": "incidencia", "ca": "incidència", "en": "incident"}[lang]
	lines[1] += map[string]string{"es": "Contabilidad", "ca": "COMPTABILITAT", "en": "accounting"}[lang]
	for i, part := range []string{way.yes, way.no, way.yes} {
		question, _, _ := strings.Cut(lines[2+i], "[")
		part = strings.ReplaceAll(part, "YES", yesWord[lang])
		lines[2+i] = question + strings.ReplaceAll(part, "yes", strings.ToLower(yesWord[lang]))
	}
	return lines
}

const wantFilled = "incident contabilidad blocks=true others=false citizens=true"

// Every way, in every language, from every client, above, inside and below what
// is quoted.
func TestFormIsReadFromAnyAnswer(t *testing.T) {
	for _, lang := range languages {
		for _, way := range ways {
			for _, c := range clients {
				lines := filled(lang, way)
				empty := letter(lang, forms[lang])
				hello := []string{"Buenos días:", ""}
				bye := []string{"", "Gracias", "Maria"}
				for place, mail := range map[string][3][]string{
					"above":         {append(append(append([]string{}, hello...), lines...), bye...), empty, nil},
					"inside":        {append(append([]string{}, hello...), bye...), letter(lang, lines), nil},
					"inside, alone": {nil, letter(lang, lines), nil},
					"below":         {nil, empty, append([]string{""}, lines...)},
				} {
					text, html := c.make(mail[0], mail[1], mail[2])
					for format, form := range map[string]Form{"both": ReadForm(text, html, known), "plain": ReadForm(text, "", known), "html": readHTML(html)} {
						if format == "html" && html == "" {
							continue
						}
						if got := form.String(); got != wantFilled {
							t.Fatalf("%s, %s, %s, %s, %s:\ngot  %s\nwant %s\n%s\n%s", lang, way.name, c.name, place, format, got, wantFilled, text, html)
						}
					}
				}
			}
		}
	}
}

// readHTML reads a mail that has no plain text.
func readHTML(html string) Form { return ReadForm(FromHTML(html), html, known) }

// The form as it was sent changes nothing.
func TestFormLeftEmptySaysNothing(t *testing.T) {
	for _, lang := range languages {
		for _, c := range clients {
			for _, words := range [][]string{nil, {"Gracias."}, {"No.", "", "Sí."}, {"Sí, me impide trabajar un poco, lo de siempre."}, {"No puedo imprimir."}} {
				for _, below := range [][]string{nil, {"", "Gracias"}} {
					text, html := c.make(words, letter(lang, forms[lang]), below)
					if f := ReadForm(text, html, known); !f.Empty() {
						t.Errorf("%s, %s, %q: got %s\n%s", lang, c.name, words, f, text)
					}
				}
			}
		}
	}
}
