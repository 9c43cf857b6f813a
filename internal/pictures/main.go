// Command pictures makes pictures of every mail, as Chromium shows its HTML on a
// telephone and on a desk, in light and dark, and lets axe-core look at each.
//
//	go run ./internal/pictures -out pictures [-axe path/to/axe.min.js] [-only ack,answer] [-locale es]
//
// It ends with 1 if axe finds a violation. Without -axe the pictures are made
// and nothing is checked, which is said.
package main

import (
	"bytes"
	"crypto/rand"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"html"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"respon/mailer"
	"respon/templates"
	"respon/tickets"
	"respon/tickets/token"
)

func main() {
	out := flag.String("out", "pictures", "folder for the pictures")
	axe := flag.String("axe", "", "axe.min.js of axe-core")
	only := flag.String("only", "", "names of mails, with commas between; all by default")
	locale := flag.String("locale", "", "one language; all by default")
	flag.Parse()
	if err := run(*out, *axe, *only, *locale); err != nil {
		fmt.Fprintln(os.Stderr, "pictures:", err)
		os.Exit(1)
	}
}

// widths are those of a telephone and of a window on a desk, in pixels.
var widths = [...]int{360, 800}

func run(out, axe, only, locale string) error {
	chromium, err := exec.LookPath("chromium")
	if err != nil {
		return errors.New("chromium is not installed")
	}
	if out, err = filepath.Abs(out); err != nil {
		return err
	}
	if err := os.MkdirAll(out, 0o755); err != nil {
		return err
	}
	var script []byte
	if axe == "" {
		fmt.Println("axe-core is not given: the mails are not checked")
	} else if script, err = os.ReadFile(axe); err != nil {
		return err
	}
	c, err := composer()
	if err != nil {
		return err
	}
	var wrong []error
	for _, l := range tickets.Locales {
		if locale != "" && locale != string(l) {
			continue
		}
		for _, s := range mailer.Samples(l) {
			if only != "" && !slices.Contains(strings.Split(only, ","), s.Name) {
				continue
			}
			r, err := c.Render(s.Letter)
			if err != nil {
				return fmt.Errorf("%s in %s: %w", s.Name, l, err)
			}
			name := filepath.Join(out, string(l)+"-"+s.Name)
			if err := shoot(chromium, name, r.HTML); err != nil {
				return err
			}
			if script != nil {
				if err := check(chromium, name, r.HTML, script); err != nil {
					wrong = append(wrong, err)
				}
			}
			fmt.Println(filepath.Base(name))
		}
	}
	return errors.Join(wrong...)
}

func composer() (*mailer.Composer, error) {
	words, err := templates.Load("")
	if err != nil {
		return nil, err
	}
	signer, err := token.New(bytes.Repeat([]byte("sample"), 6), nil)
	if err != nil {
		return nil, err
	}
	cat := mailer.SampleCatalogue()
	return mailer.NewComposer(func() *templates.Set { return words }, signer, func() *tickets.Catalogue { return cat }, rand.Reader), nil
}

// dark makes a mail look as in a client that prefers dark colours.
var dark = strings.NewReplacer("(prefers-color-scheme: dark)", "(min-width: 0)")

// shoot takes the pictures of a mail. A mail stands in a frame of its own
// width: Chromium's window is never narrower than 500 pixels.
func shoot(chromium, name, page string) error {
	for _, width := range widths {
		for mode, text := range map[string]string{"light": page, "dark": dark.Replace(page)} {
			ground := "#fff"
			if mode == "dark" {
				ground = "#121212"
			}
			frame := fmt.Sprintf(`<!DOCTYPE html><html><body style="margin:0;background:%s"><iframe width="%d" height="1400" style="border:0" srcdoc="%s"></iframe></body></html>`,
				ground, width, html.EscapeString(text))
			if err := browse(chromium, frame, "--screenshot="+fmt.Sprintf("%s-%d-%s.png", name, width, mode), fmt.Sprintf("--window-size=%d,1400", max(width, 500))); err != nil {
				return err
			}
		}
	}
	return nil
}

// browse opens a page in Chromium, without a window.
func browse(chromium, page string, args ...string) error {
	_, err := dom(chromium, page, args...)
	return err
}

func dom(chromium, page string, args ...string) ([]byte, error) {
	dir, err := os.MkdirTemp("", "pictures")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	file := filepath.Join(dir, "page.html")
	if err := os.WriteFile(file, []byte(page), 0o600); err != nil {
		return nil, err
	}
	all := append([]string{"--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", "--user-data-dir=" + filepath.Join(dir, "profile"),
		"--virtual-time-budget=10000"}, args...)
	cmd := exec.Command(chromium, append(all, "file://"+file)...)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	text, err := cmd.Output()
	if err != nil {
		return nil, fmt.Errorf("chromium: %w: %s", err, stderr.String())
	}
	return text, nil
}

var result = regexp.MustCompile(`(?s)<pre id="axe">(.*?)</pre>`)

// check lets axe-core look at a mail, in light and in dark.
func check(chromium, name, page string, script []byte) error {
	for mode, text := range map[string]string{"light": page, "dark": dark.Replace(page)} {
		text = strings.Replace(text, "</body>", "<script>"+string(script)+`</script><script>
axe.run({runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"], rules: {region: {enabled: false}, "landmark-one-main": {enabled: false}, "page-has-heading-one": {enabled: false}}}).then(r => {
	const p = document.createElement("pre"); p.id = "axe";
	p.textContent = JSON.stringify(r.violations.map(v => v.id + ": " + v.nodes.map(n => n.html).join(" | "))); document.body.append(p);
});</script></body>`, 1)
		out, err := dom(chromium, text, "--dump-dom")
		if err != nil {
			return err
		}
		m := result.FindSubmatch(out)
		if m == nil {
			return fmt.Errorf("%s: axe-core said nothing", filepath.Base(name))
		}
		var violations []string
		if err := json.Unmarshal([]byte(html.UnescapeString(string(m[1]))), &violations); err != nil {
			return err
		}
		if len(violations) > 0 {
			return fmt.Errorf("%s, %s: %s", filepath.Base(name), mode, strings.Join(violations, "; "))
		}
	}
	return nil
}
