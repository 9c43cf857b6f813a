package mailer

import (
	"fmt"
	"strings"
	"time"

	"respon/templates"
	"respon/tickets"
	"respon/tickets/token"
)

// writing is one letter while it is put into words: blocks are added to it in
// the order in which they will be read.
type writing struct {
	templates.Letter
	set    *templates.Set
	signer *token.Signer
	cat    *tickets.Catalogue
	locale tickets.Locale
	l      *tickets.Letter
	// answerTo is the address that an answer goes to.
	answerTo string
	// filesLeft: there are attachments that did not come along.
	filesLeft bool
}

func (w *writing) t(key string, args ...any) string {
	return w.set.Text(string(w.locale), key, args...)
}

func (w *writing) add(b templates.Block) { w.Blocks = append(w.Blocks, b) }

// say adds a paragraph.
func (w *writing) say(key string, args ...any) {
	w.add(templates.Block{Kind: templates.Text, Text: w.t(key, args...)})
}

func (w *writing) warn(key string) {
	w.add(templates.Block{Kind: templates.Strong, Text: w.t(key)})
}

// words adds what a person wrote, if she wrote anything.
func (w *writing) words(kind templates.BlockKind, s string) {
	if s = strings.TrimSpace(s); s != "" {
		w.add(templates.Block{Kind: kind, Text: s})
	}
}

func (w *writing) link(key, path string) templates.Block {
	return templates.Block{Kind: templates.Link, Text: w.t(key), URL: w.cat.Gateway.BaseURL + path}
}

// foot adds a line to the footer.
func (w *writing) foot(key string, args ...any) {
	w.Footer = append(w.Footer, templates.Block{Kind: templates.Text, Text: w.t(key, args...)})
}

// page adds the ticket's page to the footer.
func (w *writing) page() {
	if w.cat.Gateway.BaseURL != "" {
		w.Footer = append(w.Footer, w.link("mail.page", "/tickets/"+w.number()))
	}
}

func (w *writing) phone() {
	if phone := w.cat.Gateway.Phone; phone != "" {
		w.foot("mail.phone", phone)
	}
}

func (w *writing) number() string {
	if w.l.Ticket == nil {
		return ""
	}
	return w.l.Ticket.Number.Format(w.cat.Gateway.Prefix)
}

// greet uses a name only in a letter about a ticket of the person's own: a
// stranger's is what whoever wrote in her name made of it.
func (w *writing) greet() {
	if name := personName(w.l.To.Name); name != "" && w.l.Ticket != nil && !w.l.Stranger {
		w.say("mail.greeting_name", name)
		return
	}
	w.say("mail.greeting")
}

// write puts the letter into words.
func (w *writing) write() error {
	if w.l.Kind.Notice() {
		w.notice()
		return nil
	}
	switch w.l.Kind {
	case tickets.LetterAck:
		w.acknowledgement()
	case tickets.LetterAnswer:
		// A person's letter is her own words and no more.
		w.words(templates.Words, w.l.Text)
		w.files()
		w.foot("answer.footer", w.number())
	case tickets.LetterForm:
		w.formRead()
	case tickets.LetterResolved:
		w.resolved()
	case tickets.LetterReminder:
		w.reminder()
	case tickets.LetterConfirm:
		if err := w.confirm(); err != nil {
			return err
		}
	case tickets.LetterRefusal:
		w.greet()
		w.say("refusal.intro")
		w.say("refusal.follow")
	case tickets.LetterTooBig:
		w.tooBig()
	case tickets.LetterFiles:
		w.greet()
		w.refused()
		w.say("files.rest", w.number())
	case tickets.LetterAdded:
		w.greet()
		w.say("added.intro", oneLine(w.l.Recipient), w.number())
		w.say("added.follow")
	case tickets.LetterRegister:
		w.greet()
		w.say("register.intro")
		w.add(w.link("register.link", "/confirm/"+w.l.Token))
		w.say("register.not_me")
	case tickets.LetterGuide:
		w.guide()
	case tickets.LetterStatus:
		w.status()
	case tickets.LetterFound:
		w.found()
	case tickets.LetterLocale:
		w.greet()
		w.say("asked.locale")
	case tickets.LetterLogin:
		w.greet()
		w.say("login.intro")
		w.add(w.link("login.link", "/login/"+w.l.Token))
		w.say("login.not_me")
	default:
		return fmt.Errorf("no words for a letter of kind %q", w.l.Kind)
	}
	if w.l.Ticket != nil {
		w.page()
	}
	w.phone()
	w.foot("mail.registry")
	w.foot("mail.privacy")
	return nil
}

func (w *writing) acknowledgement() {
	w.greet()
	intro := "ack.intro"
	if w.l.Behalf {
		intro = "ack.behalf"
	}
	text := w.t(intro, w.number())
	if t := w.l.Ticket; t.TypeKnown {
		text += " " + w.t("ack."+string(t.Type))
	}
	w.add(templates.Block{Kind: templates.Text, Text: text})
	if w.l.Known {
		w.say("ack.known")
	}
	w.refused()
	w.say("ack.understood")
	w.add(templates.Block{Kind: templates.Facts, Facts: w.understood()})
	if w.l.Asks.Any() {
		w.notClear()
		w.form()
	}
	w.say("ack.follow")
}

// refused names the attachments that were not taken, and what to send instead. To
// somebody who may not have sent them their names are a stranger's words.
func (w *writing) refused() {
	if len(w.l.Refused) == 0 {
		return
	}
	if w.l.Stranger {
		w.say("files.refused_some")
		w.say("files.instead")
		return
	}
	names := make([]string, 0, len(w.l.Refused))
	for _, name := range w.l.Refused[:min(maxNamed, len(w.l.Refused))] {
		names = append(names, first(cutSubject(name, w.cat.Gateway.Prefix), maxName))
	}
	if len(w.l.Refused) > maxNamed {
		names = append(names, "…")
	}
	w.say("files.refused", strings.Join(names, ", "))
	w.say("files.instead")
}

// maxNamed is how many refused files are named.
const maxNamed = 10

func (w *writing) resolved() {
	if strings.TrimSpace(w.l.Text) == "" {
		w.greet()
	}
	w.words(templates.Words, w.l.Text)
	w.files()
	w.add(templates.Block{Kind: templates.Text, Text: w.t("resolved.intro", w.number()) + " " + w.t("resolved.reopen")})
	w.askContent()
}

// askContent asks whether the requester is content: one click, in the mail or on
// the page. The link on the page says whose it is; in a letter to several it would
// be anybody's.
func (w *writing) askContent() {
	w.say("resolved.ask")
	for _, answer := range []string{"resolved.yes", "resolved.no"} {
		subject := "[" + w.number() + "] " + w.t("resolved.answer", w.t(answer))
		w.add(templates.Block{Kind: templates.Compose, Text: w.t(answer + "_link"), URL: w.mailtoAbout(subject, "")})
	}
	if w.cat.Gateway.BaseURL != "" && len(w.l.Cc) == 0 {
		if key, err := w.signer.Sign(token.Content, w.l.Ticket.UID, w.l.To.Address); err == nil {
			w.add(w.link("resolved.page", "/content/"+key))
		}
	}
	line := func(answer string) string { // not to be broken: it is copied
		return strings.ReplaceAll(w.t("resolved.answer", w.t(answer)), " ", "\u00a0")
	}
	w.say("resolved.line", line("resolved.yes"), line("resolved.no"))
}

func (w *writing) confirm() error {
	key, err := w.signer.Sign(token.Confirm, w.l.Token, w.l.To.Address)
	if err != nil {
		return fmt.Errorf("link of a confirmation: %w", err)
	}
	w.greet()
	w.say("confirm.intro")
	if w.cat.Gateway.PlusAddressing {
		w.say("confirm.answer")
	} else {
		w.say("confirm.button") // an answer could not be told from another mail
	}
	w.add(w.link("confirm.link", "/confirm/"+key))
	w.say("confirm.not_me")
	return nil
}

func (w *writing) tooBig() {
	w.greet()
	w.say("too_big.intro", size(w.l.MaxSize))
	w.say("too_big.follow")
	w.add(templates.Block{Kind: templates.List, Lines: []string{w.t("too_big.smaller"), w.t("too_big.split"), w.t("too_big.page")}})
	w.add(w.link("too_big.link", "/"))
}

// files says where the attachments are that did not come along.
func (w *writing) files() {
	if w.filesLeft {
		w.say("mail.files")
	}
}

// size writes a number of bytes.
func size(n int64) string {
	if n < 1_000_000 {
		return fmt.Sprintf("%d kB", (n+999)/1_000)
	}
	return fmt.Sprintf("%d MB", n/1_000_000)
}

// moment writes a time by the gateway's clock on the wall.
func (w *writing) moment(t time.Time) string {
	form := "02/01/2006 15:04"
	if w.locale == tickets.English {
		form = "2 Jan 2006 15:04" // 02/01 is read in two ways
	}
	return in(t, w.cat).Format(form)
}

// understood is what is known of the ticket.
func (w *writing) understood() []templates.Fact {
	t := w.l.Ticket
	if t == nil {
		return nil
	}
	typ, category := w.t("fact.unknown"), w.t("fact.unknown")
	if t.TypeKnown {
		typ = w.t("type." + string(t.Type))
	}
	if cat := w.cat.CategoryByID(t.Category); cat != nil {
		category = cat.Name(w.locale)
	}
	priority := w.t("fact.rank", t.Priority.Rank())
	switch {
	case w.l.Kind.Notice():
		priority = w.why(t)
	case w.l.Asks.Any():
		priority = w.t("fact.rank_provisional", t.Priority.Rank())
	}
	facts := []templates.Fact{
		{Name: w.t("fact.type"), Value: typ}, {Name: w.t("fact.category"), Value: category}, {Name: w.t("fact.priority"), Value: priority},
	}
	if subject := cutSubject(t.Subject, w.cat.Gateway.Prefix); subject != "" {
		facts = append([]templates.Fact{{Name: w.t("fact.subject"), Value: subject}}, facts...)
	}
	return facts
}

// why says how the priority came about.
func (w *writing) why(t *tickets.Ticket) string {
	if t.PriorityWhy == "" {
		if t.Impact == "" || t.Urgency == "" {
			return string(t.Priority)
		}
		return w.t("fact.by_matrix", t.Priority, w.t("impact."+string(t.Impact)), w.t("urgency."+string(t.Urgency)))
	}
	who := t.PriorityWhy
	if tech := w.cat.TechnicianByID(who); tech != nil {
		who = tech.Name
	}
	return w.t("fact.by_hand", t.Priority, who)
}
