package ingest

import (
	"fmt"
	"strings"
	"testing"

	"respon/tickets"
)

// asWritten are the commands of each language, as the promise names them.
var asWritten = map[tickets.Verb][3]string{
	tickets.VerbNote:      {"#nota", "#nota", "#note"},
	tickets.VerbResolve:   {"#resuelto", "#resolt", "#solved"},
	tickets.VerbClose:     {"#cerrar", "#tancar", "#close"},
	tickets.VerbReopen:    {"#reabrir", "#reobrir", "#reopen"},
	tickets.VerbWait:      {"#pendiente", "#pendent", "#pending"},
	tickets.VerbAssign:    {"#asignar ana", "#assignar ana", "#assign ana"},
	tickets.VerbTake:      {"#mía", "#meua", "#mine"},
	tickets.VerbCategory:  {"#categoría sicalwin", "#categoria comptabilitat", "#category accounting"},
	tickets.VerbType:      {"#tipo petición", "#tipus petició", "#type request"},
	tickets.VerbPriority:  {"#prioridad P2", "#prioritat P2", "#priority P2"},
	tickets.VerbMerge:     {"#fusionar BR-7", "#unir BR-7", "#merge BR-7"},
	tickets.VerbSplit:     {"#dividir", "#dividir", "#split"},
	tickets.VerbLink:      {"#enlazar BR-7", "#enllaçar BR-7", "#link BR-7"},
	tickets.VerbGeneral:   {"#general BR-7 todas", "#general BR-7 totes", "#general BR-7 all"},
	tickets.VerbRequester: {"#solicitante maria@alfafar.example", "#sol·licitant maria@alfafar.example", "#requester maria@alfafar.example"},
	tickets.VerbCc:        {"#copia eva@alfafar.example", "#còpia eva@alfafar.example", "#cc eva@alfafar.example"},
	tickets.VerbAway:      {"#ausente 24/12/2026..6/1/2027", "#absent 24/12/2026..6/1/2027", "#away 2026-12-24..2027-01-06"},
	tickets.VerbBack:      {"#disponible", "#disponible", "#back"},
	tickets.VerbStatus:    {"#estado", "#estat", "#status"},
	tickets.VerbHelp:      {"#ayuda", "#ajuda", "#help"},
	tickets.VerbUndo:      {"#deshacer 0a1b2c3d", "#desfer 0a1b2c3d", "#undo 0a1b2c3d"},
}

// closings of letters and what mail programs put above what they quote, by
// language.
var (
	closings = [3]string{"Un saludo,\nAna Soler", "Salutacions,\nAna Soler", "Kind regards,\nAna Soler"}
	quotings = [3]string{
		"El lun, 23 nov 2026 a las 10:12, Batlia <batlia@dival.example> escribió:",
		"El dl., 23 de nov. 2026 a les 10:12, Batlia <batlia@dival.example> va escriure:",
		"On Mon, Nov 23, 2026 at 10:12 AM Batlia <batlia@dival.example> wrote:",
	}
	phones = [3]string{"Enviado desde mi iPhone", "Enviat des del meu iPhone", "Sent from my iPhone"}
)

// written is a technician's mail in a client, with a command, words and below
// them a notice that names another command.
func written(client, command string, lang int) (header, body string) {
	const words = "Ya está mirado."
	quoted := "——— Escriba su respuesta por encima de esta línea ———\n\nÓrdenes: #resolver\n#cerrar"
	mark := func(s string) string { return "> " + strings.ReplaceAll(s, "\n", "\n> ") }
	plain := "Content-Type: text/plain; charset=utf-8"
	switch client {
	case "plain":
		return plain, command + "\n\n" + words + "\n\n" + closings[lang] + "\n\n" + quotings[lang] + "\n\n" + mark(quoted)
	case "last line":
		return plain, words + "\n\n" + command + "\n\n" + closings[lang] + "\n\n" + quotings[lang] + "\n\n" + mark(quoted)
	case "last line, marked signature":
		return plain, words + "\n" + command + "\n-- \nAna Soler\nTel. 96 000 00 00\n\n" + quotings[lang] + "\n\n" + mark(quoted)
	case "phone":
		// It capitalises, puts a space behind the # or a full stop at the end.
		return plain, strings.ToUpper(command[:2]) + command[2:] + "\n" + words + "\n\n" + phones[lang] + "\n\n" + quotings[lang] + "\n" + mark(quoted)
	case "phone, space":
		return plain, "# " + command[1:] + "\n" + words + "\n\n" + phones[lang] + "\n\n" + quotings[lang] + "\n" + mark(quoted)
	case "html":
		return "Content-Type: text/html; charset=utf-8", "<html><body><div dir=\"ltr\"><div>" + strings.Replace(command, " ", "&nbsp;", 1) + "</div><div><br></div><div>" + words + "</div></div>" +
			"<br><div class=\"gmail_quote\"><div dir=\"ltr\" class=\"gmail_attr\">" + quotings[lang] + "<br></div><blockquote class=\"gmail_quote\"><p>#resolver</p><p>#cerrar</p></blockquote></div></body></html>"
	}
	return "Content-Type: text/html; charset=utf-8", "<html><body><p class=\"MsoNormal\">" + words + "<o:p></o:p></p><p class=\"MsoNormal\">" + command + "<o:p></o:p></p>" +
		"<div><div style=\"border:none;border-top:solid #E1E1E1 1.0pt;padding:3.0pt 0cm 0cm 0cm\"><p class=\"MsoNormal\"><b>De:</b> Batlia &lt;batlia@dival.example&gt;<br><b>Enviado el:</b> lunes, 23 de noviembre de 2026 10:12<br>" +
		"<b>Para:</b> Ana Soler<br><b>Asunto:</b> [BR-1] No va</p></div></div><p>#resolver</p><p>#cerrar</p></body></html>"
}

// TestCommandsAsClientsSendThem reads every command in three languages out of
// whole mails: at the top and as the last line, plain and HTML, from a
// telephone. What is quoted below never counts.
func TestCommandsAsClientsSendThem(t *testing.T) {
	p := NewParser(Options{Prefix: "BR"})
	for _, verb := range tickets.Verbs {
		lines, ok := asWritten[verb]
		if !ok {
			t.Errorf("no example of %s", verb)
		}
		for lang, line := range lines {
			for _, client := range []string{"plain", "last line", "last line, marked signature", "phone", "phone, space", "html", "outlook, last line"} {
				header, body := written(client, line, lang)
				raw := fmt.Sprintf("From: ana@dival.example\r\nTo: batlia@dival.example\r\nSubject: Re: [BR-1] No va\r\nIn-Reply-To: <a@dival.example>\r\nMIME-Version: 1.0\r\n%s\r\nContent-Transfer-Encoding: 8bit\r\n\r\n%s\r\n",
					header, strings.ReplaceAll(body, "\n", "\r\n"))
				m, err := p.Parse([]byte(raw))
				if err != nil {
					t.Fatal(err)
				}
				cmds, rest, problems := tickets.ParseCommands(m.Reply)
				if len(problems) > 0 || len(cmds) != 1 || cmds[0].Verb != verb {
					t.Errorf("%s, %s: %+v, problems %+v in %q", client, line, cmds, problems, m.Reply)
					continue
				}
				_, arg, _ := strings.Cut(line, " ")
				if cmds[0].Arg != arg || !strings.Contains(rest, "Ya está mirado.") || strings.Contains(rest, "#") {
					t.Errorf("%s, %s: argument %q, words %q", client, line, cmds[0].Arg, rest)
				}
			}
		}
	}
}

// Words that begin with # and are no commands, and a command that is none.
func TestWhatIsNoCommand(t *testing.T) {
	for _, tt := range []struct {
		text     string
		commands int
		problems int
		rest     string
	}{
		{"Pedido\n#4521\nya servido", 0, 0, "Pedido\n#4521\nya servido"},
		{"# Pasos\n1. Abrir", 0, 0, "# Pasos\n1. Abrir"},
		{"Primero esto.\n#resolver\nY luego, con mucha calma, todo lo demás que hay que hacer todavía.", 0, 0, "Primero esto.\n#resolver\nY luego, con mucha calma, todo lo demás que hay que hacer todavía."},
		{"#resolber\nHola", 0, 1, "Hola"},
		{"#resolver\n#asignar\nHola", 1, 1, "Hola"},
		{"Hola\n#resolver\n\nUn saludo,\nAna\nServicio de Informática\nTel. 96 000 00 00", 1, 0, "Hola\n\nUn saludo,\nAna\nServicio de Informática\nTel. 96 000 00 00"},
		{"\uff03resolver\nListo.", 1, 0, "Listo."},
		{"#asignar: ana", 1, 0, ""},
		{"", 0, 0, ""},
	} {
		cmds, rest, problems := tickets.ParseCommands(tt.text)
		if len(cmds) != tt.commands || len(problems) != tt.problems || strings.ReplaceAll(rest, "\n\n", "\n") != strings.ReplaceAll(tt.rest, "\n\n", "\n") {
			t.Errorf("%q: %+v, %+v, %q", tt.text, cmds, problems, rest)
		}
	}
}

func TestForwarded(t *testing.T) {
	for name, tt := range map[string]struct{ text, address, subject, body, above string }{
		"gmail": {"Mira esto.\n\n---------- Forwarded message ---------\nDe: María Ferrer <maria@alfafar.example>\nDate: lun, 23 nov 2026 a las 10:12\nSubject: No imprime\nTo: Ana <ana@dival.example>\n\n\nLa impresora no va.\n\nMaría",
			"maria@alfafar.example", "No imprime", "La impresora no va.\n\nMaría", "Mira esto."},
		"outlook": {"#solicitante\n\nDe: María Ferrer <maria@alfafar.example>\nEnviado el: lunes, 23 de noviembre de 2026 10:12\nPara: Ana Soler <ana@dival.example>\nAsunto: RV: No imprime\n\nLa impresora no va.",
			"maria@alfafar.example", "RV: No imprime", "La impresora no va.", "#solicitante"},
		"thunderbird": {"-------- Mensaje reenviado --------\nAsunto: No imprime\nFecha: Mon, 23 Nov 2026 10:12:00 +0100\nDe: María Ferrer <maria@alfafar.example>\nPara: ana@dival.example\n\nLa impresora no va.",
			"maria@alfafar.example", "No imprime", "La impresora no va.", ""},
		"apple": {"Inicio del mensaje reenviado:\n\n> De: María Ferrer <maria@alfafar.example>\n> Asunto: No imprime\n> Fecha: 23 de noviembre de 2026, 10:12:00 CET\n> Para: ana@dival.example\n> \n> La impresora no va.",
			"maria@alfafar.example", "No imprime", "La impresora no va.", ""},
		"nothing": {"La impresora no va.", "", "", "", ""},
	} {
		p := &Intake{Catalogue: func() *tickets.Catalogue { return &tickets.Catalogue{} }, Parser: func() *Parser { return NewParser(Options{}) }}
		f, ok := p.forwarded(&Message{Text: tt.text, Subject: "Fwd: x"})
		_, subject := NewParser(Options{}).tags(tt.subject)
		if ok != (tt.address != "") || f.From.Address != tt.address || ok && (f.Subject != subject || f.Text != tt.body || f.above != tt.above) {
			t.Errorf("%s: %t, %+v", name, ok, f)
		}
	}
}
