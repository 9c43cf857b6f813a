package ingest

import (
	"fmt"
	"testing"

	"respon/tickets"
)

func TestWhatAMailAsksFor(t *testing.T) {
	none := tickets.Ask{}
	help, status := tickets.Ask{Kind: tickets.AskHelp}, tickets.Ask{Kind: tickets.AskStatus}
	about := func(k tickets.AskKind) tickets.Ask { return tickets.Ask{Kind: k, Number: 12} }
	search := func(words string) tickets.Ask { return tickets.Ask{Kind: tickets.AskSearch, Words: words} }
	locale := func(l tickets.Locale) tickets.Ask { return tickets.Ask{Kind: tickets.AskLocale, Locale: l} }
	for _, tt := range []struct {
		subject, text string
		want          tickets.Ask
	}{
		{"AYUDA", "", help},
		{"ayuda", "", help},
		{"Ajuda", "", help},
		{"HELP", "", help},
		{"¿Ayuda?", "", help},
		{"Ayuda!", "Hola, buenos días", help},
		{"  ayuda  ", "Gracias.\n\n-- \nMaria Ferrer\nNegociado de Padrón", help},
		{"AYUDA", "Muchas gracias y un saludo", help},
		{"Ayuda", "No puedo imprimir nada desde esta mañana y hay gente esperando", none},
		{"Ayuda con Sicalwin", "", none},
		{"Necesito ayuda", "", none},
		{"Ayudas a la contratación", "", none},
		{"Re: AYUDA", "", help},
		{"ESTADO", "", status},
		{"estat", "", status},
		{"Status", "", status},
		{"Estado.", "Hola", status},
		{"ESTADO BR-12", "", about(tickets.AskStatus)},
		{"estado br-12", "", about(tickets.AskStatus)},
		{"Estat 12", "", about(tickets.AskStatus)},
		{"«ESTAT BR-12»", "", about(tickets.AskStatus)}, // copied out of the guide with its marks
		{"STATUS “BR-12”", "", about(tickets.AskStatus)},
		{"Estat [BR-12]", "", about(tickets.AskStatus)},
		{"[BR-12] estado", "", about(tickets.AskStatus)},
		{"STATUS: BR-12", "", about(tickets.AskStatus)},
		{"ESTADO #12", "", about(tickets.AskStatus)},
		{"Estado de la petición de la impresora", "", none},
		{"Estado de alarma", "No abre el documento", none},
		{"Estado civil en el padrón", "", none},
		{"Estado", "Quería saber cómo va lo de la impresora que les dije la semana pasada porque sigue igual", none},
		{"ESTADO BR-12 y BR-13", "", none},
		{"ESTADO XX-12", "", none},
		{"BUSCAR impresora", "", search("impresora")},
		{"CERCAR padró habitants", "", search("padró habitants")},
		{"SEARCH printer", "thanks", search("printer")},
		{"Buscar: impresora", "", search("impresora")},
		{"buscar: impresora", "", search("impresora")},
		{"Buscar expediente no funciona", "", none},
		{"buscar", "", none},
		{"BUSCAR", "", none},
		{"BUSCAR EXPEDIENTE NO FUNCIONA", "Al darle a buscar se queda la pantalla en blanco y no sale nada", none},
		{"CERRAR BR-12", "", about(tickets.AskClose)},
		{"tancar br-12", "", about(tickets.AskClose)},
		{"Close BR-12", "Thank you very much", about(tickets.AskClose)},
		{"Cerrar", "", none},
		{"Cerrar sesión en Sicalwin", "", none},
		{"REABRIR BR-12", "", about(tickets.AskReopen)},
		{"Reobrir [BR-12]", "", about(tickets.AskReopen)},
		{"reopen 12", "", about(tickets.AskReopen)},
		{"Reabrir expediente", "", none},
		{"Re: [BR-12] No imprime", "CERRAR", about(tickets.AskClose)},
		{"Re: [BR-12] No imprime", "cerrar.", about(tickets.AskClose)},
		{"Re: [BR-12] No imprime", "Reabrir", about(tickets.AskReopen)},
		{"Re: [BR-12] No imprime", "Estado?", about(tickets.AskStatus)},
		{"Re: [BR-12] No imprime", "¿Se puede cerrar ya?", none},
		{"Re: [BR-12] No imprime", "Ayuda", none},
		{"Re: [BR-12] No imprime", "Cerrar el programa no sirve", none},
		{"Re: [BR-12] No imprime", "#cerrar", none},
		{"IDIOMA: valencià", "", locale(tickets.Valencian)},
		{"«IDIOMA: valencià»", "", locale(tickets.Valencian)},
		{"idioma: Castellano", "", locale(tickets.Spanish)},
		{"Llengua: anglés", "", locale(tickets.English)},
		{"LANGUAGE: English", "", locale(tickets.English)},
		{"Language = es", "", locale(tickets.Spanish)},
		{"Idioma: klingon", "", none},
		{"Idioma de la sede electrónica", "", none},
		{"Una cosa", "IDIOMA: valencià", locale(tickets.Valencian)},
		{"Re: [BR-12] No imprime", "Llengua: valencià", locale(tickets.Valencian)},
		{"Una cosa", "IDIOMA: valencià\n\nY además no imprime.", none},
		{"Impresora", "No va.", none},
		{"", "", none},
	} {
		header := ""
		if len(tt.subject) > 3 && tt.subject[:3] == "Re:" && tt.text != "" {
			header = "In-Reply-To: <a@dival.example>\r\n"
		}
		raw := fmt.Sprintf("From: maria@alfafar.example\r\nTo: batlia@dival.example\r\nSubject: %s\r\n%sContent-Type: text/plain; charset=utf-8\r\n\r\n%s\r\n", tt.subject, header, tt.text)
		p := NewParser(Options{Prefix: "BR"})
		m, err := p.Parse([]byte(raw))
		if err != nil {
			t.Fatal(err)
		}
		got, ok := p.asks(m)
		if !ok {
			got = none
		}
		if got != tt.want {
			t.Errorf("%q, %q: %+v, want %+v", tt.subject, tt.text, got, tt.want)
		}
	}
}
