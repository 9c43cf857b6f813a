package ingest

import (
	"strings"
	"unicode"

	"respon/tickets"
)

// languageWords are words that one of our languages has and the others have not.
// What two share ("no", "una", "al", "es") speaks for neither and is in no list.
var languageWords = map[tickets.Locale]map[string]bool{
	tickets.Spanish: set(`los las y con para pero muy cuando hola buenos buenas días dias tardes noches gracias puedo tengo hay desde también tambien está estoy estamos
		esto esta este ya porque cómo donde dónde sin hasta otro otra algo nada alguien ayer hoy mañana usuario usuarios puede pueden podemos han ser hacer hago
		lo su sus mi mis por adjunto correo ordenador impresora contraseña saludo saludos atentamente necesito necesitamos tenemos aparece sale dice
		sigue siguen todos todas vez veces ver dar alta nuestro nuestra quiero queremos podrían podría pasa mensaje fichero archivo compañera compañero trabajo cuándo después despues queda darme tiene tienen teléfono línea nueva nuevo mismo misma`),
	tickets.Valencian: set(`els als dels pels amb però molt quan bon bona bones vesprada gràcies gracies puc tinc tenim hi també tambe està estic açò això aixo aquest aquesta
		què fins altra algú ahir hui avui demà usuari usuaris pot poden podem fer faig ho ens sense meu meua seua nostre nostra adjunte
		ordinador impressora contrasenya salutació salutacions atentament necessite necessitem ix diu tots totes vegada vegades vore veure deixa
		dóna donar cap ja som sóc sou vull voldria voldríem podrien passa missatge fitxer arxiu companya company faena feina m'ha m'han després despres línia telèfon mateix mateixa nou provat continua continuem`),
	tickets.English: set(`the and is are with for but my cannot can't have has please hello hi thanks thank when since this that it not of to in we our
		you your from password printer does doesn't don't i'm was were would could regards kind computer screen anymore again working work get an open down still would`),
}

func set(s string) map[string]bool {
	m := map[string]bool{}
	for _, w := range strings.Fields(s) {
		m[w] = true
	}
	return m
}

// Clear evidence for a language: so many words of its own, and so many times
// more than of any other.
const (
	languageHits  = 2
	languageTimes = 2
	languageBytes = 4000 // more is not looked at
)

// language tells in which of our languages a text is written; "" if that is not
// clear. It counts words that only one of them has, and letters that only one
// uses.
func language(text string) tickets.Locale {
	text = strings.ToLower(text[:min(len(text), languageBytes)])
	hits := map[tickets.Locale]int{}
	words := strings.FieldsFunc(text, func(r rune) bool {
		return !unicode.IsLetter(r) && r != '\'' && r != '’' && r != '·'
	})
	for _, w := range words {
		w = strings.Trim(strings.ReplaceAll(w, "’", "'"), "'")
		for l, own := range languageWords {
			if own[w] {
				hits[l]++
			}
		}
		hits[lettersOf(w)]++
	}
	delete(hits, "")
	best, second := tickets.Locale(""), 0
	for _, l := range tickets.Locales {
		if hits[l] > hits[best] {
			best = l
		}
	}
	for _, l := range tickets.Locales {
		if l != best {
			second = max(second, hits[l])
		}
	}
	if hits[best] < languageHits || hits[best] < languageTimes*second {
		return ""
	}
	return best
}

// lettersOf names the language of a word that is spelt as only one spells.
func lettersOf(w string) tickets.Locale {
	switch {
	case strings.ContainsAny(w, "ñ") || strings.HasSuffix(w, "ción") || strings.HasSuffix(w, "ciones") || strings.HasSuffix(w, "dad"):
		return tickets.Spanish
	case strings.ContainsAny(w, "çàèòŀ") || strings.Contains(w, "l·l") || strings.HasSuffix(w, "ció") || strings.HasSuffix(w, "cions") ||
		strings.HasPrefix(w, "l'") || strings.HasPrefix(w, "d'"):
		return tickets.Valencian
	case strings.HasSuffix(w, "n't") || strings.HasSuffix(w, "'m") || strings.HasSuffix(w, "'ve"):
		return tickets.English
	}
	return ""
}
