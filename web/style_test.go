package web

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// A field for words is wide and tall. What is pressed and not written in has a
// size of its own, else each answer of the form is a circle in the middle of
// the page, with its word below.
func TestStyleOfWhatIsPressed(t *testing.T) {
	style, err := fs.ReadFile(static, "static/style.css")
	if err != nil {
		t.Fatal(err)
	}
	words := []string{"text", "email", "search", "tel", "hidden"}
	seen := 0
	pages, err := filepath.Glob("../templates/page/*.html")
	if err != nil {
		t.Fatal(err)
	}
	input := regexp.MustCompile(`<input[^>]* type="([a-z]+)"`)
	for _, name := range pages {
		page, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range input.FindAllStringSubmatch(string(page), -1) {
			seen++
			if !slices.Contains(words, m[1]) && !strings.Contains(string(style), `input[type="`+m[1]+`"]`) {
				t.Errorf("%s: the style says nothing of %s", name, m[0])
			}
		}
	}
	if seen == 0 {
		t.Error("no page has a field")
	}
}
