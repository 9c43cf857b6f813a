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
	"în", "en un mensaje con fecha", "en un missatge amb data", "in a message dated", "dans un message daté", "in einer nachricht vom",
	"às", "quoting", "citando a", "citando", "citant", "cita", "zitat von", "mensaje citado por", "missatge citat per", "vom", "dana", "dne",
)

// shortOpeners begin many a sentence, too: a date or an hour comes right behind.
var shortOpeners = alternatives("en", "a", "o", "at", "pe", "du", "klo")

// verbs say that somebody wrote.
var verbs = alternatives(
	"escribió", "escribio", "ha escrito", "va escriure", "ha escrit", "escrigué", "wrote", "writes", "a écrit", "ha scritto", "scrive", "escreveu", "schrieb", "geschrieben",
	"schreef", "geschreven", "escribiu", "idatzi du", "idatzi zuen", "napisał", "napisała", "napisał(a)", "pisze", "пишет", "написал", "написала", "писал", "пише", "написав",
	"skrev", "følgende", "kirjoitti", "a scris", "escribe", "escriu",
)

// originals stand between rulers, or before a colon, above a mail that was
// passed on or quoted whole.
var originals = alternatives(
	"mensaje original", "missatge original", "original message", "original appointment", "message d'origine", "message original", "ursprüngliche nachricht", "originalnachricht",
	"messaggio originale", "mensagem original", "oorspronkelijk bericht", "mensaxe orixinal", "jatorrizko mezua", "wiadomość oryginalna", "исходное сообщение", "пересылаемое сообщение",
	"оригінальне повідомлення", "ursprungligt meddelande", "opprinnelig melding", "oprindelig meddelelse",
	"mensaje reenviado", "missatge reenviat", "forwarded message", "forwarded by", "message transféré", "message transfere", "weitergeleitete nachricht", "messaggio inoltrato",
	"remitido por", "reenviado por", "reenviat per", "remés per", "inoltrato da", "transféré par", "weitergeleitet von", "mensagem encaminhada", "mensagem reencaminhada", "doorgestuurd bericht", "mensaxe reenviada", "birbidalitako mezua", "vidarebefordrat meddelande", "videresendt melding", "videresendt meddelelse",
)

// forwards are the words of Apple's programs above a mail that is passed on.
var forwards = alternatives(
	"inicio del mensaje reenviado", "inici del missatge reenviat", "begin forwarded message", "début du message réexpédié", "début du message transféré", "anfang der weitergeleiteten nachricht",
	"inizio messaggio inoltrato", "início da mensagem reencaminhada", "begin doorgestuurd bericht", "início da mensagem encaminhada",
)

var (
	introWord   = regexp.MustCompile(`(?i)^(?:(?:` + openers + `)[\s,]|(?:` + shortOpeners + `)\s+(?:\pL{2,10}[.,]{0,2}\s+)?\d)`)
	introDate   = regexp.MustCompile(`(?i)^(?:\pL{2,10}[.,]{0,2} |o )?(?:\d{4}[-/.]\d{1,2}[-/.]\d{1,2}|\d{1,2}[-/.]\d{1,2}[-/.]\d{2,4}|\d{1,2}\.? (?:de )?\pL{3,12}\.?,? (?:de |del )?\d{4}|\pL{3,12} \d{1,2},? \d{4})`)
	introAuthor = regexp.MustCompile(`^"?[^<>@:;!?]{1,80}"?\s*<[^<>\s]+@[^<>\s]+>`)
	messageFrom = regexp.MustCompile(`(?i)^(?:missatge de|mensaje de|mensaje citado por|missatge citat per|citando a|citando|citant|cita|quoting|zitat von)\s`)
	says        = regexp.MustCompile(`(?i)(?:^|[\s"”>)])(?:` + verbs + `)(?:[\s:(<"“-]|$)`)
	// saysLast: nothing stands behind the verb but a name, an address or a date.
	saysLast = regexp.MustCompile(`(?i:` + verbs + `)[\s:]*(?:$|[<"“(\d\p{Lu}]|\S+@)`)
	// toSomebody: a person tells who wrote to whom.
	toSomebody = regexp.MustCompile(`(?i)[\s.>)](?:(?:me|nos|os|te|em|ens|us)\s+|m['’])(?:` + verbs + `)`)
	// toAddress: likewise, "escribió a soporte@…".
	toAddress = regexp.MustCompile(`(?i)(?:` + verbs + `)\s+(?:a|al|als|to|à|an)\s`)
	// byWhom ends what begins with date and hour, where no verb says it.
	byWhom = regexp.MustCompile(`(?i)\s(?:por|per|by|von|da|par|de|door)\s+<?[^\s<>]+@[^\s<>]+>?\s*:$`)
	// someName: what names an author in an introduction, not the words of a sentence.
	someName = `["'“‘(\[<]*(?:\p{Lu}|\S+@)`
	cited    = regexp.MustCompile(`^(?i:missatge de|mensaje de|mensaje citado por|missatge citat per|citando a|citando|citant|cita|quoting|zitat von)\s+` + someName)
	// weekday: opener and day of the week before the date.
	weekday = regexp.MustCompile(`(?i)^(?:el|on|le|il|am|em|o)\s+\pL{2,12}[.,]{0,2}\s+(?:\d{1,2}|\pL{3,10}\.?\s\d{1,2})\D`)
	// Somebody who tells of "el proveedor" names him with an article; programs give a name.
	article   = regexp.MustCompile(`(?i)\d[:.h]\d{2}(?::\d{2})?\s*(?:h|hs|horas|hores|[ap]\.?\s?m)?\.?,?\s+(?:l['’]\pL|(?:el|la|los|las|els|les|un|una|mi|nuestr[oa]|su|al|the|a|our|my|your|their|le|der|die|das|il|lo|o)\s+\pL)`)
	authored  = regexp.MustCompile(`<[^\s<>]+@[^\s<>]+>\)?\s*:$`)
	dated     = regexp.MustCompile(`\d{1,4}[/.-]\d{1,2}|\b(?:19|20)\d{2}\b|\b\d{1,2}[:.h]\d{2}\b`)
	clock     = regexp.MustCompile(`\b\d{1,2}[:.h]\d{2}\b`)
	addressed = regexp.MustCompile(`<?[^\s<>]+@[^\s<>]+>?`)
	between   = regexp.MustCompile(`(?i)^[*\s]*[-_=–—][-_*=–—\s]+(?:` + originals + `)\b[^\n]{0,100}$|^(?:` + originals + `)\s*:?\s*[-_*=–—]{2,}\s*$|` +
		`^-{4,}\s*(?:` + originals + `)\s*-{4,}\s*\pL[\pL ]{0,12}\s*:`)
	dashed = regexp.MustCompile(`(?i)^-{2,}\s*.{2,200}(?:` + verbs + `)\s*:?\s*-{2,}\s*$`)
	// notes is how HCL Notes introduces: name, moment, and how the mail began.
	notes     = regexp.MustCompile(`^[^-:]{2,80}-{3}\d{1,2}[/.-]\d{1,2}[/.-]\d{2,4},? \d{1,2}[:.]\d{2}[^-]{0,20}-{3}`)
	nextcloud = regexp.MustCompile(`^"[^"]{1,80}" <?[^\s<>]+@[^\s<>]+>? – .{6,40}$`)
	starred   = regexp.MustCompile(`^\* [^<>:]{1,80}<[^\s<>]+@[^\s<>]+> \[.{6,40}\]:$`)
	// inOneLine: the fields of a mail that a program has run together.
	inOneLine = regexp.MustCompile(`(?i)^(?:de|from|von|da)\s?:.{2,200}\s(?:enviado(?: el)?|enviat(?: el)?|sent|fecha|data|date|gesendet|envoyé|inviato)\s?:.{4,80}\b\d{1,2}[:.]\d{2}\b.*\s(?:asunto|assumpte|tema|subject|betreff|objet|oggetto)\s?:`)
	// authorOnly: a name and a verb, at most with the moment, as SeaMonkey and Postbox have it.
	authorOnly = regexp.MustCompile(`^["“]?\p{Lu}[\pL.'’-]*(?:\(e\)k)?(?:,? (?:(?:de|del|de la|i|y|van|von|da|dos|d')\b|\p{Lu}[\pL.'’-]*(?:\(e\)k)?)){0,5}["”]?(?: <[^\s<>]+>)?(?: \d{1,4}[/.-]\d{1,2}[^:]{0,12}:\d{2}\S{0,8})? (?i:` + verbs + `)(?: (?i:el|on|le|am|il)\b.{6,40})?\s*:$`)
	applesWord = regexp.MustCompile(`(?i)^(?:` + forwards + `)\s*:?$`)
	groupwise  = regexp.MustCompile(`^>>> .{3,200}(?:>>>|\d{1,2}[:.]\d{2}.*)\s*$`)
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
	first := strings.TrimLeft(plain(lines[i][:min(len(lines[i]), introLength)]), " *_")
	dashes := strings.HasPrefix(first, "---") // Zoho puts them around it
	if dashes {
		first = strings.TrimLeft(first, "- ")
	}
	if !strings.Contains(first, "<") && !introWord.MatchString(first+" ") && !introDate.MatchString(first) {
		return nameAlone(lines, i) // most lines end here, and the patterns below take their time
	}
	joined := ""
	for n := 1; n <= introLines && i+n <= len(lines); n++ {
		l := strings.TrimSpace(plain(lines[i+n-1]))
		if l == "" || n == 1 && isQuoted(l) || len(joined)+len(l) > introLength {
			break
		}
		if strings.HasSuffix(joined, ":") {
			break // a sentence has ended, and another follows
		}
		joined = strings.Trim(joined+" "+l, " *_") // it may be bold
		if dashes {
			joined = strings.TrimLeft(joined, "- ")
			if bare := strings.TrimRight(joined, "-"); len(bare) < len(joined) {
				joined = strings.TrimRight(bare, " :") + ":"
			}
		}
		if !strings.ContainsAny(joined, "0123456789@") {
			continue
		}
		below := followed(lines[i+n:])
		if (below || strings.HasSuffix(joined, ":")) && isIntroduction(joined, below) {
			if dashes && i+n < len(lines) && anyRuler.MatchString(lines[i+n]) {
				n++
			}
			return n
		}
	}
	return nameAlone(lines, i)
}

// nameAlone reports one line if it introduces with a name and little else. It has
// to stand by itself, directly above quoted lines: "Pepe escribió:" is said by
// people, too.
func nameAlone(lines []string, i int) int {
	if len(lines[i]) > introLength {
		return 0
	}
	l := strings.TrimSpace(plain(lines[i]))
	if !strings.HasSuffix(l, ":") && !strings.HasPrefix(l, `"`) {
		return 0
	}
	if nextcloud.MatchString(l) && (clock.MatchString(l) || followed(lines[i+1:])) {
		return 1
	}
	if !followed(lines[i+1:]) {
		return 0
	}
	alone := i == 0 || strings.TrimSpace(plain(lines[i-1])) == ""
	if starred.MatchString(l) || alone && authorOnly.MatchString(l) && !toldOf[fold(strings.Trim(strings.Fields(l)[0], `"“,.`))] {
		return 1
	}
	return 0
}

// toldOf begin a sentence in which a person tells that somebody wrote.
var toldOf = words("ayer anteayer hoy luego entonces despues antes ahora tambien alguien quien como cuando donde y pero el la los las un una mi su nuestro esto eso ahir hui avui llavors despres tambe algu qui quan on els les yesterday today then later somebody someone the my our he she they it this that who when")

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
		if toSomebody.MatchString(s) || toAddress.MatchString(s) || !below && !date && introWord.MatchString(s) && lateDate(s) {
			return false
		}
		if !below && !date && !author && !saysLast.MatchString(s) {
			return false
		}
		if !below && (article.MatchString(s) || date && !clock.MatchString(s)) && !addressed.MatchString(s) {
			return false
		}
		ends := end || says.MatchString(s[max(0, strings.LastIndexByte(s, ' ')):])
		return ends && (whole || below && dated.MatchString(s) || (date || weekday.MatchString(s)) && clock.MatchString(s) || below && addressed.MatchString(s))
	}
	if messageFrom.MatchString(s) {
		return below && dated.MatchString(s) || end && addressed.MatchString(s) && (below || cited.MatchString(s) || clock.MatchString(s))
	}
	if date && end && clock.MatchString(s) && byWhom.MatchString(s) {
		return true
	}
	return date && (below || clock.MatchString(s)) && (authored.MatchString(s) || below && addressed.MatchString(s) && (end || strings.HasSuffix(s, ">")))
}

// lateDate reports whether more words stand before the date than programs put there:
// "el correo que escribió María el 12/01".
func lateDate(s string) bool {
	digit := strings.IndexAny(s, "0123456789")
	return digit < 0 || len(strings.Fields(s[:digit])) > dateWords && !messageFrom.MatchString(s)
}

// dateWords is how many words stand before a date at most: "En un mensaje con fecha".
const dateWords = 5

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
	switch {
	case between.MatchString(l) || dashed.MatchString(l) || strings.Contains(l, "---") && notes.MatchString(l):
		return true
	case applesWord.MatchString(l):
		return strings.HasSuffix(l, ":") || i+2 < len(lines) && (headers(lines, i+1) || headers(lines, i+2))
	}
	return headers(lines, i) || isField(l) && inOneLine.MatchString(l)
}

func isQuoted(l string) bool { return strings.HasPrefix(strings.TrimLeft(l, " \t"), ">") }
