package ingest

import (
	"testing"
	"time"
)

func TestAway(t *testing.T) {
	sent := time.Date(2026, 12, 23, 10, 0, 0, 0, time.UTC)
	for _, tt := range []struct{ name, text, want string }{
		{"Spanish, with a year", "Estaré fuera de la oficina hasta el 7 de enero de 2027.", "..2027-01-07"},
		{"Spanish, without", "Estoy de vacaciones hasta el jueves, 7 de enero. Un saludo", "..2027-01-07"},
		{"Spanish, figures", "Ausente del 24/12 al 6/1.", "2026-12-24..2027-01-06"},
		{"Spanish, one month", "Estaré ausente del 3 al 7 de enero", "2027-01-03..2027-01-07"},
		{"Spanish, words between", "Desde el 24 de diciembre hasta el 6 de enero estaré de vacaciones", "2026-12-24..2027-01-06"},
		{"Spanish, the day of return", "Me reincorporo el 8 de enero", "..2027-01-07"},
		{"Valencian", "Soc fora de l'oficina fins al 7 de gener.", "..2027-01-07"},
		{"Valencian, d'", "De vacances del 24 de desembre al 6 d’abril", "2026-12-24..2027-04-06"},
		{"Valencian, the day of return", "Tornaré el dilluns 11 de gener", "..2027-01-10"},
		{"English", "I am out of the office until January 7.", "..2027-01-07"},
		{"English, ordinal", "I'm away from December 24th to January 6th, 2027", "2026-12-24..2027-01-06"},
		{"English, return", "I will not return until 12.01.2027.", "..2027-01-11"},
		{"ISO", "away until 2027-01-07", "..2027-01-07"},
		{"German", "Ich bin bis zum 7. Januar nicht im Büro", "..2027-01-07"},
		{"French", "Absente du 24 décembre au 6 janvier", "2026-12-24..2027-01-06"},
		{"Spanish, a whole month", "Estaré de vacaciones todo el mes de enero.", "2027-01-01..2027-01-31"},
		{"Valencian, a whole month and the return", "Durant el mes de gener estaré de vacances. Torne l'1 de febrer.", "2027-01-01..2027-01-31"},
		{"a month of something else", "El mes de enero es el plazo para la matrícula.", ""},
		{"Spanish, the return is planned", "Mi regreso está previsto para el 8 de enero", "..2027-01-07"},
		{"Spanish, work begins again", "Retomaré mi actividad el 8 de enero", "..2027-01-07"},
		{"Spanish, a deputy's day", "Estaré ausente del 3 al 7 de enero. Mi sustituta, Ana, estará hasta el 30 de diciembre.", "2027-01-03..2027-01-07"},
		{"English, one month", "I am out of the office January 3-7", "2027-01-03..2027-01-07"},
		{"English, one month in words", "On vacation from January 3 to 7.", "2027-01-03..2027-01-07"},
		{"English, hours behind a day", "I am away until January 3 - 17:00 h", "..2027-01-03"},
		{"English, between", "I am away between 3 and 7 January", "2027-01-03..2027-01-07"},
		{"English, leave and return", "On leave from 24th December, returning on 4th January", "2026-12-24..2027-01-03"},
		{"one date tells the order of the other", "Out of office 1/3/2027 - 1/17/2027", "2027-01-03..2027-01-17"},
		{"one date tells the order, days first", "I am away from 3/1 until 17/1", "2027-01-03..2027-01-17"},
		{"German, figures", "Ich bin vom 03.01. bis einschließlich 07.01.2027 im Urlaub", "2027-01-03..2027-01-07"},
		{"German, the return behind the day", "Ich bin am 8.1. wieder im Büro", "..2027-01-07"},
		{"Italian, the day of return", "Rientrerò in ufficio venerdì 8 gennaio", "..2027-01-07"},
		{"Portuguese, the day of return", "Regresso ao trabalho no dia 8 de janeiro", "..2027-01-07"},
		{"forgotten since the summer", "Estoy de vacaciones hasta el 31 de agosto", ""},
		{"Spanish, not before", "No me reincorporo hasta el viernes 8 de enero", "..2027-01-07"},
		{"Valencian, not before", "No tornaré fins al 8 de gener", "..2027-01-07"},
		{"English, not before", "I will not be back until 8 January", "..2027-01-07"},
		{"English, weekdays", "Out of office: Thursday 24th December 2026 to Wednesday 6th January 2027", "2026-12-24..2027-01-06"},
		{"a form", "Ausencia por vacaciones\nDesde: 24/12/2026\nHasta: 06/01/2027", "2026-12-24..2027-01-06"},
		{"opening hours", "Del 1 al 31 de enero la oficina atenderá de 9 a 13 h.", ""},
		{"an exhibition below it", "Estaré de vacaciones hasta el 7 de enero.\n\nExposición \"Alfafar 1900\", del 1 al 30 de marzo, en la Casa de Cultura", "..2027-01-07"},
		{"an exhibition alone", "Gracias por su correo. Exposición del 1 al 30 de marzo en la Casa de Cultura.", ""},
		{"a time limit on a line of its own", "Estoy de vacaciones hasta el 7 de enero\nInscripciones hasta el 10 de enero", "..2027-01-07"},
		{"a law below it", "Ausente hasta el 7 de enero.\n\nProtección de datos: hasta el 5 de diciembre de 2027 conservamos...", "..2027-01-07"},
		{"a line that was broken", "Estaré de vacaciones y sin acceso al correo electrónico corporativo desde\nel 24 de diciembre hasta el 6 de enero, y a la vuelta contestaré a todos", "2026-12-24..2027-01-06"},
		{"an answer that will come", "Gracias por su correo. Le responderemos antes del 30 de diciembre.", ""},
		{"Spanish, weekdays between", "Me encontraré ausente desde el próximo lunes, 28 de diciembre, y hasta el jueves, día 7 de enero.", "2026-12-28..2027-01-07"},
		{"Valencian, back to work", "Torne a la faena el divendres 8 de gener", "..2027-01-07"},
		{"Valencian, the return", "La meua tornada serà el 8 de gener", "..2027-01-07"},
		{"Portuguese, back", "Estarei de volta no dia 8 de janeiro", "..2027-01-07"},
		{"two languages agree", "Fins al 7 de gener.\n\nHasta el 7 de enero.", "..2027-01-07"},
		{"two days", "Hasta el 7 de enero, y Ana hasta el 8 de enero", ""},
		{"one day in London, another in New York", "I am away until 1/7", ""},
		{"no date", "Estoy fuera de la oficina. Para urgencias, 96 388 25 00.", ""},
		{"a telephone number and a street", "Hasta el lunes. C/ Mayor 7-1, tel. 963 88 25 00", ""},
		{"long past", "Estoy fuera hasta el 7 de enero de 2019", ""},
		{"no such day", "hasta el 31 de febrero", ""},
		{"a day of something else", "La feria es el 7 de enero.", ""},
	} {
		if got := shown(awayOf(tt.text, sent)); got != tt.want {
			t.Errorf("%s: %q, want %q", tt.name, got, tt.want)
		}
	}
}

func shown(a *Away) string {
	if a == nil {
		return ""
	}
	out := ".."
	if a.From != nil {
		out = *a.From + out
	}
	return out + *a.To
}

func FuzzAway(f *testing.F) {
	for _, s := range []string{"hasta el 7 de enero de 2027", "del 24/12 al 6/1", "until January 7", "fins al 7 de gener", "31.02.2020-1", "del 3 al 7 de enero"} {
		f.Add(s, int64(1798000000))
	}
	f.Fuzz(func(t *testing.T, text string, at int64) {
		sent := time.Unix(at%(1<<33), 0).UTC()
		a := awayOf(text, sent)
		if a == nil {
			return
		}
		to, err := time.Parse(time.DateOnly, *a.To)
		if err != nil || to.After(sent.AddDate(1, 2, 0)) || to.Before(sent.AddDate(0, -2, 0)) {
			t.Errorf("%q at %s: to %s", text, sent, *a.To)
		}
		if a.From != nil {
			if from, err := time.Parse(time.DateOnly, *a.From); err != nil || from.After(to) {
				t.Errorf("%q: from %s to %s", text, *a.From, *a.To)
			}
		}
	})
}
