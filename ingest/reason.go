package ingest

import (
	"regexp"
	"strings"
)

// Reasons why a mail was not delivered.
const (
	reasonUser      = "unknown_user"
	reasonHost      = "unknown_host"
	reasonFull      = "mailbox_full"
	reasonLarge     = "too_large"
	reasonBlocked   = "blocked"
	reasonTemporary = "temporary"
	reasonOther     = "other"
)

// maxReasonText bounds what is searched for a reason.
const maxReasonText = 3 << 10

// A wording is a list of phrases that mail servers use for one reason; each is a
// regular expression, in lower case.
type wording struct {
	reason  string
	phrases []string
}

// wordings are tried in their order: what says one thing only comes first.
var wordings = compile([]wording{
	// A quota of mails that may be sent is the sender's.
	{reasonBlocked, []string{`send(?:ing|er)? (?:\w+ ){0,2}(?:limit|quota)`, `(?:daily|hourly) (?:\w+ ){0,3}(?:limit|quota)`, `l[ií]mite (?:diario |de correos |de mensajes )?de env[ií]os?`, `l[ií]mit d'enviaments?`}},
	{reasonFull, []string{
		`mail ?(?:box|dir|folder) (?:is |has become )?(?:over)?full`, `mailbox (?:has )?exceed(?:ed|s)`, `mailbox.{0,20}size limit`, `inbox is full`, `over ?quota`, `quota`, `exceed\w* (?:the |its |allowed )?(?:storage|disk)`,
		`insufficient (?:system )?(?:disk|storage)`, `not enough (?:storage|disk|space)`, `(?:disk|storage) (?:is )?full`, `exhausted allowed storage`, `out of (?:storage|disk)`,
		`recipient's mailbox exceeded`, `too (?:many|much) (?:messages|mails?|data) in (?:the |your |this )?(?:mailbox|inbox)`, `over (?:the )?(?:maximum )?allowed (?:quota|storage)`,
		`buz[oó]n.{0,40} llen[oa]\b`, `bandeja.{0,30} llena`, `(?:cuota|espacio).{0,20}(?:excedid|superad|agotad)[oa]`, `(?:excedido|superado|sobrepasado|superat|excedit).{0,30}(?:cuota|quota|espacio|espai|almacenamiento|emmagatzematge)`, `capacidad m[aá]xima`, `capacitat m[aà]xima`, `(?:alcanzado|assolit) .{0,20}(?:capacidad|cuota|capacitat|quota)`, `caixa de correio.{0,40} cheia`, `(?:caixa|buz[oó]n|bandexa).{0,40} chea?\b`, `postvak.{0,30} vol\b`, `postontzia.{0,30}beteta`, `b[uú]stia.{0,40} plena`, `bo[iî]te (?:aux lettres )?(?:est )?pleine`, `postfach (?:ist )?voll`, `casella (?:[eè] )?piena`, `メールボックスが`,
	}},
	{reasonLarge, []string{
		`(?:message|mail|file|attachment|e-?mail)s? (?:is |was |are |file )?(?:too|to) (?:large|big)`, `(?:message|mail) (?:size|length) (?:limit )?(?:exceed|limit|is larger)`, `exceed\w* .{0,30}(?:message|maximum|size) (?:size|limit|length)`,
		`(?:maximum|max) (?:message )?size`, `size limit`, `larger than (?:the )?(?:current|maximum|limit)`, `demasiado grande`, `massa gran`, `(?:tama[nñ]o|mida|grand[aà]ria).{0,40}(?:supera|excede|sobrepasa|m[aáà]xim)`, `trop (?:gros|volumineux|grand)`, `zu gro(?:ß|ss)`, `troppo grande`,
	}},
	{reasonBlocked, []string{
		`spam`, `unsolicited`, `virus`, `malware`, `infected`, `black ?-?list`, `block ?-?list`, `dnsbl`, `\br(?:eal-?time )?bl\b`, `spamhaus`, `reputation`, `dmarc`, `\bspf\b`, `dkim`, `sender ?id\b`, `purported responsible`,
		`reverse dns`, `\brdns\b`, `\bptr\b`, `reverse lookup`, `blocked`, `banned`, `complaints`, `unexpected volume`, `abus(?:e|ive)`, `\baup#`, `prohibited`, `forbidden`,
		`polic(?:y|ies)\b`, `(?:sender|return[- ]path|originator).{0,40}(?:rejected|denied|refused|invalid|not (?:exist|found|valid|allowed))`, `sender (?:verify|domain)`, `domain of sender`, `not authori[sz]ed`, `authori[sz]ation (?:failure|failed)`, `unauthenticated`, `authentication (?:\w+ )?(?:required|failed)`,
		`relay(?:ing)?.{0,20}(?:denied|not (?:allowed|permitted)|prohibited)`, `unable to relay`, `insecure mail relay`, `cannot relay`, `not permitted to relay`, `client host.{0,40}(?:rejected|refused)`, `helo.{0,30}(?:rejected|invalid)`, `invalid ip\b`, `your isp\b`,
		`content (?:was )?(?:rejected|not)`, `message (?:was )?rejected`, `unverif[iy]+able`, `suspicious`, `not (?:a )?member`, `sender.{0,30}(?:permission|privilege)`, `improper use of 8-bit`, `headers? too (?:large|long)`, `does not support tls`, `starttls`, `\b(?:rate|rejected?) ?limit`,
		`ll?ista negra`, `max(?:imum)? e?-?mails per (?:hour|day)`, `too many invalid recipients`, `banned`, `invalid dns mx`, `archivo bloquead`, `bloquead[oa]`, `bloquejad?[at]`, `correo no deseado`, `correu brossa`, `no (?:tiene|t[eé]|teniu) perm[ií]s`, `restringid[oa]`, `restringit`, `reenv[ií]o.{0,10}relay`, `no se permite (?:el )?(?:reenv[ií]o|relay)`, `no es permet (?:el )?(?:reenviament|relay)`, `autenti[cf]icaci[oó]`, `contrase[nñ]`, `(?:remitente|remitent)\b.{0,30}(?:no |rech|rebu|bloq)`, `no autori[tz]+a[dt]`, `traffic not accepted`, `bad outbound sender`,
	}},
	{reasonHost, []string{
		`host (?:or domain name )?(?:is )?(?:unknown|not found)`, `unknown host`, `(?:domain|host)\b(?:[^.!]|\.\w){0,60}(?:not found|does ?n[o']t exist|not exist|couldn't be found|is not reachable|lookup failed)`, `(?:no such|unknown|invalid|illegal|bad) (?:host|domain)`, `no such (?:mail )?server`,
		`name service error`, `name or service not known`, `unrout(?:e)?able`, `couldn't find (?:any host|a mail exchanger)`, `could not find (?:any host|a mail exchanger)`, `null ?mx`, `no (?:valid )?mx\b`, `\bmx records? point`, `no (?:mail )?(?:exchanger|mx host)`, `dns (?:lookup|error)`, `nxdomain`,
		`doesn't receive email`, `no mail ?servers? (?:appear|exist|found|for)`, `all relevant mx`, `^\W*(?:\d{3} )?(?:\d\.\d\.\d{1,3} )?\S+\.[a-z]{2,} does not exist`, `dominio (?:no (?:existe|encontrado)|desconocido)`, `no (?:se )?(?:ha )?(?:enc(?:o|ue)ntr[oóa]\w*|existe) el dominio`, `no s'ha trobat el domini`, `domini (?:no existeix|desconegut)`, `accountdomain`,
	}},
	{reasonUser, []string{
		`(?:user|recipient|mailbox|address|addressee|account|person|name|subscriber)\s+(?:is |was )?(?:unknown|not (?:found|known|valid|active|listed|local|recogni[sz]ed))`, `unknown[ -](?:or illegal )?(?:user|recipient|mailbox|address|account|local|alias)`,
		`no such (?:\w+ )?(?:user|recipient|mailbox|person|account|address|id\b|alias)`, `(?:user|recipient|mailbox|address|account|adress|member|inbox|alias)\b.{0,40}(?:not found|(?:does|do|did) ?n[o']t exist|no longer|wasn'?t found|couldn'?t be found|could not be found|not exist)`,
		`(?:does|do)(?:es)? ?n[o']t (?:exist|have an? .{0,60}(?:account|mailbox))`, `(?:invalid|bad|undeliverable) (?:destination )?(?:recipient|mailbox|user|address|account|local)`, `not our customer`, `no mailbox`, `mailbox (?:is )?(?:unavailable|disabled|inactive|closed)`, `mailbox not (?:available|here)`,
		`not listed in`, `name is not recogni[sz]ed`, `not a (?:known|valid|registered|local)`, `user not`, `account.{0,40}(?:disabled|closed|suspended|inactive|deactivated|deleted|expired|not available|unavailable)`, `(?:user|recipient).{0,30}(?:disabled|suspended|inactive|has moved|moved to)`, `recipnotfound`, `no longer (?:with|works|valid|in use|available|active|accept)`,
		`delivery error: dd`, `not known (?:at|here)`, `(?:recipient|address|mailbox|user) (?:is |was )?invalid`, `no valid recipients?`, `not have an account`, `mail receiving disabled`, `address rejected: user`, `list\w* closed`,
		`(?:usuario|destinatario|buz[oó]n|direcci[oó]n|cuenta)(?: de correo)? (?:no (?:encontrad[oa]|v[aá]lid[oa]|existe)|inexistente|desconocid[oa]|inv[aá]lid[oa]|desactivad[oa]|deshabilitad[oa])`, `(?:usuari|destinatari|b[uú]stia|adre[cç]a|compte)(?: de correu)? (?:no (?:trobada?|v[aà]lida?|existeix)|inexistent|desconegu[dt]a?|inv[aà]lida?|desactivada?)`, `no (?:figura|consta|(?:est[aá] )?inclu[ií]do) en el director`, `no (?:existe|hay|existeix|hi ha) (?:ning[uú]n?a? |cap |el |la )?(?:usuari|buz[oó]n|b[uú]stia|cuenta|compte|direcci[oó]n|adre[cç]a|destinatari)`, `(?:direcci[oó]n|cuenta|buz[oó]n|destinatari|adre[cç]a|compte|b[uú]stia|usuari).{0,40}(?:no (?:es|[eé]s|era) v[aáà]lid|inhabilita[dt]|suspendi[dt]|suspes|bloqueja?[dt]|cancela[dt]|cancel·la)`, `(?:dad[oa]|donat|donada) de (?:baja|baixa)`, `(?:introuvable|n'a pas été trouvé|kon niet worden gevonden|wurde .{0,60}nicht gefunden|non se atopou|non è stato trovato|ez da aurkitu|no s'ha trobat)`, `adresse (?:inconnue|inexistante)`, `identified the following recipients as unknown`, `#?5\.1\.0 address rejected`, `(?:direcci[oó]n|cuenta|buz[oó]n|adre[cç]a|compte|b[uú]stia).{0,60}(?:no existe|no se (?:ha )?(?:encontr|pudo)|no existeix|no s'ha (?:trobat|pogut))`, `no (?:se |s')(?:ha |han )?(?:podido |pogut )?(?:encontr\pL+|trobat|trobar) (?:la|el|l') ?(?:direcci[oó]n|buz[oó]n|destinatari|adre[cç]a|b[uú]stia|usuari)`, `utilisateur inconnu`, `n'existe pas`, `empf[aä]nger unbekannt`, `existiert nicht`, `utente sconosciuto`, `non esiste`, `メールアドレスが見つ`,
	}},
	{reasonTemporary, []string{
		`timed? ?-?out`, `connect\w* (?:was )?(?:refused|lost|reset|dropped|failed|closed)`, `(?:lost|refused|dropped) connection`, `try (?:again|later)`, `essayer plus tard`, `temporar`, `too many`, `(?:could not|couldn't|cannot|can't|unable to|failed to|wasn't able to) (?:be )?(?:connect|establish|contact|reach)`, `requests to connect`, `no route`, `unreachable`, `not reachable`, `not responding`,
		`defer(?:red|ral)`, `delayed`, `expired`, `retry time`, `(?:retries|attempts).{0,30}(?:giving up|failed|exhausted|exceeded)`, `queue too long`, `unable to deliver in`, `could not deliver for`, `socket error`, `(?:internal|local|remote|system|server|mailer|configuration|protocol)[ -](?:\w+ )?(?:error|problem)`, `system (?:not|is not) (?:available|responding)`, `(?:service|server|system|resources?) (?:is )?(?:currently )?(?:unavailable|busy|not available|full)`,
		`no (?:responde|respon)\b`, `receiving e?-?mail (?:too quickly|at a rate)`, `grey-?list`, `gray-?list`, `\bloop`, `hop count`, `mail for .* loops`, `not yet been delivered`, `will be retried`, `resources`, `shutting down`, `int[eé]ntelo`, `torneu a provar`, `m[aá]s tarde`, `m[eé]s tard`, `ha dejado de intentar`, `ha deixat d'intentar`, `tiempo de espera`, `temps d'espera`, `duplicated message-id`,
	}},
	{reasonUser, []string{`recipients? (?:email )?address(?:es)?(?: was| were)? rejected`, `recipient (?:was )?(?:rejected|refused)`, `(?:rejected|refused) (?:by (?:the )?)?recipient`, `does not like recipient`, `rejected address`, `(?m)^\W*google groups\b`}},
})

// vague words stand in answers of all kinds; they decide after the code.
var vague = compile([]wording{
	{reasonBlocked, []string{`denied`, `refused`, `reject(?:ed|s|ing)?`, `not (?:allowed|permitted|accept\w*|wanted)`, `restrict`, `weren't sent`, `cannot send`, `unacceptable`, `violat`, `denegado`, `denegat`, `rechaz(?:ad[oa]|[oó])`, `rebutja[dt]`}},
})

// A matcher is a wording as one expression.
type matcher struct {
	reason string
	words  *regexp.Regexp
}

func compile(list []wording) (out []matcher) {
	for _, w := range list {
		out = append(out, matcher{w.reason, regexp.MustCompile(`(?:` + strings.Join(w.phrases, "|") + `)`)})
	}
	return out
}

var (
	// noise are words that say nothing of the reason, whatever they are:
	// addresses, and what stands behind the host in a link to explanations.
	noise = regexp.MustCompile(`(?i)https?://([^/\s>]+)\S*|[^\s<>"]+@[^\s<>":;,()]+`)
	// atSender: the other server refused the sender before it heard of a recipient.
	atSender = regexp.MustCompile(`(?i)after mail from|in reply to mail from|>>> mail from|\[mail_from\]`)
)

// reasonOf tells why, by what the other server said; failing that by the code,
// and then by all that is said of this recipient. The words count for more than
// the number: many servers say 5.0.0 or 5.7.1 for everything.
func reasonOf(diagnostic string, status *string, around string) string {
	if reason := reasonByWords(wordings, diagnostic, atSender.MatchString(around)); reason != "" {
		// "554 5.7.1 Service unavailable; Client host blocked" is an answer for good.
		if reason == reasonTemporary && status != nil && strings.HasPrefix(*status, "5.7.") {
			return reasonBlocked
		}
		return reason
	}
	if reason := reasonByCode(status); reason != "" {
		return reason
	}
	for _, text := range [...]string{diagnostic, around} {
		if reason := reasonByWords(wordings, text, false); reason != "" {
			return reason
		}
		if reason := reasonByWords(vague, text, false); reason != "" {
			return reason
		}
	}
	return reasonOther
}

var plainQuotes = strings.NewReplacer("’", "'", "‘", "'")

func reasonByWords(list []matcher, text string, sender bool) string {
	text = strings.ToLower(plainQuotes.Replace(noise.ReplaceAllString(short(text, maxReasonText), "$1 @")))
	for _, m := range list {
		if m.words.MatchString(text) {
			if sender && (m.reason == reasonUser || m.reason == reasonHost) {
				return reasonBlocked // it is the sender whom they do not know
			}
			return m.reason
		}
	}
	return ""
}

// codes are the enhanced codes that mean one reason (RFC 3463); those with two
// numbers are tried before those with one.
var codes = map[string]string{
	"1.1": reasonUser, "1.3": reasonUser, "1.6": reasonUser, "1.10": reasonUser, "2.1": reasonUser,
	"1.2": reasonHost, "4.4": reasonHost, "2.2": reasonFull, "2.3": reasonLarge, "3.4": reasonLarge,
	"1.7": reasonBlocked, "1.8": reasonBlocked, "6": reasonBlocked, "7": reasonBlocked, "4": reasonTemporary,
}

func reasonByCode(status *string) string {
	if status == nil {
		return ""
	}
	class, detail, _ := strings.Cut(*status, ".")
	if reason := codes[detail]; reason != "" {
		return reason
	}
	subject, _, _ := strings.Cut(detail, ".")
	if reason := codes[subject]; reason != "" {
		return reason
	}
	if class == "4" {
		return reasonTemporary
	}
	return ""
}
