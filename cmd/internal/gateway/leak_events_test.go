package gateway

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"maps"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"respon/ingest/reply"
	"respon/tickets"
)

// event is something that may happen in a story; times makes it more likely.
type event struct{ happen func(*leak) }

var events = slices.Concat(
	times(2, func(k *leak) { k.newMail(pick(k, requesters)) }),
	times(5, (*leak).followUp),
	times(2, (*leak).byNumber),
	times(2, (*leak).stolenToken),
	times(2, (*leak).forgedRequester),
	times(2, (*leak).forgedTechnician),
	times(6, (*leak).answer),
	times(2, (*leak).mistake),
	times(3, (*leak).note),
	times(8, (*leak).command),
	times(1, (*leak).undo),
	times(2, (*leak).directly),
	times(2, (*leak).robot),
	times(1, (*leak).bounce),
	times(2, (*leak).fromThePage),
	times(1, (*leak).opensOnThePage),
	times(3, (*leak).byLink),
	times(2, (*leak).satisfied),
	times(1, (*leak).registers),
	times(1, (*leak).again),
	times(1, (*leak).ask),
	times(2, (*leak).schedule),
)

func times(n int, happen func(*leak)) []event { return slices.Repeat([]event{{happen}}, n) }

// verbsOfTheCode reads which commands there are, so that a new one takes part in
// the stories without anybody thinking of it.
func verbsOfTheCode(t *testing.T) (verbs []tickets.Verb) {
	t.Helper()
	files, err := filepath.Glob("../../../tickets/*.go")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range files {
		file, err := parser.ParseFile(token.NewFileSet(), name, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(file, func(n ast.Node) bool {
			spec, ok := n.(*ast.ValueSpec)
			if !ok {
				return true
			}
			if kind, ok := spec.Type.(*ast.Ident); !ok || kind.Name != "Verb" || len(spec.Values) != 1 {
				return true
			}
			if text, ok := spec.Values[0].(*ast.BasicLit); ok {
				verb, err := strconv.Unquote(text.Value)
				if err != nil {
					t.Fatal(err)
				}
				verbs = append(verbs, tickets.Verb(verb))
			}
			return true
		})
	}
	if len(verbs) < 11 {
		t.Fatalf("the code has the verbs %q: that cannot be all", verbs)
	}
	return verbs
}

// post sends a mail and notes it for the log.
func (k *leak) post(m outgoing) tickets.Fate {
	k.Helper()
	k.last = m.text(k)
	fate := k.mail(k.last)
	k.told = append(k.told, fmt.Sprintf("%s → %s: %s %q %q: %s", m.from, m.to, m.auth, m.subject, firstLines(m.body), fate))
	return fate
}

// schedule lets some time go by and the schedule do its work: technicians are
// warned, requesters reminded, tickets closed. What it says are others' words.
func (k *leak) schedule() {
	k.Helper()
	if k.chance(10) {
		k.pass(73 * time.Hour)
	}
	for _, j := range k.g.jobs() {
		if err := j.do(k.Context()); err != nil {
			k.Error(j.name, err)
		}
	}
	k.told = append(k.told, "the schedule runs")
}

// matter of a ticket; one that came about by a command belongs to those of from.
func (k *leak) matter(n tickets.Number) *matter {
	if k.matters[n] == nil {
		k.matters[n] = &matter{parts: map[string]bool{}, wrote: map[string]bool{}}
	}
	return k.matters[n]
}

// newMail opens a ticket. People copied in have a part, if it is sure who wrote.
func (k *leak) newMail(from string) {
	m := outgoing{from: from, auth: pick(k, []string{"pass", "pass", "none"}), to: "batlia@town.example"}
	may := map[string]bool{from: true}
	if k.chance(3) {
		m.cc = pick(k, append(slices.Clone(requesters), technicians...))
		if m.auth == "pass" && slices.Contains(requesters, m.cc) {
			may[m.cc] = true
		}
	}
	subject, body := k.say(from, "a subject", may), k.say(from, "a new mail", may)
	m.subject, m.body = subject, "Esto no va. "+body
	if k.chance(2) {
		m.subject = "[" + pick(k, []string{"contabilidad", "portales", "incidencia", "urgente"}) + "] " + m.subject
	}
	if k.chance(4) {
		m.file = k.say(from, "an attachment", may)
	}
	fate := k.post(m)
	n, _ := k.placed(body)
	if fate != tickets.FateOpened || n == 0 {
		k.Errorf("a new mail of %s: %s", from, fate)
		return
	}
	maps.Copy(k.matter(n).parts, may)
	k.words[subject].of = []*matter{k.matter(n)}
	k.letterOf(n, body)
}

// letterOf: some technician was told.
func (k *leak) letterOf(n tickets.Number, text string) {
	k.Helper()
	for _, l := range k.collect() {
		if slices.Contains(technicians, l.to) && strings.Contains(l.everything(), text) {
			k.arrived++
			return
		}
	}
	k.Errorf("no technician was told %q of BR-%d", text, n)
}

// letterAbout gives one of a person's letters about a ticket; nil if she has none.
func (k *leak) letterAbout(who string) (*sent, tickets.Number) {
	list := slices.DeleteFunc(slices.Clone(k.inbox[who]), func(l *sent) bool { return l.Header.Get("X-Respon-Ticket") == "" })
	if len(list) == 0 {
		return nil, 0
	}
	// The latest ones more often.
	l := list[len(list)-1-min(k.dice.IntN(len(list)), k.dice.IntN(len(list)))]
	return l, numberOf(strings.TrimPrefix(l.Header.Get("X-Respon-Ticket"), "BR-"))
}

// followUp answers one of a requester's letters.
func (k *leak) followUp() {
	who := pick(k, requesters)
	l, n := k.letterAbout(who)
	if l == nil {
		return
	}
	before := maps.Clone(k.matter(n).parts)
	m := outgoing{from: who, auth: pick(k, []string{"pass", "none", "none"})}
	m.answers(l)
	parts := k.matter(n).parts
	if k.chance(4) {
		m.cc = pick(k, requesters)
		if parts[who] { // her letter's token says who she is, unless others got it, too
			parts[m.cc] = true
		}
	}
	may := parts
	if into := k.matter(k.target(n)); into.parts[who] {
		may = into.parts // she has a part in both of what was merged
	}
	text := k.say(who, "a follow-up", may)
	m.body = quoting(k, "Sigue sin ir: "+text, l)
	for _, quoted := range wordForm.FindAllString(m.body, -1) {
		maps.Copy(k.words[quoted].may, parts) // what she quotes, she tells
	}
	if k.chance(5) {
		m.body = "Tipo (incidencia / petición): incidencia\n¿Le impide realizar su trabajo? [ ] No [x] Sí\n\n" + m.body
	}
	k.post(m)
	at, internal := k.placed(text)
	if at == 0 || internal {
		k.words[text].may = map[string]bool{}
		k.matter(n).parts = before
		if before[who] && k.takesPart(n, who) && k.target(n) == n { // merged with strangers' it is internal there
			k.Errorf("what %s answered in BR-%d went nowhere", who, n)
		}
		return
	}
	if at != n && k.matters[at] == nil {
		k.matter(at).parts = maps.Clone(parts) // closed for too long, or merged
	}
	k.arrived++
	k.collect()
}

// byNumber writes with the number of anybody's ticket in the subject.
func (k *leak) byNumber() {
	who, n := pick(k, requesters), tickets.Number(1+k.dice.IntN(int(k.newest())))
	may := map[string]bool{who: true}
	colleague := slices.ContainsFunc(slices.Collect(maps.Keys(k.matter(n).parts)), func(a string) bool { return tickets.DomainOf(a) == tickets.DomainOf(who) })
	if colleague {
		maps.Copy(may, k.matter(n).parts)
	}
	text := k.say(who, "a mail with a number", may)
	k.post(outgoing{from: who, auth: "pass", to: "batlia@town.example", subject: fmt.Sprintf("Re: [BR-%d] Lo suyo", n), body: text})
	at, internal := k.placed(text)
	if at == n && !internal {
		k.matter(n).wrote[who] = true
		if !colleague {
			k.Errorf("LEAK: %s joined BR-%d by its number", who, n)
		}
	}
	if at != 0 && k.matters[at] == nil {
		k.matter(at).parts[who] = true
	}
	k.collect()
}

// stolenToken is a mail to the address in somebody else's letter: a leaked token,
// or one that was given to a service to sign up with.
func (k *leak) stolenToken() {
	l, n := k.letterAbout(pick(k, slices.Concat(requesters, technicians)))
	if l == nil {
		return
	}
	who := pick(k, []string{"no-reply@service.example", "eve@evil.example"})
	text := k.say(who, "a stranger's mail to a token", nil)
	m := outgoing{from: who, auth: pick(k, []string{"pass", "none"})}
	m.answers(l)
	if k.chance(2) {
		m.subject = "Confirm your account"
	}
	if k.chance(3) {
		m.cc = pick(k, requesters)
	}
	m.body = quoting(k, "https://service.example/confirm/"+text, l)
	k.post(m)
	if at, internal := k.placed(text); at != k.target(n) || !internal {
		k.Errorf("a stranger's mail to a token of BR-%d is in BR-%d, internal %t", n, at, internal)
	}
	k.collect()
}

// forgedRequester writes in a requester's name; the server sees through it.
func (k *leak) forgedRequester() {
	who := pick(k, requesters)
	n := 1 + k.dice.IntN(int(k.newest()))
	text := k.say(who, "a forged mail", map[string]bool{who: true})
	m := outgoing{from: who, auth: "fail", to: "batlia@town.example", subject: fmt.Sprintf("Re: [BR-%d] x", n), body: text, cc: pick(k, requesters)}
	if l, _ := k.letterAbout(pick(k, requesters)); l != nil && k.chance(2) {
		m.answers(l)
		if owner := l.to; owner == who {
			return // her own token: she is believed to have a part
		}
	}
	k.post(m)
	if at, internal := k.placed(text); at != 0 && !internal {
		if k.matters[at] != nil {
			k.Errorf("LEAK: a mail forged in the name of %s joined BR-%d", who, at)
		}
		k.matter(at).parts[who] = true // a ticket of its own, in her name
	}
	k.collect()
}

// forgedTechnician writes a command in a technician's name.
func (k *leak) forgedTechnician() {
	n := 1 + k.dice.IntN(int(k.newest()))
	text := k.say("eve@evil.example", "a forged command", nil)
	m := outgoing{from: pick(k, technicians), auth: pick(k, []string{"none", "fail"}), to: "batlia@town.example",
		subject: fmt.Sprintf("Re: [BR-%d] x", n), body: "#" + string(pick(k, k.verbs)) + " " + pick(k, requesters) + "\n" + text}
	if l, _ := k.letterAbout(pick(k, requesters)); l != nil && k.chance(2) {
		m.answers(l)
	}
	k.post(m)
	k.collect()
}

// answer is a technician's answer to one of her notices: it reaches all who take
// part, without what it quotes.
func (k *leak) answer() {
	who := pick(k, technicians)
	l, n := k.letterAbout(who)
	if l == nil {
		return
	}
	parts := k.audience(n)
	text := k.say(who, "an answer", parts)
	m := outgoing{from: who, auth: pick(k, []string{"pass", "none"})}
	m.answers(l)
	m.body = quoting(k, "Pruebe ahora: "+text, l)
	if k.chance(4) {
		m.file = k.say(who, "an attachment of an answer", parts)
	}
	k.post(m)
	list := k.collect()
	if _, internal := k.placed(text); internal {
		return // of her own ticket, say
	}
	for _, to := range slices.Sorted(maps.Keys(parts)) {
		if !slices.Contains(technicians, to) && k.takesPart(n, to) {
			k.reached(list, to, text)
		}
	}
}

// mistake is a technician's answer without a word of his own, or one below what his
// mail program does not mark as quoted.
func (k *leak) mistake() {
	who := pick(k, technicians)
	l, n := k.letterAbout(who)
	if l == nil {
		return
	}
	m := outgoing{from: who, auth: "pass", html: k.chance(4)}
	m.answers(l)
	m.body = quoting(k, "", l)
	if k.chance(3) && reply.NothingAbove(l.Text) != "" {
		m.body = strings.TrimSpace(l.Text) + "\n\n" + k.say(who, "words below a notice", k.audience(n))
	}
	k.post(m)
	k.collect()
}

// takesPart reports whether the desk knows of somebody's part, too.
func (k *leak) takesPart(n tickets.Number, who string) bool {
	t := k.ticket(n)
	return t.MergedInto == 0 && t.TakesPart(who)
}

// note never leaves the house, whatever else stands in the mail.
func (k *leak) note() {
	who := pick(k, technicians)
	l, _ := k.letterAbout(who)
	if l == nil {
		return
	}
	text := k.say(who, "a note", nil)
	m := outgoing{from: who, auth: "none", html: k.chance(3)}
	m.answers(l)
	if k.chance(3) {
		m.file = k.say(who, "an attachment of a note", nil)
	}
	if k.chance(3) {
		m.cc = pick(k, requesters) // he forgot who else is there; we do not add to it
	}
	// As fingers, telephones and programs write it.
	words := pick(k, []string{
		"#nota\n%s", "#note\n%s", "#NOTA:\n%s", "%s\n\n#nota", "# Nota\n%s", "#nota.\n%s", "\uFF03nota\n%s", "\u200b#nota\n%s", "**#nota**\n%s", "#nota: %s", "#espera #nota\n%s",
		"Hola.\n#nota %s\nUna línea más, que es larga y no es ninguna despedida de las que se escriben al final.\nUn saludo", "#mia, #nota\n%s",
	})
	m.body = quoting(k, fmt.Sprintf(words, text), l)
	k.post(m)
	if at, internal := k.placed(text); at == 0 || !internal {
		k.Errorf("a note is in BR-%d, internal %t", at, internal)
	}
	k.collect()
}

// command is any command that there is, with words or without, and sometimes with
// a note. Whom it names may have a part from then on.
func (k *leak) command() {
	who := pick(k, technicians)
	l, n := k.letterAbout(who)
	if l == nil {
		return
	}
	verb := pick(k, k.verbs)
	other := tickets.Number(1 + k.dice.IntN(int(k.newest())))
	line, person := k.line(verb, other)
	if line == "" {
		return
	}
	parts := k.matter(n).parts
	before := maps.Clone(parts)
	if person != "" {
		parts[person] = true
		k.matter(k.target(n)).parts[person] = true // what is said of a merged ticket is done in the other
	}
	note := verb == tickets.VerbNote || k.chance(4)
	var may map[string]bool
	if !note {
		may = k.audience(n)
		if verb == tickets.VerbMerge || verb == tickets.VerbGeneral { // they are said in what the two became
			maps.Copy(may, k.audience(k.target(other)))
		}
	}
	text := k.say(who, "words below #"+string(verb), may)
	lines := line + "\n" + text
	if note {
		lines = "#nota\n" + lines
	}
	m := outgoing{from: who, auth: "pass"}
	m.answers(l)
	m.body = quoting(k, lines, l)
	newest := k.newest()
	from, to := k.target(n), k.target(other)
	k.post(m)
	k.asked++
	k.merged(from, to, before)
	for ; newest < k.newest(); newest++ {
		split := k.matter(newest + 1) // it has the subject of what it was split from
		split.parts = maps.Clone(k.matter(from).parts)
		for _, w := range k.words {
			if slices.Contains(w.of, k.matter(from)) {
				w.of = append(w.of, split)
			}
		}
	}
	k.collect()
}

// line writes a command with an argument that it takes, and names the person in it.
func (k *leak) line(verb tickets.Verb, other tickets.Number) (line, person string) {
	person = pick(k, requesters)
	for _, arg := range []string{
		"", " " + person, fmt.Sprintf(" BR-%d", other) + pick(k, []string{"", "!"}), " pere", " contabilidad", " incidencia", " P" + strconv.Itoa(1+k.dice.IntN(5)),
		" 2026-12-24..2027-01-06",
	} {
		line = "#" + string(verb) + arg
		if verb == "assign" && arg != " pere" || verb == "category" && arg != " contabilidad" || (verb == "merge" || verb == "link" || verb == "general") && !strings.HasPrefix(arg, " BR") ||
			verb == "away" && k.chance(2) {
			continue
		}
		if _, _, problems := tickets.ParseCommands(line); len(problems) == 0 {
			if !strings.Contains(line, person) {
				person = ""
			}
			return line, person
		}
	}
	return "", ""
}

var undoForm = regexp.MustCompile(`#(?:deshacer|desfer|undo) \S+`)

// undo takes the last command back that a receipt named.
func (k *leak) undo() {
	who := pick(k, technicians)
	for _, l := range slices.Backward(k.inbox[who]) {
		if line := undoForm.FindString(l.Text); line != "" {
			text := k.say(who, "words below an undo", nil)
			m := outgoing{from: who, auth: "none"}
			m.answers(l)
			m.body = line + "\n#nota\n" + text
			k.post(m)
			k.collect()
			return
		}
	}
}

// directly: a technician writes to a colleague or to the requester, with the
// gateway in copy.
func (k *leak) directly() {
	who := pick(k, technicians)
	l, n := k.letterAbout(who)
	if l == nil {
		return
	}
	m := outgoing{from: who, auth: "pass"}
	m.answers(l)
	m.to, m.cc = pick(k, slices.Concat(technicians, requesters)), m.to
	parts := k.audience(n)
	parts[m.to] = true
	k.matter(k.target(n)).parts[m.to] = true
	k.matter(n).parts[m.to] = true // if the desk makes a participant of her; no leak if not
	text := k.say(who, "a mail with the gateway in copy", parts)
	m.body = text
	if k.chance(2) {
		m.body = text + "\n\n---------- Forwarded message ---------\nDe: " + l.Message.From.Name + " <" + l.Message.From.Address + ">\nDate: lun, 12 ene 2026\nSubject: " +
			l.Subject + "\nTo: <" + who + ">\n\n" + l.Text
	}
	k.post(m)
	if _, internal := k.placed(text); internal {
		k.words[text].may = nil
	}
	k.collect()
}
