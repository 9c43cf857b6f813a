package reply

import (
	"regexp"
	"slices"
	"strings"
)

var (
	sent  = alternatives("enviado", "enviada", "enviat", "sent", "envoyé", "inviato", "gesendet", "verstuurd", "verzonden", "bidalia", "wysłano", "skickat", "sendt", "отправлено", "надіслано")
	with  = alternatives("desde", "des de", "des del", "des", "amb", "con", "com", "do", "da", "dal", "from", "via", "with", "using", "by", "depuis", "de", "à partir de", "a partir de", "à partir d'", "von", "vanaf", "met", "mit", "fra", "från", "z", "с", "з", "из", "через")
	owner = alternatives("mi", "my", "mon", "ma", "meu", "minha", "el meu", "la meua", "la meva", "mio", "mia", "meinem", "meiner", "mijn", "min", "mitt", "mojego", "моего", "мого")
	// products are the devices and programs that write such lines, and what they
	// call themselves.
	products = alternatives("iphone", "ipad", "ipod", "ios", "android", "samsung", "galaxy", "huawei", "xiaomi", "redmi", "oppo", "motorola", "moto", "nokia", "sony", "xperia", "htc", "oneplus", "pixel", "blackberry", "windows phone", "windows mail", "para windows", "per a windows", "for windows", "pour windows",
		"outlook", "yahoo", "gmail", "proton", "protonmail", "k-9", "bluemail", "aqua mail", "aquamail", "spark", "mailspring", "fairemail", "zimbra", "webmail", "aol", "gmx", "web.de", "typeapp", "airmail", "canary", "mailbird", "em client", "polymail", "newton", "shortwave", "superhuman", "thunderbird", "libero", "orange mail", "tutanota", "tuta mail",
		"smartphone", "smart phone", "móvil", "mòbil", "mobile", "mobiltelefon", "mobilgerät", "handy", "teléfono", "telèfon", "telefon", "telefono", "telefone", "telemóvel", "téléphone", "phone", "telefoon", "tablet", "tableta", "tauleta", "dispositivo", "dispositiu", "device", "cellulare", "celular", "mail app", "app de correo")

	// ownDevice: "sent from my …". What follows has to be somebody's: "sent from a
	// desk" is a sentence.
	ownDevice = regexp.MustCompile(`(?i)^(?:` + sent + `)\s+(?:automàticament |automáticamente |automatically )?(?:` + with + `)\s+(?:` + owner + `)\b[^,;!?]{0,80}$`)
	// product: whatever stands around it, it has the name of one.
	product = regexp.MustCompile(`(?i)^(?:` + sent + `)\s+(?:automàticament |automáticamente |automatically )?(?:` + with + `)\s*(?:.{0,60}[^\pL\d])?(?:` + products + `)(?:[^\pL\d].{0,60})?$`)
	// capital: it has a name, which may be a program's or anybody's.
	capital = regexp.MustCompile(`^(?i:` + sent + `)\s+(?i:` + with + `)\s+\p{Lu}\S*(?:\s+[\p{Lu}\d]\S*){0,3}$`)
)

// devices are what programs and telephones write below a mail.
var devices = []*regexp.Regexp{
	regexp.MustCompile(`(?i)^(?:obtener|obtén|obtenir|obteniu|aconsegueix|aconseguiu|descarga|descargar|descàrrega|descarrega|descarregueu|baixa|baixeu|get|download|télécharger|obtenez|scarica|ottieni|obter|obtenha|holen sie sich|laden sie)\s+(?:l['’]|el |la |o )?(?:outlook|yahoo mail|yahoo|gmail|bluemail|mail)` +
		`(?: (?:para|per a|per|for|pour|für|voor|su|on|von)\b.{0,60})?$`),
	regexp.MustCompile(`(?i)^yahoo mail: \pL+, \pL+, \pL+$`),
	regexp.MustCompile(`(?i)^outlook für .{2,40} (?:beziehen|holen)\.?$`),
	regexp.MustCompile(`(?i)^provenance : courrier pour windows(?: \d+)?$`),
	regexp.MustCompile(`(?i)^(?:diese nachricht wurde )?von meine[mr] .{2,60} gesendet\.?$`),
	regexp.MustCompile(`(?i)^(?:nire .{2,40}(?:tik|etik) bidalia)\.?$`),
}

var (
	// denied: a device says what it did, a person what it did not do, or why.
	denied = regexp.MustCompile(`(?i)\s(?:no|not|pas|nicht|non|não|niet|nunca|never|tampoco|tampoc|porque|perquè|pues|aunque|encara|because|since|although|pero|però|but)(?:\s|$)`)
	// excuse is what people have their telephones add.
	excuse = regexp.MustCompile(`(?i)[.,;:–-]?\s+(?:(?:por favor|per favor|please|pido|demane|perd[oó]n[ae]?|rogamos?|sorry)\b[, ]*)?(?:disculp|excus|excúse|perdon|brevity|brevedad|brevetat|errat|typos|for any typo)[^?]{0,80}$`)
	// link is where the device's name leads to.
	link    = regexp.MustCompile(`\s*[<(\[]\s*https?://[^\s<>)\]]*\s*[>)\]]`)
	address = regexp.MustCompile(`^<?https?://\S+$`)
)

// A sender says how sure it is that a device wrote a line.
type sender int

const (
	person  sender = iota
	perhaps        // if words stand above it, by itself
	likely         // if words stand above it
	device
)

// deviceLine tells what wrote a line.
func deviceLine(l string) sender {
	if len(l) > 400 {
		return person
	}
	l = strings.Trim(plain(l), " *_-")
	if strings.HasPrefix(l, "[") && strings.HasSuffix(l, "]") {
		l = l[1 : len(l)-1]
	}
	l = strings.Trim(link.ReplaceAllString(l, ""), " .")
	if l == "" || len(l) > 200 || denied.MatchString(l) {
		return person
	}
	for _, d := range devices {
		if d.MatchString(l) {
			return device
		}
	}
	l = excuse.ReplaceAllString(l, "")
	switch {
	case strings.ContainsAny(l, ";!?"):
	case product.MatchString(l):
		if before, after, comma := strings.Cut(l, ","); comma && (!product.MatchString(before) || len(strings.Fields(after)) > 8) {
			return person
		}
		return device
	case ownDevice.MatchString(l):
		return likely
	case capital.MatchString(l):
		return perhaps
	}
	return person
}

// isDevice reports whether a line was written by a device.
func isDevice(l string) bool { return deviceLine(l) >= likely }

// unsign takes a signature and a device's line away (RFC 3676, section 4.3).
func unsign(lines []string) []string {
	seen := map[[2]bool]bool{} // how those looked that open no signature
	for i, l := range lines {
		if l = plain(l); strings.TrimRight(l, " ") != "--" {
			continue
		}
		looks := [2]bool{l == "--", i > 0 && strings.TrimSpace(plain(lines[i-1])) == ""}
		if seen[looks] {
			continue
		}
		if empty(lines[:i]) {
			break
		}
		if !goesOnBelow(lines[:i], lines[i+1:]) {
			lines = lines[:i]
			break
		}
		seen[looks] = true
	}
	return trimEnd(lines)
}

var (
	greeting = regexp.MustCompile(`(?i)^(?:hola|buen[oa]s|bon dia|bona|bones|hello|hi|dear|good|estimad|apreciad|benvol)[^.?!:]{0,40}[,:.]?$`)
	bye      = regexp.MustCompile(`(?i)^(?:muchas |moltes |mil |many )?(?:gracias|gràcies|thanks|thank you|un saludo|saludos|cordialmente|atentamente|una salutació|salutacions|atentament|regards|kind regards|best regards)(?: (?:de antemano|por adelantado|por todo|cordial(?:es)?|per tot|in advance))?[.,:!]*$`)
	after    = regexp.MustCompile(`(?i)^(?:p\.? ?[ds]\.?|pos[t]?data|postscript)\s?[:.]`)
	// midSentence: names and posts are written with a capital.
	midSentence = regexp.MustCompile(`^\p{Ll}+,? \pL+ \pL+`)
	bullet      = regexp.MustCompile(`^\s*(?:\d{1,2}[.)ºª]|[a-z]\))\s`)
)

// goesOnBelow reports whether "--" is no signature's, but parts what a person
// writes: she has only greeted above it, the points of a list stand on both sides, a sentence goes on,
// or she takes leave below it in a later paragraph, or adds a postscript.
func goesOnBelow(above, below []string) bool {
	var first, last string
	said := 0
	for _, l := range above {
		if l = strings.TrimSpace(plain(l)); l != "" && !isQuoted(l) {
			last = l
			said++
		}
	}
	if said == 1 && greeting.MatchString(last) {
		return true
	}
	paragraphs := 0
	official := slices.ContainsFunc(below, func(l string) bool { return !isQuoted(l) && legal.MatchString(l) })
	for i, l := range below {
		if l = strings.TrimSpace(plain(l)); l == "" {
			continue
		}
		if first == "" {
			first = l
		} else if strings.TrimSpace(plain(below[i-1])) == "" {
			paragraphs++
		}
		if after.MatchString(l) || paragraphs > 0 && !official && bye.MatchString(l) {
			return true
		}
		if isQuoted(l) {
			break
		}
	}
	return bullet.MatchString(last) && bullet.MatchString(first) || midSentence.MatchString(first) && !official || parted(below)
}

// legal is what signatures hold, and what people write about rarely.
var legal = regexp.MustCompile(`(?i)confiden|legal|destinat|recipient|medi[o]? ambient|environment|www\.|https?:|@|\b(?:tel|tlf|tfno|fax|ext)\b`)

// parted reports whether lines of a list are parted by "--" again.
func parted(below []string) bool {
	parts, run := 0, 0
	for _, l := range below {
		switch l = strings.TrimSpace(plain(l)); {
		case l == "--":
			parts++
			run = 0
		case isQuoted(l):
			return parts > 0
		case legal.MatchString(l):
			return false
		case l != "" && !anyRuler.MatchString(l) && !isDevice(l):
			if run++; run > 1 {
				return false
			}
		}
	}
	return parts > 0
}

// trimEnd takes away what is left at the end and says nothing.
func trimEnd(lines []string) []string {
	for len(lines) > 0 {
		n := len(lines) - 1
		last := lines[n]
		switch {
		case strings.TrimSpace(plain(last)) == "" || anyRuler.MatchString(last):
		case n > 0 && address.MatchString(strings.TrimSpace(plain(last))) && isDevice(lines[n-1]):
			n-- // where to get it
		case !addedByDevice(lines):
			return lines
		}
		lines = lines[:n]
	}
	return lines
}

// addedByDevice reports whether a device wrote the last line. What may also be a
// person's answer, "Enviado con SEUR", counts if she said something above it.
func addedByDevice(lines []string) bool {
	n := len(lines) - 1
	s := deviceLine(lines[n])
	if s == device && n > 0 {
		above := strings.TrimSpace(plain(lines[n-1]))
		return !strings.HasSuffix(above, ":") || greeting.MatchString(above)
	}
	if s == person || s == device {
		return s == device
	}
	if s == perhaps && (n == 0 || strings.TrimSpace(plain(lines[n-1])) != "") {
		return false
	}
	for i := n - 1; i >= 0; i-- { // "el programa dice:"
		if l := strings.TrimSpace(plain(lines[i])); strings.HasSuffix(l, ":") {
			return false
		} else if l != "" {
			break
		}
	}
	return slices.ContainsFunc(lines[:n], func(l string) bool {
		l = strings.TrimSpace(plain(l))
		return l != "" && !isQuoted(l) && !greeting.MatchString(l)
	})
}
