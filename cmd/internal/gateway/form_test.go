package gateway

import (
	"crypto/rand"
	"html"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"respon/ingest/reply"
	"respon/mailer"
	"respon/templates"
	"respon/tickets"
	"respon/tickets/token"
)

// The lines that letters are made of are those that the intake reads.
func TestFormIsReadAsItIsWritten(t *testing.T) {
	set, err := templates.Load("")
	if err != nil {
		t.Fatal(err)
	}
	names := reply.Names{Categories: []reply.Named{{ID: "conta", Names: []string{"Contabilidad"}}}}
	for _, locale := range templates.Locales {
		empty := []string{set.Text(locale, "form.type"), set.Text(locale, "form.category", "contabilidad / …"),
			set.Text(locale, "form.blocks_work"), set.Text(locale, "form.affects_others"), set.Text(locale, "form.affects_citizens")}
		if f := reply.ReadForm(strings.Join(empty, "\n"), "", names); !f.Empty() || f.Rest != "" {
			t.Errorf("%s, empty: %+v", locale, f)
		}
		filled := []string{empty[0] + set.Text(locale, "type.request"), empty[1] + "Contabilidad",
			strings.Replace(empty[2], "[ ] No", "[x] No", 1), strings.Replace(empty[3], "No [ ]", "No [x]", 1), strings.Replace(empty[4], "No [ ]", "No [x]", 1)}
		f := reply.ReadForm(strings.Join(filled, "\n"), "", names)
		if f.Type != "request" || f.Category != "conta" || f.BlocksWork == nil || *f.BlocksWork ||
			f.AffectsOthers == nil || !*f.AffectsOthers || f.AffectsCitizens == nil || !*f.AffectsCitizens || f.Rest != "" {
			t.Errorf("%s, filled in: %+v\n%s", locale, f, strings.Join(filled, "\n"))
		}
	}
}

// Who answers in colour between the lines of a letter is told from it by the colour
// alone: no letter of ours has text in one that is no link.
func TestLettersHaveNoColour(t *testing.T) {
	cat := mailer.SampleCatalogue()
	c := sampleComposer(t, cat)
	for _, locale := range tickets.Locales {
		for _, s := range mailer.Samples(locale) {
			r, err := c.Render(s.Letter)
			if err != nil {
				t.Fatal(err)
			}
			for _, words := range []string{"Le contesto abajo.", "Le contesto en azul.", "Le contesto en rojo.", "Li responc en verd.", "My answers are below, in orange."} {
				answer := "<p>" + words + "</p><div id=\"divRplyFwdMsg\"><b>De:</b> Batlia<br><b>Enviado:</b> lunes, 12 de enero de 2026 9:30<br><b>Asunto:</b> Impresora</div>" + r.HTML
				if got, _ := reply.New(reply.FromHTML(answer), answer); got != words {
					t.Fatalf("%s, %s: %q was taken for an answer", s.Name, locale, got)
				}
			}
		}
	}
}

func sampleComposer(t *testing.T, cat *tickets.Catalogue) *mailer.Composer {
	t.Helper()
	words, err := templates.Load("")
	if err != nil {
		t.Fatal(err)
	}
	signer, err := token.New([]byte(strings.Repeat("k", 32)), nil)
	if err != nil {
		t.Fatal(err)
	}
	return mailer.NewComposer(func() *templates.Set { return words }, signer, func() *tickets.Catalogue { return cat }, rand.Reader)
}

// The links that begin a mail with the form in it (RFC 6068) are ones that mail
// programs accept, and what is sent from them is read right.
func TestMailsBegunByALink(t *testing.T) {
	cat := mailer.SampleCatalogue()
	c := sampleComposer(t, cat)
	names := reply.Names{}
	for _, k := range cat.Categories {
		n := reply.Named{ID: k.ID}
		for _, name := range k.Names {
			n.Names = append(n.Names, name)
		}
		names.Categories = append(names.Categories, n)
	}
	link := regexp.MustCompile(`href="(mailto:[^"]*)"`)
	for _, locale := range tickets.Locales {
		var got []string
		for _, s := range mailer.Samples(locale) {
			if s.Name != "ack" {
				continue
			}
			r, err := c.Render(s.Letter)
			if err != nil {
				t.Fatal(err)
			}
			for _, m := range link.FindAllStringSubmatch(r.HTML, -1) {
				raw := html.UnescapeString(m[1])
				u, err := url.Parse(raw)
				if err != nil || len(raw) > 1800 || strings.ContainsAny(raw, "+ ") || !strings.Contains(raw, "%0D%0A") || !strings.HasPrefix(raw, "mailto:batlia%2B") {
					t.Errorf("%s: %v, %d characters: %s", locale, err, len(raw), raw)
				}
				body := u.Query().Get("body")
				f := reply.ReadForm(strings.ReplaceAll(body, "\r\n", "\n"), "", names)
				got = append(got, f.Category)
				yes := reply.ReadForm(strings.Replace(strings.ReplaceAll(body, "\r\n", "\n"), "[ ] No [ ]", "[ ] No [x]", 1), "", names)
				if yes.BlocksWork == nil || !*yes.BlocksWork || !strings.HasPrefix(u.Query().Get("subject"), "Re: [BR-482]") {
					t.Errorf("%s: %+v of\n%s", locale, yes, body)
				}
			}
		}
		if want := "|padron|contabilidad|portales"; strings.Join(got, "|") != want {
			t.Errorf("%s: categories %q, want %q", locale, got, want)
		}
	}
}
