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
