package ingest

import (
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// foreign are the words for an automatic answer in languages in which nobody
// writes to the gateway of their own accord.
const foreign = `abwesenheits\pL+|automatische antwort|r[eé]ponse automatique|absence du bureau|message d['’]absence|risposta automatica|fuori (?:sede|ufficio)|aus[eê]ncia tempor[aá]ria|automatisch antwoord|erantzun automatikoa|` +
	`autosvar|automatisk svar|automaattinen vastaus|automaatvastus|odpowied[zź] automatyczna|automatick[aá] odpov[eě][dď]|automatikus v[aá]lasz|r[aă]spuns automat|automatski odgovor|samodejni odgovor|automatinis atsakymas|autom[aā]tisk[aā] atbilde|otomatik yan[iı]t|` +
	`автоответ|автоматический ответ|автоматична відповідь|автоматичен отговор|αυτόματη απάντηση|自動返信|自動回覆|自动(?:答复|回复)|자동 ?회신|رد تلقائي`

// automaticSubject is how mail programs begin the subject of an automatic
// answer. It decides only together with other marks: people use the words, too.
var automaticSubject = regexp.MustCompile(`(?i)^\s*(?:` + foreign + `|respuesta autom[aá]tica|resposta autom[aàá]tica|fuera de (?:la )?oficina|fora de l['’]oficina|fora d['’]oficina|` +
	`automatic reply|auto(?:matic)?[- ]?(?:reply|response)|out of (?:the )?office|ausente|ausencia|aus[eê]ncia|vacation|away from|` +
	`auto:\s|(?:de )?(?:vacaciones|vacances|f[eé]rias)\b|auto-?respuesta|auto-?resposta|acuse de recibo|(?:acusament|justificant) de recepci[oó]|acknowledge?ment of receipt|` +
	`(?:contestaci[oó]n|mensaje|missatge|contestaci[oó]|notificaci[oó]n?|message|av[ií]s|aviso) (?:autom[aàá]tic[oa]?|de ausencia|d['’]abs[eèe]nc\pL+|de vacaciones|de vacances)|ooo\b|abs[eè]ncia|absen[ct]e?\s*:)|` +
	`\bis out of (?:the )?office\W*$|(?:est[aá] ausente|fuera de la oficina|fora de l['’]oficina)\W*$`)

// programSubject is such a subject in the words of a mail program, with the
// subject answered to behind it or nothing: people seldom write it so.
var (
	programSubject = regexp.MustCompile(`(?i)^\s*(?:` + foreign + `|respuesta autom[aá]tica|resposta autom[aàá]tica|automatic reply|out of (?:the )?office(?: autoreply)?|auto[- ]?reply|fuera de (?:la )?oficina|fora de l['’]oficina|` +
		`auto-?respuesta|auto-?resposta|contestaci[oó]n autom[aá]tica|mensaje autom[aá]tico|missatge autom[aà]tic|` +
		`estoy fuera de la oficina|(?:mensaje|notificaci[oó]n|aviso) de ausencia(?: autom[aá]tico)?|(?:missatge|av[ií]s|notificaci[oó]) d['’]abs[eè]ncia)[\s\pZ]*(?:$|:|-\s)`)
	foreignSubject = regexp.MustCompile(`(?i)^\s*(?:` + foreign + `)[\s\pZ]*(?:$|:|-\s)`)
)

// nameAway is how Notes and its like write it: "Maria Peris is out of the office".
var nameAway = regexp.MustCompile(`(?i)^(?:auto:\s*)?[^:?¿]{3,60} (?:is out of (?:the )?office|est[aá] (?:ausente|fuera de la oficina)|[eé]s fora de l'oficina)\W*(?:\(.*\))?$`)

// gatewayMark is what a gateway puts before a subject.
var gatewayMark = regexp.MustCompile(`(?i)^\s*(?:\[(?:[^\[\]]{0,20}\bext(?:ern\pL{0,3})?\b[^\[\]]{0,20}|spam|[\w .-]{1,30} #\d+|postmaster)\]|\(extern\pL{0,3}\)|extern\pL{0,3}:|\*{2,}\s*[\pL ]{3,20}\s*\*{2,}|\{spam\?\})[\s:]*`)

// subjectOf is the subject without a gateway's mark. Apple's programs write an
// accent as a letter of its own.
func subjectOf(m *Message) string {
	return norm.NFC.String(gatewayMark.ReplaceAllString(m.Subject, ""))
}

var (
	// away is what an automatic answer says: who writes is not there, or that a mail
	// has come, or whom else to ask.
	away = regexp.MustCompile(`(?i)` + strings.Join([]string{
		`\b(?:estoy|estar[eé]|estaremos|estamos|encuentro|encontrar[eé]|permanecer[eé]|soc|sóc|ser[eé]|estic|estem|trobe|i am|i'm|i will be|i'll be|we are)(?:\s+\S+){0,5}?\s+(?:fuera|ausen|vaca|permiso|perm[ií]s|baja|baixa|fora|absen|out of|away|(?:on )?leave|on holiday|reuni|un curs)`,
		`\bno (?:me encuentro|estoy|estar[eé]|estamos|soc|sóc|ser[eé]|estic|em trobe) (?:disponible|en (?:mi|la|el)|a l|al )`, `\bon (?:annual |sick |parental )?leave\b`,
		`\b(?:gracias|gr[aà]cies|thank you|thanks) (?:por|per|pel|for) (?:contact|escri|poner|posar|(?:su|tu|el|vuestro|your|the|el (?:teu|seu|vostre)|vostre) (?:e-?mail|correo|correu|mensaje|missatge|message|mail|inter))`,
		`\b(?:he|hemos|hem|has been|ha sido|ha estat) (?:recibido|rebut|received)\b`, `no (?:puedo|podr[eé]|poder|tengo|tendr[eé]|puc|tinc|tindr[eé]) (?:acceso|acc[eé]s|atend|leer|llegir|contest|respond)`,
		`\b(?:le|te|li|us|os) (?:contest|respond|atend)(?:ar|er|r)`, `(?:contestar|responder|respondr|atender|atendr)[eé](?:\PL|$)`, `\bi will (?:reply|answer|respond)`, `\b(?:be|ser[aá]) (?:answered|replied|respondid|contestad)`,
		`(?:^|[\s,.])(?:vuelvo|volver[eé]|regres(?:o|ar[eé])|me (?:re)?incorpor\pL+|tornar[eé]|torne|returning|be back|back on)(?:\PL|$)`,
		`\b(?:dir[ií]jase|dir[ií]janse|dirigirse|p[oó]ngase|adrece'?u?-?(?:vos|se)?|contacte(?:u|n)? (?:con|amb)|escriba|escriviu|telefone(?:e|u)|llame al|please contact|contact with)\b`,
		`no (?:est[aá] |es |s['’])?(?:se )?(?:atiende|atendid[oa]|at[eé]n|monitored)\b|\bnot (?:being )?(?:monitored|read)\b`, `\bya no trabaj|\bja no treball|\bno longer work`,
		`\b(?:en breve|lo antes posible|as soon as possible|el m[eé]s prompte|tan pronto como)\b`, `\b(?:si es|en caso|para|per a|for|if|si necesita algo|cualquier) (?:de |it is |it's |cualquier |asuntos |qualsevol )?urgen`,
	}, "|"))
	// asking is how people speak of an automatic answer that they want, or want to be rid of.
	asking = regexp.MustCompile(`(?i)\b(?:no (?:(?:me|se|nos|la|lo|les|em|ens|es) )*(?:funciona|activa|deja|deixa|manda|entra|sale|ix\b|llega|graba|va\b)|solicito\b|demane\b|adjunt[oe]\b|quitar\b|llevar-la|error \d|no s['’]activa|no (?:puedo|puc|podemos|podem) (?:activar|desactivar|quitar|poner|posar|llevar|traure|configurar)|(?:c[oó]mo|com) (?:es|se|puedo|puc|hago|faig|la|lo|pongo|pose)\b|necesito\b|necessite\b|quiero\b|vull\b|queremos|volem\b|querr[ií]a|voldria|` +
		`(?:pod[eé]is|podr[ií]ais|podeu|podr[ií]eu|can you|could you|please|por favor|per favor|cal),? (?:\S+ ){0,2}(?:activ|desactiv|quit|pon|pos|llev|mir|ayud|ajud|arregl|set|remov|switch|turn|help|fix|check|disab|enab)|(?:des)?activad|quitad|poned|how (?:do|can|to)\b|i (?:need|want)\b|(?:does|do|is|are) ?n[o'’]t (?:work|stop|sent)|not working)`)
)

// wroteAway reports whether the text of a mail is an automatic answer's, and not
// that of a person who has trouble with hers. With two marks of a machine it need
// not say so.
func wroteAway(m *Message, marks int) bool {
	const enough = 800
	text := short(m.Text, enough)
	return (marks > 1 || away.MatchString(text)) && !asking.MatchString(text) && !asking.MatchString(short(subjectOf(m), enough))
}

// quotesSubject reports whether another subject stands behind a program's words:
// people go on in small letters, "Respuesta automática: no se activa".
func quotesSubject(subject string) bool {
	behind := strings.TrimSpace(subject[len(programSubject.FindString(subject)):])
	first, _ := utf8.DecodeRuneInString(behind)
	return behind != "" && (unicode.IsUpper(first) || unicode.IsDigit(first) || first == '[')
}

// saysAway reports whether a mail that says little of a machine is an automatic
// answer by its subject; hint: something else says it. A server that drops the
// Return-Path or forbids automatic answers does so with a person's mail, too: where
// nothing shows that a mail of ours is answered, its text must say it besides.
func saysAway(m *Message, answers, hint bool) bool {
	subject := subjectOf(m)
	ours := m.Tags.Ticket != nil
	if strings.ContainsAny(subject, "?¿") && !ours || replySubject.MatchString(subject) {
		return false
	}
	empty, marks := nullReturnPath(m.Header), 0
	for _, is := range [...]bool{empty, m.Header.Get("X-Auto-Response-Suppress") != "", byRule(m.Header)} {
		if is {
			marks++
		}
	}
	switch {
	case !hint:
		return ours && answers && programSubject.MatchString(subject) && wroteAway(m, 0)
	case programSubject.MatchString(subject):
		if quotesSubject(subject) {
			marks++
		}
		return answers || ours || foreignSubject.MatchString(subject) || wroteAway(m, marks)
	case empty && nameAway.MatchString(subject), empty && answers && !ours && wroteAway(m, 0):
		return true // a person's program would have put Re: before our subject
	case !automaticSubject.MatchString(subject):
		return false
	case empty && (answers || ours || byRule(m.Header)):
		return true
	}
	return (marks > 1 || byRule(m.Header)) && wroteAway(m, 0)
}

// byRule: a rule of somebody's mailbox made it; it may pass on a person's mail.
func byRule(h Header) bool {
	return strings.Contains(h.Get("X-MS-Exchange-Generated-Message-Source"), "Mailbox Rules Agent")
}

// replySubject is a prefix of an answer: Re and its like in other languages.
var replySubject = regexp.MustCompile(`(?i)^\s*(?:re|rv|aw|sv|vs|antw|odp|ynt|res|rif|r|tr)(?:\s*\[\d+\])?\s*:`)

// classify tells what kind of mail it is; the first that holds. To call a
// person's mail automatic loses it: when in doubt it is a person's.
func (p *Parser) classify(m *Message, tree *part) {
	h := m.Header
	auto := autoSubmitted(h)
	precedence := strings.ToLower(h.Get("Precedence"))
	answers := m.InReplyTo != nil || len(m.References) > 0
	robotic := saysYes(h, "X-Autoreply", "X-Auto-Reply", "X-Autoreply-From", "X-Auto-Reply-From", "X-FC-MachineGenerated", "X-Autorespond", "X-Autoresponder", "X-Autoresponse", "X-Mail-Autoreply", "X-YMail-AutoResponder", "X-FD-AutoReply", "X-OTRS-Loop") || precedence == "auto_reply" ||
		strings.EqualFold(h.Get("X-Precedence"), "auto_reply") || strings.EqualFold(h.Get("X-Autogenerated"), "reply") ||
		strings.EqualFold(h.Get("Delivered-To"), "autoresponder") || // vpopmail
		strings.Contains(strings.ToLower(h.Get("X-POST-MessageClass")), "autoresponder")
	hint := nullReturnPath(h) || h.Get("X-Auto-Response-Suppress") != "" || h.Get("X-RT-Loop-Prevention") != "" ||
		h.Get("X-MS-Exchange-Inbox-Rules-Loop") != ""
	m.Bounce = bounceOf(m, tree)
	switch {
	case m.Bounce != nil:
		m.Kind, m.AutoSubmitted = KindBounce, true
	case isReport(m, tree):
		m.Kind, m.AutoSubmitted = KindReport, true
	case strings.HasPrefix(auto, "auto-replied"), robotic,
		strings.HasPrefix(auto, "auto-generated") && (answers || automaticSubject.MatchString(subjectOf(m))),
		saysAway(m, answers, hint || byRule(h) || precedence == "bulk" || precedence == "junk"):
		m.Kind, m.AutoSubmitted = KindAutoReply, auto != "" || robotic || hint
	case h.Get("List-Id") != "", h.Get("List-Unsubscribe") != "", auto != "", h.Get("X-Cron-Env") != "",
		precedence == "bulk", precedence == "list", precedence == "junk":
		m.Kind, m.AutoSubmitted = KindBulk, auto != ""
		m.Listed = auto == "" && precedence != "bulk" && precedence != "junk" && h.Get("X-Cron-Env") == ""
	case answers, replySubject.MatchString(m.Subject), m.Tags.Ticket != nil:
		m.Kind = KindReply
	default:
		m.Kind = KindNew
	}
}

var keywordComment = regexp.MustCompile(`\([^()]*\)`)

// autoSubmitted is the keyword of Auto-Submitted (RFC 3834, section 5), "" if
// there is none or it says no.
func autoSubmitted(h Header) string {
	value := h.Get("Auto-Submitted")
	if value == "" {
		value = h.Get("X-Auto-Submitted")
	}
	value, _, _ = strings.Cut(keywordComment.ReplaceAllString(strings.ToLower(value), " "), ";")
	if word := strings.Fields(value); len(word) > 0 && word[0] != "no" {
		return word[0]
	}
	return ""
}

// saysYes reports whether one of these marks is there and not taken back.
func saysYes(h Header, names ...string) bool {
	for _, name := range names {
		switch strings.ToLower(strings.TrimSpace(h.Get(name))) {
		case "", "no", "false", "0":
		default:
			return true
		}
	}
	return false
}

func nullReturnPath(h Header) bool {
	for _, v := range h.Values("Return-Path") {
		return strings.Trim(v, " ") == "<>"
	}
	return false
}

// receipt is what Outlook and Exchange call a read receipt; receiptText, with
// what they say in it.
var (
	receipt      = regexp.MustCompile(`(?i)^\s*(?:le[ií]do|no le[ií]do|llegit|no llegit|read|not read|lu|non lu|gelesen|ungelesen|letto|non letto|lida|n[aã]o lida|eliminado|suprimit)\s*:`)
	receiptText  = regexp.MustCompile(`(?i)(?:^|\PL)(?:fue le[ií]do|se ley[oó]|se elimin[oó] sin (?:ser )?le[ií]|ha sido le[ií]do|es va llegir|s'ha llegit|s'ha suprimit sense|was read on|was deleted without being read|a été lu|a été supprimé sans|wurde am .{5,60} gelesen|è stato letto|foi lida)`)
	aMessage     = regexp.MustCompile(`(?i)mensaje|missatge|correo|correu|message|nachricht|messaggio|mensagem`)
	dmarcSubject = regexp.MustCompile(`(?i)^\W*(?:\[[^\]]*\]\s*)?report domain:\s*\S+\s.*submitter:`)
	// dmarcFile is the name of the file that such a report is (RFC 7489, section 7.2.1.1).
	dmarcFile = regexp.MustCompile(`(?i)^[\w.-]+![\w.-]+!\d+!\d+(?:![\w.-]+)?\.(?:xml|xml\.gz|zip|gz)$`)
)

// isReport knows the machines' reports that are no bounces: complaints (RFC
// 5965), read receipts (RFC 8098), DMARC and TLS reports (RFC 8460), and the opt-out that a
// mail program sends when its user presses a button.
func isReport(m *Message, tree *part) bool {
	h := m.Header
	ct := strings.ToLower(h.Get("Content-Type"))
	if strings.HasPrefix(ct, "multipart/report") &&
		(strings.Contains(ct, "feedback-report") || strings.Contains(ct, "disposition-notification") || strings.Contains(ct, "tlsrpt")) ||
		h.Get("X-Apple-Unsubscribe") == "true" || h.Get("TLS-Report-Domain") != "" {
		return true
	}
	if tree != nil && len(m.Attachments) == 1 &&
		(dmarcSubject.MatchString(m.Subject) || dmarcFile.MatchString(m.Attachments[0].Filename) && !inOwnWords(m, bounceTextOf(m.Text))) {
		return true
	}
	if !receipt.MatchString(subjectOf(m)) {
		return false
	}
	notice := tree != nil && tree.first(func(p *part) bool { return strings.EqualFold(p.ContentType, "message/disposition-notification") }) != nil
	const enough = 1000
	return notice || nullReturnPath(h) && receiptText.MatchString(short(m.Text, enough)) && aMessage.MatchString(short(m.Text, enough)) && !strings.ContainsAny(m.Text, "?¿")
}
