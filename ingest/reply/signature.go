package reply

import (
	"regexp"
	"strings"
)

// devices are what programs and telephones write below a mail.
var devices = []*regexp.Regexp{
	// What follows is somebody's, or has a name: "sent from a desk" is a sentence.
	regexp.MustCompile(`(?i)^(?:enviado|enviada|enviat|sent|envoyé|inviato|gesendet|verstuurd|verzonden|bidalia|wysłano|skickat|sendt|отправлено|надіслано)\s+(?:automàticament |automáticamente |automatically )?` +
		`(?:desde|des del?|des de|amb|con|com|do|da|dal?|from|via|with|using|by|depuis|de|à partir de|von|vanaf|met|mit|fra|från|z|с|з|из|через)\s+` +
		`(?:(?:mi|my|mon|ma|meu|minha|el meu|la meua|mio|mia|meinem|meiner|mijn|min|mitt|mojego|моего|мого|un|el|la|the|mobile|webmail)\b|(?-i:\p{Lu}))[^,;!?]{0,80}$`),
	regexp.MustCompile(`(?i)^(?:obtener|obtén|obtenir|obteniu|aconsegueix|aconseguiu|descarga|descargar|descàrrega|descarrega|descarregueu|baixa|baixeu|get|download|télécharger|obtenez|scarica|ottieni|obter|obtenha|holen sie sich|laden sie)\s+(?:l['’]|el |la |o )?(?:outlook|yahoo mail|yahoo|gmail|bluemail|mail)` +
		`(?: (?:para|per a|per|for|pour|für|voor|su|on|von)\b.{0,60})?$`),
	regexp.MustCompile(`(?i)^yahoo mail: \pL+, \pL+, \pL+$`),
	regexp.MustCompile(`(?i)^outlook für .{2,40} (?:beziehen|holen)\.?$`),
	regexp.MustCompile(`(?i)^(?:diese nachricht wurde )?von meine[mr] .{2,60} gesendet\.?$`),
	regexp.MustCompile(`(?i)^(?:enviado|enviat|sent|inviato|envoyé|gesendet)\s+(?:desde|des d|amb|con|from|via|with|using|by|da|depuis|de|von|mit)[^,;!?]{0,30}\b(?:iphone|ipad|android|samsung|galaxy|huawei|xiaomi|redmi|blackberry|windows phone|k-9|proton ?mail|outlook|yahoo)\b(?:[^,;!?]{0,60}|[^,;!?]{0,20}\..{0,30}(?:brev|conci|disculp|excus).{0,40})$`),
	regexp.MustCompile(`(?i)^(?:nire .{2,40}(?:tik|etik) bidalia)\.?$`),
}

// denied: a device says what it did, a person what it did not do.
var denied = regexp.MustCompile(`(?i)\s(?:no|not|pas|nicht|non|não|niet|nunca|never|tampoco|tampoc)(?:\s|$)`)

// link is where the device's name leads to.
var link = regexp.MustCompile(`\s*[<(\[]https?://[^\s<>]*[>)\]]\.?$`)

// isDevice reports whether a line was written by a device.
func isDevice(l string) bool {
	l = link.ReplaceAllString(strings.Trim(plain(l), " *_-"), "")
	if l == "" || len(l) > 200 || denied.MatchString(l) {
		return false
	}
	for _, d := range devices {
		if d.MatchString(l) {
			return true
		}
	}
	return false
}

// unsign takes a signature and a device's line away (RFC 3676, section 4.3).
func unsign(lines []string) []string {
	for i, l := range lines {
		if strings.TrimRight(plain(l), " ") == "--" {
			if !empty(lines[:i]) {
				lines = lines[:i]
			}
			break
		}
	}
	return trimEnd(lines)
}

// trimEnd takes away what is left at the end and says nothing.
func trimEnd(lines []string) []string {
	for len(lines) > 0 {
		last := lines[len(lines)-1]
		if strings.TrimSpace(plain(last)) != "" && !anyRuler.MatchString(last) && !isDevice(last) {
			break
		}
		lines = lines[:len(lines)-1]
	}
	return lines
}
