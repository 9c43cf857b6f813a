package gateway

import (
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"regexp"

	"github.com/rogpeppe/go-internal/testscript"

	"respon/ingest"
)

// sees asks for a page as somebody who has signed in.
func (s *scene) sees(ts *testscript.TestScript, name string, neg bool, args []string) {
	if len(args) != 2 {
		ts.Fatalf("usage: %s sees PATH TEXT", name)
	}
	if s.browsers[name] == nil {
		s.browsers[name] = s.signIn(ts, name)
	}
	answer, err := s.browsers[name].Get("http://" + s.web + args[0])
	ts.Check(err)
	page, err := io.ReadAll(answer.Body)
	ts.Check(err)
	ts.Check(answer.Body.Close())
	if answer.StatusCode != http.StatusOK {
		ts.Fatalf("%s: %s", args[0], answer.Status)
	}
	if flat(string(page), args[1]) == neg {
		ts.Fatalf("%s sees:\n%s", name, page)
	}
}

var loginLink = regexp.MustCompile(`/login/[\w-]+`)

// signIn asks for a link, waits for its mail and follows it. The mail is none of
// those that the scene speaks of: it is not the last one that she got.
func (s *scene) signIn(ts *testscript.TestScript, name string) *http.Client {
	jar, err := cookiejar.New(nil)
	ts.Check(err)
	browser := &http.Client{Jar: jar}
	before := len(s.mails(ts, name, "INBOX"))
	if before != s.read[name] {
		ts.Fatalf("%s has mails that nobody looked at: she would take one for her link's", name)
	}
	post := func(path string, fields url.Values) {
		answer, err := browser.PostForm("http://"+s.web+path, fields)
		ts.Check(err)
		ts.Check(answer.Body.Close())
		if answer.StatusCode != http.StatusOK {
			ts.Fatalf("%s: %s", path, answer.Status)
		}
	}
	post("/login", url.Values{"address": {people[name]}})
	s.wait(ts, "the link for "+name, func() bool { return len(s.mails(ts, name, "INBOX")) > before })
	m, err := ingest.NewParser(ingest.Options{}).Parse(s.mails(ts, name, "INBOX")[before])
	ts.Check(err)
	s.read[name]++
	post(loginLink.FindString(m.Text), nil)
	return browser
}
