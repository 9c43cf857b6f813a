package templates

import (
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
)

func TestWrap(t *testing.T) {
	long := strings.Repeat("palabra ", 30)
	for _, l := range strings.Split(wrap(long), "\n") {
		if n := utf8.RuneCountInString(l); n > columns || strings.TrimSpace(l) != l {
			t.Errorf("a line of %d columns: %q", n, l)
		}
	}
	for _, l := range strings.Split(item("#nota: "+long), "\n")[1:] {
		if !strings.HasPrefix(l, "  palabra") || utf8.RuneCountInString(l) > columns {
			t.Errorf("a line of an item reads %q", l)
		}
	}
	url := "https://respon.example/" + strings.Repeat("x", 100)
	if got := wrap("See " + url + " now"); got != "See\n"+url+"\nnow" {
		t.Errorf("a long word became %q", got)
	}
	if got := wrap("a\u00a0b\r\nc\x1b[31m"); got != "a\u00a0b\nc[31m" {
		t.Errorf("got %q", got)
	}
}

func TestNoLineOfOursIsACommand(t *testing.T) {
	for _, l := range strings.Split(wrap(strings.Repeat("Asunto: #cerrar #resolver ", 20)), "\n") {
		if strings.HasPrefix(l, "#") {
			t.Errorf("a line reads %q", l)
		}
	}
}

// What is not nothing has a bar, and no bar is longer than the longest.
func TestBar(t *testing.T) {
	for share, want := range map[int]int{-5: 0, 0: 0, 1: 1, 50: 15, 99: 29, 100: 30, 300: 30} {
		if got := strings.Count(bar(share), "█"); got != want {
			t.Errorf("bar(%d) has %d columns, want %d", share, got, want)
		}
	}
}

// A chart says its figures with and without the bars, each under its column.
func TestChart(t *testing.T) {
	s, err := Load("")
	if err != nil {
		t.Fatal(err)
	}
	text, html, err := s.Mail(Letter{Lang: "en", Blocks: []Block{{
		Kind: Chart, Text: "By week", Head: "Week", Columns: []string{"Opened", "Closed"},
		Rows: []Row{{"first", []Bar{{"7", 100}, {"0", 0}}}, {"<second>", []Bar{{"3", 40}, {"5", 71}}}},
	}}})
	if err != nil {
		t.Fatal(err)
	}
	want := "By week\n\nfirst\n" + strings.Repeat("█", 30) + " Opened: 7\nClosed: 0\n\n<second>\n" +
		strings.Repeat("█", 12) + " Opened: 3\n" + strings.Repeat("█", 21) + " Closed: 5\n"
	if text != want {
		t.Errorf("text:\n%s\nwant:\n%s", text, want)
	}
	for _, want := range []string{`scope="col"`, `scope="row"`, "&lt;second&gt;</th>", "<b>0</b></td>", `width="71%"`, `aria-hidden="true"`} {
		if !strings.Contains(html, want) {
			t.Errorf("%s is missing in\n%s", want, html)
		}
	}
	if bars := strings.Count(html, `class="bar"`); bars != 3 {
		t.Errorf("%d bars, want 3", bars)
	}
}

func TestQuote(t *testing.T) {
	if got, want := quote("\nuno\r\n\r\n#cerrar\n"), "> uno\n> \n> #cerrar"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestLinked(t *testing.T) {
	got := linked("Mire (https://a.example/x?y=1). <b>javascript:x</b>")
	want := []Piece{{"Mire (", ""}, {"https://a.example/x?y=1", "https://a.example/x?y=1"}, {"). <b>javascript:x</b>", ""}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if got := linked(""); got != nil {
		t.Errorf("an empty line became %v", got)
	}
}

// The frame escapes what people wrote, and says the same in both parts.
func TestMail(t *testing.T) {
	s, err := Load("")
	if err != nil {
		t.Fatal(err)
	}
	text, html, err := s.Mail(Letter{Lang: "ca-valencia", Title: "<title>", Blocks: []Block{
		{Kind: Words, Text: "<script>alert(1)</script>\nhttps://a.example/\"onclick=x"},
		{Kind: Compose, Text: "new mail", URL: "mailto:b@dival.example?subject=x%20y&body=%C3%B1%0D%0A"},
		{Kind: Link, Text: "bad", URL: "javascript:alert(1)"},
	}})
	if err != nil {
		t.Fatal(err)
	}
	if !strings.HasPrefix(text, "<script>alert(1)</script>\nhttps://a.example/") || strings.Contains(text, "mailto:") {
		t.Errorf("text:\n%s", text)
	}
	for _, want := range []string{`<html lang="ca-valencia">`, "&lt;script&gt;", `href="mailto:b@dival.example?subject=x%20y&amp;body=%C3%B1%0D%0A"`} {
		if !strings.Contains(html, want) {
			t.Errorf("%s is missing in\n%s", want, html)
		}
	}
	for _, bad := range []string{"<script", "javascript:", "onclick=x\"", "<img", "<link", "http-equiv", "url("} {
		if strings.Contains(html, bad) {
			t.Errorf("%s is in\n%s", bad, html)
		}
	}
}
