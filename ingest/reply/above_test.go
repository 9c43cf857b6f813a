package reply

import "testing"

func TestNothingAbove(t *testing.T) {
	const mark, notice = "——— Escriba su respuesta por encima de esta línea ———", "\n\nHa llegado un mensaje interno.\n\nsecreto\n"
	outlook := "\n\n________________________________\nDe: Batlia <batlia@dival.example>\nEnviado: lunes, 12 de enero de 2026 9:00\nPara: Ana <ana@dival.example>\nAsunto: Re: [BR-1] x\n\n"
	for _, tt := range []struct {
		name, text string
		want       bool
	}{
		{"sent by mistake, from Outlook", outlook + mark + notice, true},
		{"one that asks for no answer", outlook + notice, true},
		{"somebody else's mail, passed on", "\n---------- Forwarded message ---------\nDe: Proveedor <ventas@other.example>\nDate: lun, 12 ene 2026\nSubject: x\nTo: <ana@dival.example>\n\nLa pieza llega hoy.", false},
		{"marked as quoted", "El 12 ene 2026, a las 9:00, Batlia <batlia@dival.example> escribió:\n\n> x\n\nYa está.", false},
		{"from a phone", "\n\nEnviado desde mi iPhone\n\nEl 12 ene 2026, a las 9:00, Batlia <batlia@dival.example> escribió:\n\n" + mark + notice, true},
		{"below, and nothing is marked as quoted", mark + notice + "\nYa está.", true},
		{"above", "Ya está." + outlook + mark + notice, false},
		{"a command above", "#resolver" + outlook + mark + notice, false},
		{"between quoted lines", "> " + mark + "\n> \n> secreto\nYa está.", false},
		{"no letter of ours", "Ya está.", false},
		{"nothing at all", "", false},
	} {
		if got := NothingAbove(tt.text, "batlia@dival.example"); (got != "") != tt.want {
			t.Errorf("%s: %q, want one: %t", tt.name, got, tt.want)
		}
	}
}
