package gateway

import (
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"

	"respon/tickets"
)

// fromThePage writes on a ticket's page: a requester, or a technician, who may
// make a note of it.
func (k *leak) fromThePage() {
	who := pick(k, slices.Concat(requesters, technicians))
	n := tickets.Number(1 + k.dice.IntN(int(k.newest())))
	technician := slices.Contains(technicians, who)
	note := technician && k.chance(2)
	fields := url.Values{"key": {fmt.Sprint("key", len(k.words))}}
	var may map[string]bool
	switch {
	case !technician:
		may = k.matter(n).parts
		if into := k.matter(k.target(n)); into.parts[who] {
			may = into.parts
		}
	case !note:
		may = k.audience(n)
	default:
		fields.Set("note", "1")
	}
	text := k.say(who, "words from the page", may)
	fields.Set("text", text)
	w := k.do(http.MethodPost, fmt.Sprintf("/tickets/BR-%d", n), k.signIn(who), fields)
	k.told = append(k.told, fmt.Sprintf("%s writes on BR-%d, note %t: %d", who, n, note, w.Code))
	at, internal := k.placed(text)
	if at != 0 && !technician && !k.matter(n).parts[who] {
		k.Errorf("LEAK: %s wrote on BR-%d", who, n)
	}
	if at != 0 && note && !internal {
		k.Errorf("a note from the page of BR-%d is not internal", n)
	}
	if at != 0 && k.matters[at] == nil {
		k.matter(at).parts = maps.Clone(k.matter(n).parts) // closed for too long
	}
	k.collect()
}

// opensOnThePage is a requester's new ticket, written on the page.
func (k *leak) opensOnThePage() {
	who := pick(k, requesters)
	may := map[string]bool{who: true}
	subject, text := k.say(who, "a subject on the page", may), k.say(who, "a ticket from the page", may)
	w := k.do(http.MethodPost, "/new", k.signIn(who), url.Values{
		"key": {fmt.Sprint("key", len(k.words))}, "subject": {subject}, "text": {text}, "type": {pick(k, []string{"incident", "request", ""})}, "blocks_work": {"yes"},
	})
	n, _ := k.placed(text)
	k.told = append(k.told, fmt.Sprintf("%s opens BR-%d on the page: %d", who, n, w.Code))
	if n == 0 {
		k.Errorf("what %s wrote on the page opened nothing: %d", who, w.Code)
		return
	}
	maps.Copy(k.matter(n).parts, may)
	k.words[subject].of = []*matter{k.matter(n)}
	k.letterOf(n, text)
}

var asking = regexp.MustCompile(`/(?:form|content)/[a-z0-9]+`)

// byLink opens the link of a letter without a session, as whoever got the letter can,
// and says there what it asks for.
func (k *leak) byLink() {
	who := pick(k, requesters)
	for i := len(k.inbox[who]) - 1; i >= 0; i-- {
		l := k.inbox[who][i]
		path := asking.FindString(l.Text)
		if path == "" || k.chance(2) {
			continue
		}
		n := numberOf(strings.TrimPrefix(l.Header.Get("X-Respon-Ticket"), "BR-"))
		parts := k.matter(k.target(n)).parts
		fields := url.Values{"type": {"incident"}, "affects_others": {pick(k, []string{"yes", "no"})}, "category": {"portales"}}
		text := ""
		if strings.HasPrefix(path, "/content/") {
			text = k.say(who, "why she is content or not", parts)
			fields = url.Values{"content": {pick(k, []string{"yes", "no"})}, "text": {text}}
		}
		k.inspect("page "+path, who, k.page(path, nil).Body.String())
		w := k.do(http.MethodPost, path, nil, fields)
		k.inspect("page "+path, who, w.Body.String())
		k.told = append(k.told, fmt.Sprintf("%s says by her link to BR-%d %v: %d", who, n, fields, w.Code))
		if at, internal := k.placed(text); text != "" && at != 0 && internal {
			k.words[text].may = nil
		}
		k.collect()
		return
	}
}

// satisfied answers by mail whether she is content, or somebody else does in her place.
func (k *leak) satisfied() {
	l, n := k.letterAbout(pick(k, requesters))
	if l == nil {
		return
	}
	who := pick(k, []string{l.to, l.to, pick(k, requesters), "eve@evil.example"})
	parts := k.matter(n).parts
	if into := k.matter(k.target(n)); into.parts[who] {
		parts = into.parts
	}
	text := k.say(who, "whether she is content", parts)
	m := outgoing{from: who, auth: pick(k, []string{"pass", "none", "fail"})}
	m.answers(l)
	m.subject, m.body = fmt.Sprintf("[BR-%d] Satisfacción: %s", n, pick(k, []string{"Sí", "No"})), text
	newest := k.newest()
	k.post(m)
	at, internal := k.placed(text)
	if at == 0 || internal {
		k.words[text].may = nil
	} else if k.matters[at] != nil && !parts[who] {
		k.matter(at).wrote[who] = true // a colleague, who may join
	}
	for ; newest < k.newest(); newest++ {
		k.matter(newest + 1).parts[who] = true
		k.words[text].may = map[string]bool{who: true}
	}
	k.collect()
}

// registers is anybody who enters somebody's address on the page, with a name that
// is none: nobody is sent a word of it.
func (k *leak) registers() {
	who := pick(k, append(slices.Clone(requesters), "eve@evil.example"))
	name := k.say("visitor", "a name on the page", nil)
	path := pick(k, []string{"/register", "/login"})
	w := k.do(http.MethodPost, path, nil, url.Values{"address": {who}, "name": {name}, "entity": {name}})
	k.told = append(k.told, fmt.Sprintf("somebody enters %s at %s: %d", who, path, w.Code))
	k.collect()
}
