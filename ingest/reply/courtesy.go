package reply

import (
	"regexp"
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// thanks are words of which one at least is in a mail that only says thanks, or
// that all is well.
var thanks = words("gracias agradecido agradecida agradezco gracies agraisc agraida agrait merces thanks thank thx perfecto perfecta perfecte perfect genial estupendo estupend solucionado solucionada solucionat solucionada resuelto resuelta resolt resolta solved fixed recibido recibida rebut rebuda received ok okay vale entendido entes enterado funciona works correcto correcte")

// manners are the words around them. Whoever says anything else says something.
var manners = words(`
	buenos buenas buen dia dias tardes noches hola estimado estimada apreciado saludo saludos cordial cordiales cordialmente un una abrazo atentamente muchas muchisimas mil muy amable amables por todo todos toda la el los las su tu vuestra vuestro ayuda atencion rapidez respuesta gestion trabajo rapida y ya esta todo bien si a ti usted ustedes vosotros le les te os lo que ha sido con eso esto ahora perfectamente muchos mas
	l d bon bona bones vesprada vesprades nit benvolgut benvolguda salutacions salut cordials cordialment una abracada atentament moltes moltissimes molt amables per tot tots tota els les la seua teua vostra ajuda atencio rapidesa resposta faena gestio rapida i ja esta ara be si vos voste vostes li amb aixo
	good morning afternoon evening hi hello dear regards best kind kindly many much very so a lot you your for the help quick fast reply answer support all everything it is now fine great and yes sincerely cheers that this
	sr sra srta d don dona senor senora senyor senyora equipo equip team`)

var (
	particles = words("de del la las los les el i y e da do dos von van")
	// denials begin a line with a capital, and are no names.
	denials = words(`no sin sense without ni nada nadie pero sigue siguen seguimos falta faltan falla fallan fallo error errores mal peor igual lento lenta urgente urge problema problemas imposible tampoco todavia aun aunque menos excepto salvo espero necesito ayuda
		res ningu falten continua continuen encara tampoc igualment urgent malament pitjor lent excepte espere necessite
		but not nothing still never again except fails failing broken error wrong slow waiting help please
		manana hoy luego despues pronto cuando dema hui despres prompte quan tomorrow today later soon when`)
)

// thanksAgain is said of the thanks; of anything else, "otra vez" is a complaint.
var thanksAgain = regexp.MustCompile(`(?i)\b(gracias|gràcies|thanks|thank you),? (?:otra vez|de nuevo|de nou|una altra vegada|again)\b`)

func words(s string) map[string]bool {
	m := map[string]bool{}
	for _, w := range strings.Fields(s) {
		m[w] = true
	}
	return m
}

// How many words at most a mail has that only says thanks, and how many a line of
// it with a name.
const (
	courtesyWords = 30
	nameWords     = 5
)

// Courtesy reports whether a text only says thanks, or that all is well, with a
// greeting and a name at most: "Perfecto, muchas gracias. Un saludo, María". A
// question, or a word that is none of these, and it is no courtesy. A name may
// stand behind the greeting and below the thanks.
func Courtesy(text string) bool {
	if strings.ContainsAny(text, "?¿0123456789@") || len(strings.Fields(text)) > courtesyWords {
		return false
	}
	thanked, first := false, true
	for l := range strings.SplitSeq(text, "\n") {
		found := strings.FieldsFunc(thanksAgain.ReplaceAllString(l, "$1"), func(r rune) bool { return !unicode.IsLetter(r) && !unicode.Is(unicode.Mn, r) })
		if len(found) == 0 {
			continue
		}
		polite, strange := 0, []string(nil)
		for _, w := range found {
			switch folded := fold(w); {
			case thanks[folded]:
				thanked = true
				polite++
			case particles[folded]: // of names, too
			case manners[folded]:
				polite++
			default:
				strange = append(strange, w)
			}
		}
		named := len(found) <= nameWords && areNames(strange) && (thanked && polite <= 1 || first && polite > 0 && len(strange) <= 2)
		if len(strange) > 0 && !named {
			return false
		}
		first = false
	}
	return thanked
}

// asks knows what begins a sentence with a capital and asks for something:
// "Llámenme", "Avísame" or "Díganos".
var asks = regexp.MustCompile(`(?:nme|ame|eme|nnos|anos|enos|nlo|nla)$`)

// areNames reports whether words that are neither thanks nor manners can be a
// name: written as names are, and none that begins a complaint.
func areNames(strange []string) bool {
	for _, w := range strange {
		inCapitals := w == strings.ToUpper(w) // who writes so, writes every word so
		if !unicode.IsUpper([]rune(w)[0]) || inCapitals || denials[fold(w)] || asks.MatchString(fold(w)) {
			return false
		}
	}
	return true
}

// fold writes in lower case and without accents.
func fold(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.Is(unicode.Mn, r) {
			return -1
		}
		return unicode.ToLower(r)
	}, norm.NFD.String(s))
}
