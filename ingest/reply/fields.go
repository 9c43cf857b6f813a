package reply

import (
	"regexp"
	"strings"
)

// A fieldKind says what a field tells of a mail.
type fieldKind int

const (
	noField fieldKind = iota
	author
	moment
	subject
	other
)

// fields are the names of those that mail programs set above a mail they quote, as
// Outlook does it.
var fields = fieldNames(map[fieldKind][]string{
	author: {"de", "from", "von", "da", "van", "od", "от", "від", "fra", "från", "desde", "nork", "de la", "remitente", "remitent", "mittente", "expéditeur", "absender"},
	moment: {
		"enviado el", "enviado", "enviado o", "enviados", "enviat el", "enviat", "enviats", "sent", "date", "fecha", "data", "datum", "gesendet", "gesendet am", "envoyé", "envoyé le", "inviato", "inviato il",
		"enviada em", "enviada el", "enviada", "verzonden", "skickat", "sendt", "dato", "отправлено", "дата", "надіслано", "wysłano", "bidalia", "trimis",
	},
	subject: {"asunto", "assumpte", "tema", "subject", "betreff", "objet", "oggetto", "ogg", "assunto", "onderwerp", "ämne", "emne", "тема", "temat", "gaia", "subiect"},
	other: {
		"para", "per a", "per", "a", "to", "an", "à", "til", "till", "aan", "do", "кому", "către", "nori", "destinatario", "destinatari",
		"cc", "cco", "bcc", "a/c", "kopia", "kopie", "copia", "còpia", "copie à", "копия", "importance", "importancia", "importància",
		"responder a", "reply-to", "organization", "adjuntos", "datos adjuntos", "attachments",
	},
})

func fieldNames(lists map[fieldKind][]string) map[string]fieldKind {
	kinds := map[string]fieldKind{}
	for kind, names := range lists {
		for _, name := range names {
			kinds[name] = kind
		}
	}
	return kinds
}

// longestField is how long the name of a field is at most, with what makes it bold.
const longestField = 40

// field takes a field apart: "*De :* Batlia".
func field(l string) (kind fieldKind, name, value string) {
	colon := strings.IndexByte(l[:min(len(l), longestField)], ':')
	if colon < 0 {
		return noField, "", ""
	}
	name = strings.ToLower(strings.Trim(l[:colon], " *_"))
	return fields[name], name, strings.TrimLeft(l[colon+1:], " *_")
}

var (
	named = regexp.MustCompile(`^["'«(\[]*\pL`) // hours and days are nobody's name
	// monthName: a date of words and figures.
	monthName = regexp.MustCompile(`:.*\d.*\pL{3}.*\d{4}`)
	// answered is a subject that only mails have.
	answered = regexp.MustCompile(`(?i)^(?:re|rv|fw|fwd|tr|aw|wg|r|i|res|enc|sv|vs)(?:\[\d+\])?\s?:|\[\p{Lu}{2,6}-\d+\]`)
)

// headerSpan is how many lines the fields of a mail take.
const headerSpan = 14

// headers reports whether the fields of a mail stand at i, as Outlook quotes
// them. People write "De:", "Para:" and "Fecha:" above lines of their own, and
// addresses behind them; but mails tell the hour, have the subject of an answer, or
// stand below a ruler. Where the author has no address, he is the first of four, or
// of three if the date is written out.
// "Desde" is a day's more often than an author's, and asks for the address.
func headers(lines []string, i int) bool {
	bare := func(l string) string { return strings.TrimLeft(plain(l[:min(len(l), 4*introLength)]), "> ") }
	if kind, _, _ := field(bare(lines[i])); kind == noField {
		return false
	}
	var n int
	var someone, address, sent, long bool
	in := noField
	for at, l := range lines[i:min(i+headerSpan, len(lines))] {
		if len(l) > 4*introLength || anyRuler.MatchString(l) {
			break
		}
		if l = bare(l); strings.TrimSpace(l) == "" {
			// Some programs make a paragraph of each field.
			if next := i + at + 1; next == len(lines) || !isField(bare(lines[next])) {
				break // the end of the block
			}
			continue
		}
		if kind, name, value := field(l); kind != noField {
			n++
			in = kind
			switch kind {
			case author:
				has := strings.Contains(value, "@") && addressed.MatchString(value)
				someone = someone || has || name != "desde" && named.MatchString(value)
				address = address || has
			case subject:
				sent = sent || answered.MatchString(value)
			}
		} // else it is the rest of a field
		if in == moment {
			sent = sent || clock.MatchString(l)
			long = long || monthName.MatchString(l)
		}
	}
	ruled := underRuler(lines, i)
	switch {
	case !someone:
		return false
	case address:
		return n >= 2 && (sent || ruled)
	}
	first, _, _ := field(bare(lines[i]))
	return n >= 3 && (ruled || sent && first == author && (n >= 4 || long))
}

func isField(l string) bool {
	kind, _, _ := field(l)
	return kind != noField
}

// underRuler reports whether a line of underscores or dashes stands above a line,
// as Outlook draws it.
func underRuler(lines []string, i int) bool {
	for j := i - 1; j >= max(0, i-2); j-- {
		if l := strings.TrimSpace(plain(lines[j])); l != "" {
			return len(l) >= 5 && strings.Trim(l, "_-") == ""
		}
	}
	return false
}
