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
