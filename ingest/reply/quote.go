package reply

import (
	"regexp"
	"strings"
)

// How mail programs introduce what they quote. Each list is what was seen in
// real mails, in es, ca, en, fr, de, it, pt, nl, gl, eu, pl, ru, uk, sv, da, nb.

// openers begin the line that introduces a quotation; the opener of an
// introduction that begins with its date or its author needs no word.
var openers = alternatives(
	"el", "on", "le", "il", "em", "no dia", "am", "op", "den", "dnia", "w dniu", "på", "missatge de", "mensaje de",
	"às", "quoting", "citando a", "citando", "citant", "cita", "zitat von", "mensaje citado por", "missatge citat per", "vom", "dana", "dne",
)

// shortOpeners begin many a sentence, too: a date or an hour comes right behind.
var shortOpeners = alternatives("en", "a", "o", "at", "pe", "du", "klo")

// verbs say that somebody wrote.
var verbs = alternatives(
	"escribió", "escribio", "ha escrito", "va escriure", "ha escrit", "escrigué", "wrote", "writes", "a écrit", "ha scritto", "scrive", "escreveu", "schrieb", "geschrieben",
	"schreef", "geschreven", "escribiu", "idatzi du", "idatzi zuen", "napisał", "napisała", "napisał(a)", "pisze", "пишет", "написал", "написала", "писал", "пише", "написав",
	"skrev", "følgende", "kirjoitti",
)

// originals stand between rulers, or before a colon, above a mail that was
// passed on or quoted whole.
var originals = alternatives(
	"mensaje original", "missatge original", "original message", "original appointment", "message d'origine", "message original", "ursprüngliche nachricht", "originalnachricht",
	"messaggio originale", "mensagem original", "oorspronkelijk bericht", "mensaxe orixinal", "jatorrizko mezua", "wiadomość oryginalna", "исходное сообщение", "пересылаемое сообщение",
	"оригінальне повідомлення", "ursprungligt meddelande", "opprinnelig melding", "oprindelig meddelelse",
	"mensaje reenviado", "missatge reenviat", "forwarded message", "forwarded by", "message transféré", "message transfere", "weitergeleitete nachricht", "messaggio inoltrato",
	"mensagem encaminhada", "mensagem reencaminhada", "doorgestuurd bericht", "mensaxe reenviada", "birbidalitako mezua", "vidarebefordrat meddelande", "videresendt melding", "videresendt meddelelse",
)

// forwards are the words of Apple's programs above a mail that is passed on.
var forwards = alternatives(
	"inicio del mensaje reenviado", "inici del missatge reenviat", "begin forwarded message", "début du message réexpédié", "début du message transféré", "anfang der weitergeleiteten nachricht",
	"inizio messaggio inoltrato", "início da mensagem reencaminhada", "begin doorgestuurd bericht", "início da mensagem encaminhada",
)

// authors and others are the names of the fields that stand above a mail quoted
// as Outlook does it.
var (
	authors = alternatives("de", "from", "von", "da", "van", "od", "от", "від", "fra", "från", "desde", "nork", "remitente", "remitent", "mittente", "expéditeur", "absender")
	others  = alternatives(
		"enviado el", "enviado", "enviat el", "enviat", "sent", "date", "fecha", "data", "datum", "gesendet", "gesendet am", "envoyé", "envoyé le", "inviato", "inviato il", "enviada em", "enviada", "verzonden",
		"skickat", "sendt", "dato", "отправлено", "дата", "надіслано", "wysłano", "bidalia", "para", "per a", "per", "a", "to", "an", "à", "til", "till", "aan", "do", "кому", "nori", "destinatario", "destinatari",
		"asunto", "assumpte", "tema", "subject", "betreff", "objet", "oggetto", "assunto", "onderwerp", "ämne", "emne", "тема", "temat", "gaia", "cc", "cco", "bcc", "kopia", "kopie", "copia", "còpia", "копия", "importance", "importancia", "importància",
		"responder a", "reply-to", "organization", "adjuntos", "datos adjuntos", "attachments",
	)
)

var (
	introWord   = regexp.MustCompile(`(?i)^(?:(?:` + openers + `)[\s,]|(?:` + shortOpeners + `)\s+(?:\pL{2,10}[.,]{0,2}\s+)?\d)`)
	introDate   = regexp.MustCompile(`(?i)^(?:\pL{2,10}[.,]{0,2} )?(?:\d{4}[-/.]\d{1,2}[-/.]\d{1,2}|\d{1,2}[-/.]\d{1,2}[-/.]\d{2,4}|\d{1,2}\.? (?:de )?\pL{3,12}\.?,? (?:de |del )?\d{4}|\pL{3,12} \d{1,2},? \d{4})`)
	introAuthor = regexp.MustCompile(`^"?[^<>@:;!?]{1,80}"?\s*<[^<>\s]+@[^<>\s]+>`)
	messageFrom = regexp.MustCompile(`(?i)^(?:missatge de|mensaje de|mensaje citado por|missatge citat per|citando a|citando|citant|cita|quoting|zitat von)\s`)
	says        = regexp.MustCompile(`(?i)(?:^|[\s"”>)])(?:` + verbs + `)(?:[\s:(<"“-]|$)`)
	// saysLast: nothing stands behind the verb but a name, an address or a date.
	saysLast = regexp.MustCompile(`(?i:` + verbs + `)[\s:]*(?:$|[<"“(\d\p{Lu}]|\S+@)`)
	// toSomebody: a person tells who wrote to whom.
	toSomebody = regexp.MustCompile(`(?i)[\s.>)](?:(?:me|nos|os|te|em|ens|us)\s+|m['’])(?:` + verbs + `)`)
	authored   = regexp.MustCompile(`<[^\s<>]+@[^\s<>]+>\)?\s*:$`)
	dated      = regexp.MustCompile(`\d{1,4}[/.-]\d{1,2}|\b(?:19|20)\d{2}\b|\b\d{1,2}[:.h]\d{2}\b`)
	clock      = regexp.MustCompile(`\b\d{1,2}[:.h]\d{2}\b`)
	addressed  = regexp.MustCompile(`<?[^\s<>]+@[^\s<>]+>?`)
	between    = regexp.MustCompile(`(?i)^[*\s]*[-_=–—][-_*=–—\s]+(?:` + originals + `)\b[^\n]{0,100}$|^(?:` + originals + `)\s*:?\s*[-_*=–—]{2,}\s*$|` +
		`^-{4,}\s*(?:` + originals + `)\s*-{4,}\s*(?:` + authors + `)\s*:`)
	dashed     = regexp.MustCompile(`(?i)^-{2,}\s*.{2,200}(?:` + verbs + `)\s*-{2,}\s*$`)
	applesWord = regexp.MustCompile(`(?i)^(?:` + forwards + `)\s*:?$`)
	groupwise  = regexp.MustCompile(`^>>> .{3,200}(?:>>>|\d{1,2}[:.]\d{2}.*)\s*$`)
	authorLine = regexp.MustCompile(`(?i)^[\s*_]*(?:` + authors + `)[\s*_]*:[\s*_]*(.*)$`)
	named      = regexp.MustCompile(`^[\s"'«(\[]*\pL`) // hours and days are nobody's name
	since      = regexp.MustCompile(`(?i)^[\s*_]*desde\b`)
	fieldLine  = regexp.MustCompile(`(?i)^[\s*_]*(?:` + authors + `|` + others + `)[\s*_]*:`)
	anyRuler   = regexp.MustCompile(`^\s*[_\-*=–—]{2,}\s*$`)
	// ours is the line above which our letters ask to write.
	ours = regexp.MustCompile(`^[>\s]*[—–-]{3} (?:Escriba su respuesta por encima de esta línea|Escriga la resposta per damunt d'esta línia|Please write your answer above this line) [—–-]{3}\s*$`)
)

func alternatives(words ...string) string {
	quoted := make([]string, len(words))
	for i, w := range words {
		quoted[i] = regexp.QuoteMeta(w)
	}
	return strings.Join(quoted, "|")
}

// Introductions are broken over a few lines, and their lines are not long.
const (
	introLines  = 4
	introLength = 400
)

// plain is a line as the patterns want it: mail programs put no-break spaces
// and marks for the direction of writing into dates.
var plain = strings.NewReplacer("\u00a0", " ", "\u202f", " ", "\u200e", "", "\u200f", "", "\u200b", "", "\u2063", "", "\ufeff", "", "\u00ad", "", "\t", " ").Replace

// introduces reports over how many lines, from i on, a quotation is introduced.
func introduces(lines []string, i int) int {
	first := strings.TrimSpace(plain(lines[i][:min(len(lines[i]), introLength)]))
	if !strings.Contains(first, "<") && !introWord.MatchString(first+" ") && !introDate.MatchString(first) {
		return 0 // most lines end here, and the patterns below take their time
	}
	joined := ""
	for n := 1; n <= introLines && i+n <= len(lines); n++ {
		l := strings.TrimSpace(plain(lines[i+n-1]))
		if l == "" || n == 1 && isQuoted(l) || len(joined)+len(l) > introLength {
			return 0
		}
		joined = strings.TrimSpace(joined + " " + l)
		if !strings.ContainsAny(joined, "0123456789@") {
			continue
		}
		below := followed(lines[i+n:])
		if (below || strings.HasSuffix(joined, ":")) && isIntroduction(joined, below) {
			return n
		}
	}
	return 0
}

// isIntroduction knows "On 5 Jan 2026, at 10:12, X <x@y> wrote:" and its like.
// Who merely tells that somebody wrote gives no date or address with it, or goes
// on. below: quoted lines follow.
func isIntroduction(s string, below bool) bool {
	date, author := introDate.MatchString(s), introAuthor.MatchString(s)
	if !date && !author && !introWord.MatchString(s) {
		return false
	}
	end := strings.HasSuffix(s, ":")
	whole := dated.MatchString(s) && (addressed.MatchString(s) || below)
	if says.MatchString(s) {
		if toSomebody.MatchString(s) {
			return false
		}
		if !below && !date && !author && !saysLast.MatchString(s) {
			return false
		}
		ends := end || says.MatchString(s[max(0, strings.LastIndexByte(s, ' ')):])
		return ends && (whole || below && dated.MatchString(s) || date && clock.MatchString(s) || below && addressed.MatchString(s))
	}
	if messageFrom.MatchString(s) {
		return end && addressed.MatchString(s)
	}
	return date && (authored.MatchString(s) || below && addressed.MatchString(s) && (end || strings.HasSuffix(s, ">")))
}

// followed reports whether the next words, not far below, are marked as quoted.
func followed(lines []string) bool {
	for _, l := range lines[:min(len(lines), 10)] {
		if l = strings.TrimSpace(l); l != "" {
			return l[0] == '>' || l[0] == '|'
		}
	}
	return false
}

// opens reports whether a block begins at i under which everything is quoted,
// marked or not.
func opens(lines []string, i int) bool {
	l := strings.TrimSpace(plain(lines[i]))
	if len(l) > introLength || l == "" {
		return false
	}
	if groupwise.MatchString(l) || ours.MatchString(l) {
		return true
	}
	for l != "" && l[0] == '>' {
		l = strings.TrimSpace(l[1:])
	}
	return between.MatchString(l) || dashed.MatchString(l) || applesWord.MatchString(l) || headers(lines, i)
}

// headers reports whether the fields of a mail stand at i, as Outlook quotes
// them: its author among them and two more, or one if the author has an address.
// "Desde" is a day's more often than an author's, and asks for the address.
func headers(lines []string, i int) bool {
	bare := func(l string) string { return strings.TrimLeft(plain(l), "> ") }
	if !fieldLine.MatchString(bare(lines[i])) {
		return false
	}
	fields, author, address := 0, false, false
	for _, l := range lines[i:min(i+12, len(lines))] {
		l = bare(l)
		if len(l) > 4*introLength || strings.TrimSpace(l) == "" && fields > 1 {
			break // the end of the block
		}
		if !fieldLine.MatchString(l) {
			continue // the rest of a field
		}
		fields++
		if m := authorLine.FindStringSubmatch(l); m != nil {
			has := addressed.MatchString(m[1])
			author = author || has || named.MatchString(m[1]) && !since.MatchString(l)
			address = address || has
		}
	}
	return author && (fields >= 3 || fields == 2 && address)
}

func isQuoted(l string) bool { return strings.HasPrefix(strings.TrimLeft(l, " \t"), ">") }
