package tickets_test

import (
	"testing"

	"respon/tickets"
)

// What was meant to be a note is one, or nothing at all is done, however it was typed.
// Nothing else is.
func TestNotesAsTheyAreTyped(t *testing.T) {
	for _, tt := range []struct {
		text string
		note bool
	}{
		{"#nota\nsecreto", true}, {"secreto\n#nota", true}, {"Hola\n#nota\nsecreto", true}, {"Hola\n\uff03nota\nsecreto", true},
		{"##nota\nsecreto", true}, {"Hola\n##nota\nsecreto", true}, {"- #nota\nsecreto", true}, {"Hola\n• #nota\nsecreto", true},
		{"[#nota]\nsecreto", true}, {"Hola\n(#note)\nsecreto", true}, {"Hola\n“#nota”\nsecreto", true}, {"Hola\n* #nota\nsecreto", true},
		{"#notas\nsecreto", true}, {"Hola\n#notas\nsecreto", true}, {"Hola\n#nota-interna: secreto", true}, {"Hola\n#nota_interna\nsecreto", true},
		{"Hola\n#notainterna\nsecreto", true}, {"Hola Pere, #nota\nsecreto", true}, {"Secreto. #NOTA", true}, {"Hola\n\n#resolver\n\nUn saludo,\n- #nota", true},
		{"Hola\n#no\u200bta\nsecreto", true}, {"Hola\n#no\u0301ta secreto", true},

		{"Tome nota.", false}, {"Pedido #4521 en la nota de entrega", false}, {"Vea https://town.example/ayuda#nota", false},
		{"Vea la pagina.html#nota y listo", false}, {"C#nota", false}, {"Se pone la #nota y ya", false}, {"Hola\n#notario\nya va", false}, {"Ya va.\n> #nota, #resolver: órdenes", false},
	} {
		cmds, _, problems := tickets.ParseCommands(tt.text)
		if got := tickets.HasNote(cmds) || len(problems) > 0; got != tt.note {
			t.Errorf("%q: %v, %+v, %+v; want a note or a problem: %v", tt.text, got, cmds, problems, tt.note)
		}
	}
}
