package ingest

import (
	"regexp"
	"slices"
	"strings"
)

// A bounce without a delivery report is text for people, in the words of the
// program that wrote it. Three things together tell it: a mail system sent it,
// it says that a mail was not delivered, and it shows of which: a recipient, the
// other server's answer or the mail that comes back. Each of them alone a person
// can write, too.

var (
	// daemon is a mail system's address; nobody else writes from it.
	daemon = regexp.MustCompile(`(?i)^(?:mailer[-_.]?daemon|mail[-_.]?daemon|maildaemon|double-bounce|microsoftexchange[0-9a-f]{32}|mdaemon)(?:@|$)`)
	// attended are addresses of mail systems behind which people sit, too.
	attended   = regexp.MustCompile(`(?i)^(?:post[-_]?master|mail-?admin\w*|no[-_.]?reply|(?:mail)?administrator|bounces?|virus-?alert|content-?filter)@`)
	systemName = regexp.MustCompile(`(?i)^"?(?:mail(?:er)?[- ]?(?:delivery|deliver|daemon)|internet mail delivery|system administrator|postmaster|administrador del sistema|sistema de (?:entrega de )?corr(?:eo|eu)|content-filter at)\b`)

	// undeliveredSubject is how mail systems begin the subjects of bounces.
	undeliveredSubject = regexp.MustCompile(`(?i)^\W*(?:` + strings.Join([]string{
		`undeliver(?:ed|able)`, `delivery (?:status|fail|problem|has failed|notification|error|report|final)`, `(?:failure|failed|fail) (?:notice|delivery|notification)`, `returned (?:mail|to sender)`, `returning (?:mail|message)`,
		`(?:mail|message|e-?mail) (?:delivery|system error|failure|could not|status notification|was not|not delivered|undeliver|has been (?:returned|delayed))`, `nondeliverable`, `non[- ]?deliver`, `bounce\b`, `warning: (?:message|could not|e-?mail)`, `there was an error sending`,
		`could ?n[o']t (?:be )?(?:send|sent|deliver)`, `not delivered`, `error (?:de|en) (?:la )?entrega`, `(?:mensaje|correo|missatge|correu) (?:no )?(?:entregado|devuelto|lliurat|retornat|devolgut)`, `no (?:se )?(?:ha |pudo |puede )?(?:podido |pogut )?(?:entreg|lliur)`, `no s'ha pogut (?:lliurar|entregar)`,
		`no es pot (?:lliurar|entregar)`, `no s'ha (?:lliurat|entregat)`, `(?:entrega|lliurament) (?:de corr(?:eo|eu) )?(?:retrasad[oa]|fallid[oa]|retardat)`, `delivery delayed`, `delayed mail`, `(?:correo|correu|corr\pL+) retras`, `(?:aviso|av[ií]s|notificaci[oó]n?) de (?:fallo|fallada|error)`, `(?:devoluci[oó]n?|retorn) de (?:corr|mensaje|missatge)`, `corr(?:eo|eu) (?:devuelto|retrasado|retornat|devolgut)`, `fallo (?:de|en la) entrega`, `(?:virus|banned)\b.{0,60}\bfrom you\b`, `message rejected`, `se devuelve al remitente`,
		`notificaci[oó]n? de(?:l)? (?:estado de|estat del?) (?:la )?(?:entrega|lliurament)`, `unzustellbar`, `nachricht (?:nicht|konnte)`, `non (?:remis|recapit|consegnat)`, `mancato recapito`, `impossible de remettre`, `[ée]chec (?:de|d')`, `n[ãa]o (?:é possível |foi )?entreg`, `non se p(?:ode|uido) entreg`, `ezin (?:da|izan da) entregatu`, `onbestelbaar`, `не доставлен`, `mensaje devuelto`, `ваше сообщение не`, `недоставлен`, `niedostarcz`, `メールエラー`, `配[信送]`, `メッセージを配`,
	}, "|") + `)|mail failure\.?$`)

	// undelivered is how their texts say it, in the first lines.
	undelivered = regexp.MustCompile(`(?i)` + strings.Join([]string{
		`could(?: not|n't)\s+be\s+(?:delivered|sent)`, `(?:was|were|been|is) not (?:yet )?(?:be )?delivered`, `has not (?:yet )?been delivered`, `did not reach the following`, `cannot be delivered`, `can(?:not|'t) deliver`, `(?:un|not )able to deliver`, `wasn't able to deliver`, `(?:error|trouble|problem)s? (?:while )?(?:trying to )?deliver`, `delivering your (?:mail|message)`,
		`delivery to the following`, `delivery (?:has )?fail`, `failed (?:addresses|permanently|recipient)`, `following (?:recipients?|address(?:\(?es\)?)?|destinations?).{0,30}(?:had|fail|was rejected|were|has)`, `each of the following recipients was rejected`, `had (?:permanent |transient )?(?:fatal|delivery) (?:errors|problems)`, `undeliverable to`, `message non-?deliverable`, `transcript of session follows`, `failure reasons`, `invalid user address`, `unknown (?:user|host):`, `mailbox exceeds`, `addresses had delivery problems`, `has been blocked`, `did not like our`,
		`sent\W+rcpt to:`, `was undeliverable`, `failed to deliver to`, `(?:has|have)n'?t been delivered yet`, `delivery is delayed to`, `permanent fatal delivery errors`, `following recipients? as unknown`, `delivery of the email was stopped`, `(?:was|has been|were) (?:automatically )?rejected\b`, `not been delivered`, `has been delayed`,
		`se ha retrasado la entrega`, `s'ha retardat el lliurament`, `(?:todav[ií]a|a[uú]n) no se ha entregado`, `no se ha entregado`, `encara no s'ha lliurat`, `no (?:he|hemos|ha|pudo|puede|ha sido|fue) (?:podido|posible)?\s*(?:ser )?entrega`, `(?:fallo|error) (?:de|en) (?:la )?entrega`, `no se ha podido realizar la entrega`, `no ha sido entregad`, `(?:ha sido|ha estat) (?:devuelto|bloqueado|rechazado|retornat|rebutjat)`, `[eé]chec de la remise`, `non se puido entregar`,
		`error en (?:el )?lliura(?:r|ment)`, `no se ha (?:podido )?entrega`, `no (?:se )?(?:pudo|puede|ha podido) (?:ser )?entrega`, `error (?:de|en la|al) entrega`, `no (?:ha llegado|lleg[óo]) a (?:todos|algun|ningun|los)`, `no (?:ha arribat|va arribar) a (?:tots|algun|cap)`, `error en (?:lliurar|entregar)`, `no s'ha (?:pogut )?(?:lliura|entrega)`, `konnte nicht zugestellt`, `n'a (?:pas )?(?:pu être|été) (?:remis|distribué|envoyé)`, `non è stato (?:possibile )?(?:recapita|consegna)`, `não (?:pôde|foi)(?: possível)? (?:ser )?entreg`, `falha na entrega`, `ezin izan da mezua`, `kan niet worden bezorgd`, `bezorging is mislukt`, `fehler bei der nachrichtenzustellung`, `delivery of [^\n]{1,80} (?:has |have )?failed`, `не может быть доставлено`, `送信(?:できません|に失敗)`, `受信者に配`,
	}, "|"))

	// delaying: a warning, the mail system will try again.
	delaying = regexp.MustCompile(`(?i)warning message only|will be retried|has not yet been delivered|has been delayed|delivery attempts will continue|no action is required on your part|se seguir[aá] intentando|es continuar[aà] intentant|seguir[aá] intentando entregar|continuar[aà] intentant lliurar|se ha retrasado la entrega|s'ha retardat el lliurament|delivery is delayed to|hasn't been delivered yet|message still undelivered|solo un aviso|this is a warning only`)

	// givenUp: no warning after all.
	givenUp = regexp.MustCompile(`(?i)giving up|given up|permanent error|dejado de intentar|deixat d'intentar`)

	// smtpReply is what another server answered, where a reply may stand.
	smtpReply = regexp.MustCompile(`(?m)(?:^[ \t]*(?:<<< )?|[:>(\["#;] ?|, )([45]\d\d)(?:[ -]|: ?|, )\S`)

	// comesBack begins, in a text, the mail that comes back.
	comesBack = regexp.MustCompile(`(?im)^[ \t>]*(?:` + strings.Join([]string{
		`[-=*]{2,}[^\n]{0,40}(?:original (?:message|mail)|copy of (?:the|your) message|header of the original|unsent message|returned message|message header|message text follows)[^\n]{0,60}$`,
		`(?:message headers|original (?:message|mail)) (?:follows?|as follows)\b[^\n]*$`, `included is a copy of the message[^\n]*$`, `original mail as follows[^\n]*$`,
		`(?:received|return-path|dkim-signature|x-received|x-original-to|delivered-to|arc-seal):`,
	}, "|") + `)`)
)

// A bounceText is a bounce's text for people, without the mail that comes back.
type bounceText struct {
	report   string
	returned string
}

// Mail systems speak briefly; what is longer is the mail that comes back.
const (
	maxReport     = 64 << 10
	maxBounceText = 256 << 10
)

func bounceTextOf(text string) bounceText {
	text = short(text, maxBounceText)
	if at := comesBack.FindStringIndex(text); at != nil {
		return bounceText{short(text[:at[0]], maxReport), text[at[0]:]}
	}
	return bounceText{report: short(text, maxReport)}
}

// opening is where a mail system says at once what the matter is.
func (b bounceText) opening() string {
	const enough = 1200
	return short(b.report, enough)
}

// short cuts a text between two letters.
func short(s string, most int) string {
	if len(s) <= most {
		return s
	}
	return strings.ToValidUTF8(s[:most], "")
}

// origin tells how much a mail looks like a mail system's.
type origin int

const (
	fromAnybody  origin = iota
	unreturned          // an empty Return-Path above a person's address: a robot, or a server that is careless
	fromAttended        // a mail system's address, but people write from it, too
	fromSystem
)

func originOf(m *Message) origin {
	from := m.Header.Get("From")
	address, name := "", from
	if m.From != nil {
		address, name = m.From.Address, m.From.Name
	}
	returnPath := strings.Trim(m.Header.Get("Return-Path"), "<> ")
	switch {
	case daemon.MatchString(address), daemon.MatchString(returnPath), slices.ContainsFunc(m.Header, func(f Field) bool { return strings.EqualFold(f.Name, "X-MS-Exchange-Message-Is-Ndr") }),
		m.From == nil && (systemName.MatchString(from) || daemon.MatchString(from) || strings.HasSuffix(strings.TrimSpace(from), "<>")):
		return fromSystem
	case attended.MatchString(address), systemName.MatchString(name):
		if nullReturnPath(m.Header) {
			return fromSystem
		}
		return fromAttended
	case nullReturnPath(m.Header):
		return unreturned
	}
	return fromAnybody
}

// plainBounce knows a bounce without a report.
func plainBounce(m *Message, tree *part) *Bounce {
	named := m.Header.Get("X-Failed-Recipients") != ""
	origin := originOf(m)
	if !named && origin == fromAnybody {
		return nil
	}
	text := bounceTextOf(m.Text)
	if !named && !saysUndelivered(m, text, origin, returnedHeaders(tree, text)) {
		return nil
	}
	b := &Bounce{Recipients: failedRecipients(m, tree, text), OriginalMessageID: returnedID(m, tree)}
	shown := len(b.Recipients) > 0 || b.OriginalMessageID != nil || smtpReply.MatchString(text.report) && (origin != fromAttended || m.Header.Get("Return-Path") == "")
	if !named && !shown && !(daemon.MatchString(addressOf(m)) && undeliveredSubject.MatchString(m.Subject) && undelivered.MatchString(text.opening())) {
		return nil
	}
	return b
}

// greeting is how people begin, and mail systems seldom do.
var greeting = regexp.MustCompile(`(?i)^\W*(?:hola|buen[oa]s\b|bon dia|bona (?:vesprada|tarda)|bones|hi[ ,]|hello|dear|good (?:morning|afternoon)|estimad|benvolgu|apreciad|bonjour|guten tag)`)

var (
	// ownWords are what people say of what came back to them.
	ownWords = regexp.MustCompile(`(?i)(?:^|[\s(])(?:(?:me|nos|em|ens) (?:(?:l[oae]s?|ho|els?|ha|han|est[aá]n?|siguen?|vienen?|est[aà]|segueix(?:en)?) )?(?:lleg|sal|dev|rebot|apar|dic|da\b|dan\b|torn|arrib|diu|diuen|surt|rebut|retorn)|i (?:get|got|keep|receive|sent)|we (?:get|got|keep|receive)|qu[eé] (?:hago|hacemos|puedo|significa)|qu[eè] (?:faig|fem|puc|vol dir)|` +
		`(?:lo |el |ho )?(?:pod[eé]is|podr[ií]ais|podeu|podr[ií]eu)|a ver si|a vore si|mirad|mireu|can you|could you|desde (?:ayer|hoy|hace|esta (?:ma[nñ]ana|tarde|semana)|el (?:lunes|martes|mi[eé]rcoles|jueves|viernes))|des d'ahir|since (?:mon|tues|wednes|thurs|fri|yesterday|today|this (?:morning|week))|(?:all|our|my|nuestros|mis|todos los|els nostres|els meus) (?:e-?mails|mails|correos|correus|mensajes|missatges)|(?:all mail to|my mail)\b|(?:os |us |lo |ho )?copi[oe]:|saludos|salutacions)`)
	// systemOpening is how mail systems begin, above what they have to say.
	systemOpening = regexp.MustCompile(`(?i)^\W*(?:this is the |hi\. this is |hello, this is the mail server|the original message was|this (?:message|report|mail) was (?:created|generated)|this is an auto|(?:dear|estimad[oa]|benvolgu[dt]a?) (?:sender|user|customer|remitente?|usuari[oa]?|client)|(?:your|su|tu|el (?:seu|teu)|el vostre) (?:message|e-?mail|mensaje|correo|missatge|correu)(?: (?:to|a|al|para|per a)\b|\s*\n)|(?:the message|el mensaje|el correo|el missatge|el correu) (?:(?:that |which )?you (?:have )?sent|que (?:usted |vost[eé] )?(?:ha |heu |va )?env[ií])|este (?:es el sistema|mensaje (?:ha sido|fue) (?:generado|creado))|aquest (?:[eé]s el sistema|missatge s'ha generat))`)
	// forwarding is how the subjects of forwarded mails begin.
	forwarding = regexp.MustCompile(`(?i)^\s*(?:fwd?|rv|wg|tr|enc|reenv\pL*|i)\s*:`)
)

// inOwnWords reports whether a person speaks in a text about a bounce.
func inOwnWords(m *Message, text bounceText) bool {
	opening := text.opening()
	if systemOpening.MatchString(opening) {
		return false
	}
	return replySubject.MatchString(m.Subject) || forwarding.MatchString(m.Subject) || greeting.MatchString(opening) || ownWords.MatchString(opening) || strings.Contains(opening, "¿")
}

func addressOf(m *Message) string {
	if m.From == nil {
		return ""
	}
	return m.From.Address
}

func saysUndelivered(m *Message, text bounceText, origin origin, returned []Header) bool {
	subject := undeliveredSubject.MatchString(subjectOf(m))
	at := undelivered.FindStringIndex(text.opening())
	switch origin {
	case fromSystem:
		return at != nil || subject && !automaticSubject.MatchString(m.Subject)
	}
	if !replySubject.MatchString(m.Subject) && inOwnWords(m, text) {
		return false // a person's mail about it
	}
	atOnce := at != nil && (systemOpening.MatchString(text.report) || !blankLine.MatchString(strings.TrimLeftFunc(text.opening()[:at[0]], notWord)))
	firm := atOnce && (systemOpening.MatchString(text.report) || smtpReply.MatchString(text.report) || len(returned) > 0)
	if origin == unreturned {
		return firm && subject
	}
	if m.Header.Get("Return-Path") != "" && !firm {
		return false // mail systems want no answer (RFC 5321, section 4.5.5)
	}
	// A postmaster who answers speaks in words of their own above what they quote.
	if quoted := strings.Index(text.opening(), "\n>"); at != nil && quoted >= 0 && quoted < at[0] && !strings.HasPrefix(text.opening()[quoted+1:], ">>>") {
		at = nil
	}
	shows := text.returned != "" || smtpReply.MatchString(text.report)
	if replySubject.MatchString(m.Subject) {
		return at != nil && shows && strings.Count(text.opening()[:at[0]], "\n") < 2
	}
	return at != nil && (subject || shows) || subject && shows
}

// statusFields are the fields of a delivery report which some systems write
// into their text (RFC 3464, section 2.3).
var statusFields = regexp.MustCompile(`(?im)^[ \t]*((?:original|final)-recipient|action|status|diagnostic-code):[ \t]*([^\n]*(?:\n[ \t]+[^\n:]*$)*)`)

// writtenReport reads such fields: a field that comes again begins the report on
// another recipient.
func writtenReport(text string) []BounceRecipient {
	var group strings.Builder
	var names []string
	for _, f := range statusFields.FindAllStringSubmatch(text, 400) {
		name := strings.ToLower(f[1])
		if slices.Contains(names, name) {
			group.WriteString("\n")
			names = nil
		}
		names = append(names, name)
		group.WriteString(name + ": " + strings.Join(strings.Fields(f[2]), " ") + "\n")
	}
	list := reported([]byte(group.String()), "")
	for i := range list {
		// What stands in a text may be the more exact of the two.
		if r := &list[i]; r.Status != nil && strings.HasSuffix(*r.Status, ".0.0") {
			if exact := enhancedIn(r.Diagnostic); exact != nil {
				r.Status = exact
			}
		}
	}
	return list
}
