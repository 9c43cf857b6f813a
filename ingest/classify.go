package ingest

import (
	"regexp"
	"strings"

	"golang.org/x/text/unicode/norm"
)

// automaticSubject is how mail programs begin the subject of an automatic
// answer. It decides only together with other marks: people use the words, too.
var automaticSubject = regexp.MustCompile(`(?i)^\s*(?:respuesta autom[aá]tica|resposta autom[aàá]tica|fuera de (?:la )?oficina|fora de l['’]oficina|fora d['’]oficina|` +
	`automatic reply|auto(?:matic)?[- ]?(?:reply|response)|out of (?:the )?office|abwesenheits|automatische antwort|r[eé]ponse automatique|` +
	`absence du bureau|risposta automatica|fuori (?:sede|ufficio)|ausente|ausencia|aus[eê]ncia|vacation|automatisch antwoord|away from|` +
	`erantzun automatikoa|autosvar|automatisk svar|automaattinen vastaus|odpowied[zź] automatyczna|автоответ|自動返信|auto:\s|(?:de )?(?:vacaciones|vacances|f[eé]rias)\b|` +
	`auto-?respuesta|auto-?resposta|(?:contestaci[oó]n|mensaje|missatge|contestaci[oó]|notificaci[oó]n?|message|av[ií]s|aviso) (?:autom[aàá]tic[oa]?|de ausencia|d['’]abs[eèe]nc\pL+|de vacaciones|de vacances)|ooo\b|abs[eè]ncia|absen[ct]e?\s*:)|` +
	`\bis out of (?:the )?office\W*$|(?:est[aá] ausente|fuera de la oficina|fora de l['’]oficina)\W*$`)

// programSubject is such a subject in the words of a mail program, with the
// subject answered to behind it or nothing: people seldom write it so.
var programSubject = regexp.MustCompile(`(?i)^\s*(?:respuesta autom[aá]tica|resposta autom[aàá]tica|automatic reply|out of (?:the )?office(?: autoreply)?|auto-?reply|fuera de (?:la )?oficina|fora de l['’]oficina|` +
	`auto-?respuesta|auto-?resposta|contestaci[oó]n autom[aá]tica|mensaje autom[aá]tico|missatge autom[aà]tic|automatische antwort|abwesenheits\pL+|r[eé]ponse automatique|absence du bureau|risposta automatica|fuori (?:sede|ufficio)|automatisch antwoord|erantzun automatikoa|autosvar|` +
	`estoy fuera de la oficina|(?:mensaje|notificaci[oó]n|aviso) de ausencia(?: autom[aá]tico)?|(?:missatge|av[ií]s|notificaci[oó]) d['’]abs[eè]ncia|message d['’]absence|aus[eê]ncia tempor[aá]ria|automatisk svar|automaattinen vastaus|odpowied[zź] automatyczna|автоответ|自動返信)[\s\pZ]*(?:$|:|-\s)`)

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
	// away is what an automatic answer says: who writes is not there, or thanks for a mail.
	away = regexp.MustCompile(`(?i)\b(?:estoy|estar[eé]|estaremos|estamos|encuentro|encontrar[eé]|permanecer[eé]|soc|sóc|ser[eé]|estic|estem|trobe|i am|i'm|i will be|i'll be|we are|bin|je suis|je serai|sono|sar[oò]|estou|estarei)(?:\s+\S+){0,5}?\s+(?:fuera|ausen|vaca|permiso|perm[ií]s|baja|baixa|fora|absen|out of|away|leave|holiday|on vacation|urlaub|nicht|cong|ferie|f[eé]rias|assente)|` +
		`\b(?:gracias|gr[aà]cies|thank\pL*|merci|danke|grazie|obrigad[oa]) (?:por|per|pel|for|you for|de votre|f[uü]r|pela?)\b|\b(?:he|hemos|hem|has been) (?:recibido|rebut|received)|respond(?:er|r)|contestar|(?:^|\s)(?:vuelv|volver|regres|reincorp|incorpor|tornar|returning|back (?:in|on))`)
	// asking is how people speak of an automatic answer that they want, or want to be rid of.
	asking = regexp.MustCompile(`(?i)\b(?:no (?:(?:me|se|nos|la|lo|les|em|ens|es) )*(?:funciona|activa|deja|deixa|manda|llega|arriba|para\b|va\b)|no s['’]activa|no (?:puedo|puc|podemos|podem) (?:activar|desactivar|quitar|poner|posar|llevar|traure|configurar)|(?:c[oó]mo|com) (?:es|se|puedo|puc|hago|faig|la|lo|pongo|pose)\b|necesit[oa]\b|necessit[eo]\b|quiero|vull\b|queremos|volem|querr[ií]a|voldria|` +
		`pod[eé]is|podr[ií]ais|podeu|podr[ií]eu|(?:ayuda|ajuda) (?:para|per a)\b|how (?:do|can|to)\b|(?:can|could) (?:you|i|we)\b|i (?:need|want|set|tried)\b|(?:does|do|is|are) ?n[o'’]t (?:work|stop|sent|go)|not working)|[?¿]`)
)

// asksAbout reports whether a mail that answers nothing speaks, under the subject
// of an automatic answer, of such answers: a person's, who has trouble with hers.
func asksAbout(m *Message) bool {
	const enough = 800
	text := short(m.Text, enough)
	return (asking.MatchString(subjectOf(m)) || asking.MatchString(text)) && !away.MatchString(text)
}

// saysAway reports whether a mail that says little of a machine is an automatic
// answer by its subject. A server that drops the Return-Path or forbids automatic
// answers does so with a person's mail, too; what may be a person's words counts
// only where a mail is answered, or where nothing in the mail is against it.
func saysAway(m *Message, answers bool) bool {
	subject := subjectOf(m)
	ours := m.Tags.Ticket != nil
	if strings.ContainsAny(subject, "?¿") && !ours {
		return false
	}
	empty := nullReturnPath(m.Header)
	switch {
	case programSubject.MatchString(subject):
		return answers || ours || !asksAbout(m)
	case empty && nameAway.MatchString(subject):
		return true
	case !automaticSubject.MatchString(subject):
		return false
	case empty && (answers || ours || byRule(m.Header)):
		return true
	}
	return (empty && m.Header.Get("X-Auto-Response-Suppress") != "" || byRule(m.Header)) && away.MatchString(m.Text) && !asking.MatchString(subject)
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
	robotic := saysYes(h, "X-Autoreply", "X-Auto-Reply", "X-Autoreply-From", "X-Autorespond", "X-Autoresponder", "X-Autoresponse", "X-Mail-Autoreply", "X-YMail-AutoResponder", "X-FD-AutoReply", "X-OTRS-Loop") || precedence == "auto_reply" ||
		strings.EqualFold(h.Get("X-Precedence"), "auto_reply") || strings.EqualFold(h.Get("X-Autogenerated"), "reply") ||
		strings.EqualFold(h.Get("Delivered-To"), "autoresponder") // vpopmail
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
		(hint || byRule(h) || precedence == "bulk" || precedence == "junk") && saysAway(m, answers):
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
	receiptText  = regexp.MustCompile(`(?i)\b(?:fue le[ií]do|se ley[oó]|se elimin[oó] sin (?:ser )?le[ií]|ha sido le[ií]do|es va llegir|s'ha llegit|s'ha suprimit sense|was read on|was deleted without being read|a été lu|a été supprimé sans|wurde am .{5,60} gelesen|è stato letto|foi lida)`)
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
