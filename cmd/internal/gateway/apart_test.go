package gateway

import (
	"fmt"
	"net/http"
	neturl "net/url"
	"regexp"
	"slices"
	"strings"
	"testing"

	"respon/tickets"
	"respon/tickets/store/storetest"
)

// Two matters of strangers that a technician made one of stay two for them: each
// has her own page and number, what the one writes the other does not read, and
// the other's number is to her like one that does not exist.
func TestMergedMattersOfStrangers(t *testing.T) {
	storetest.EachURL(t, func(t *testing.T, url string) { mergedApart(t, guarded(t, url)) })
}

func mergedApart(t *testing.T, x *town) {
	x.edit("[[category]]", "[[entity]]\nname = \"Burjassot\"\ndomains = [\"burjassot.example\"]\n\n[[category]]")
	maria, rosa := x.opened("maria@alfafar.example", "Padró"), x.opened("rosa@burjassot.example", "Padrón")
	merge := fmt.Sprintf("%stown.example\nFrom: %s\nTo: %s\nSubject: Re: x\n\n#fusionar BR-%d !", pass, rosa.notice.to, rosa.notice.answerTo(), maria.number)
	if x.mail(merge); x.ticket(rosa.number).MergedInto != maria.number {
		t.Fatal("the tickets were not merged")
	}
	const words, answer = "palabra-de-rosa", "respuesta-a-ambas"
	x.mail(pass + "burjassot.example\nFrom: rosa@burjassot.example\nTo: " + rosa.ack.answerTo() + "\nSubject: Re: x\n\n" + words)
	x.mail(fmt.Sprintf("%stown.example\nFrom: %s\nTo: %s\nSubject: Re: x\n\n%s", pass, maria.notice.to, maria.notice.answerTo(), answer))
	sessions := map[string]*http.Cookie{"maria": x.signIn(maria.clerk), "rosa": x.signIn(rosa.clerk)}
	for _, tt := range []struct {
		who  string
		of   target
		code int
		says string
	}{
		{"maria", maria, http.StatusOK, answer}, {"rosa", rosa, http.StatusOK, answer},
		{"maria", rosa, http.StatusNotFound, ""}, {"rosa", maria, http.StatusNotFound, ""},
	} {
		path := fmt.Sprintf("/tickets/BR-%d", tt.of.number)
		w := x.page(path, sessions[tt.who])
		if w.Code != tt.code || !strings.Contains(w.Body.String(), tt.says) {
			t.Errorf("%s on %s: %d, and it does not say %q", tt.who, path, w.Code, tt.says)
		}
		if tt.who == "maria" && strings.Contains(w.Body.String(), words) {
			t.Errorf("%s shows maria what rosa wrote", path)
		}
		if tt.code == http.StatusOK {
			if w := x.do(http.MethodPost, path, sessions[tt.who], neturl.Values{"text": {"de " + tt.who}, "key": {tt.who}}); w.Code != http.StatusSeeOther {
				t.Errorf("%s writes on %s: %d", tt.who, path, w.Code)
			}
		}
	}
	if page := x.page(fmt.Sprintf("/tickets/BR-%d", maria.number), sessions["maria"]).Body.String(); strings.Contains(page, "de rosa") || !strings.Contains(page, "de maria") {
		t.Error("maria's page has not what she wrote, or what rosa did")
	}
	for _, l := range x.letters() {
		if l.to == maria.clerk && strings.Contains(l.everything(), "rosa") || l.to == rosa.clerk && strings.Contains(l.everything(), "maria") {
			t.Errorf("%s to %s names the other", l.kind, l.to)
		}
	}
}

// Who was copied in on a stranger's matter writes to the stranger, though it was merged
// with a matter of her own colleague's.
func TestMergedMatterOfAStrangerAndAColleague(t *testing.T) {
	storetest.EachURL(t, func(t *testing.T, url string) {
		x := guarded(t, url)
		x.edit("[[category]]", "[[entity]]\nname = \"Burjassot\"\ndomains = [\"burjassot.example\"]\n\n[[category]]")
		x.mail(pass + "burjassot.example\nFrom: rosa@burjassot.example\nTo: batlia@town.example, maria@alfafar.example\nSubject: Padrón\n\nNo va.")
		letters := x.letters()
		copied, notice := x.letterTo(letters, "maria@alfafar.example"), x.letterTo(letters, anaAddress)
		eva := x.opened("eva@alfafar.example", "Padró")
		merge := fmt.Sprintf("%stown.example\nFrom: %s\nTo: %s\nSubject: Re: x\n\n#fusionar BR-%d !", pass, notice.to, notice.answerTo(), eva.number)
		if x.mail(merge); x.ticket(1).MergedInto != eva.number {
			t.Fatal("the tickets were not merged")
		}
		x.letters()
		const words = "palabra-de-maria"
		x.mail(pass + "alfafar.example\nFrom: maria@alfafar.example\nTo: " + copied.answerTo() + "\nSubject: Re: x\n\n" + words)
		told := false
		for _, l := range x.letters() {
			if l.to == eva.clerk {
				t.Errorf("%s to %s", l.kind, l.to)
			}
			told = told || strings.Contains(l.Text, words)
		}
		if !told {
			t.Error("no technician was told")
		}
		if page := x.page(fmt.Sprintf("/tickets/BR-%d", eva.number), x.signIn(eva.clerk)).Body.String(); strings.Contains(page, words) {
			t.Error("her colleague reads what she wrote to a stranger")
		}
	})
}

// What the letter promises that ends such a matter is kept to her, too, whose ticket was
// merged away.
func TestEndOfAMergedMatter(t *testing.T) {
	storetest.EachURL(t, func(t *testing.T, url string) {
		x := twoHouses(t, url)
		maria, rosa := x.opened("maria@alfafar.example", "Padró"), x.opened("rosa@burjassot.example", "Padrón")
		x.orders(rosa, fmt.Sprintf("#fusionar BR-%d !", maria.number))
		end := x.letterTo(x.orders(maria, "#resolver\nYa va."), rosa.clerk)
		from := func(subject, words string) (tickets.Fate, []*sent) {
			fate := x.mail(pass + "burjassot.example\nFrom: " + rosa.clerk + "\nTo: " + end.answerTo() + "\nSubject: " + subject + "\n\n" + words)
			return fate, x.letters()
		}
		content := regexp.MustCompile(`/content/\w+`).FindString(end.Text)
		if w := x.page(content, nil); w.Code != http.StatusOK || strings.Contains(w.Body.String(), "BR-1") {
			t.Errorf("the page that asks whether she is content: %d", w.Code)
		}
		x.do(http.MethodPost, content, nil, neturl.Values{"content": {"yes"}})
		if got := x.ticket(rosa.number).Satisfied; got == nil || !*got {
			t.Error("what she said on the page is not kept")
		}
		if fate, list := from("[BR-2] Satisfacción: No", ""); fate != tickets.FateJoined || !slices.Equal(kinds(list), []string{"follow_up " + anaAddress}) {
			t.Errorf("by mail: %s, letters %v", fate, kinds(list))
		}
		if own, other := x.ticket(rosa.number).Satisfied, x.ticket(maria.number).Satisfied; own == nil || *own || other != nil {
			t.Error("what she said by mail is not kept for hers alone")
		}
		if _, list := from("ESTADO BR-2", ""); len(list) != 1 || list[0].kind != tickets.LetterStatus || !strings.Contains(list[0].Text, "resuelta") || strings.Contains(list[0].everything(), "BR-1") {
			t.Errorf("how it stands: %v\n%s", kinds(list), list[0].Text)
		}
		if from("Re: x", "Gracias"); x.ticket(maria.number).Status != tickets.Resolved {
			t.Error("thanks opened it again")
		}
		if from("Re: x", "Sigue sin ir."); x.ticket(maria.number).Status != tickets.Open {
			t.Error("it was not opened again")
		}
		if page := x.page("/tickets/BR-1", x.signIn(maria.clerk)).Body.String(); strings.Contains(page, "Sigue sin ir") || strings.Contains(page, "rosa") {
			t.Error("the other reads what she wrote")
		}
	})
}
