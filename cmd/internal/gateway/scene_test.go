package gateway

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"net/smtp"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"respon/ingest"
	"respon/internal/testservers"
	"respon/mailer/postoffice"
	"respon/tickets/store/storetest"
)

// TestScenes plays testdata/scenes: each is a little story, told in lines like
//
//	maria writes report.eml
//	maria gets 'Re: [BR-1] No imprime'
//	maria reads 'Hemos recibido su mensaje'
//	! maria reads 'ana@town.example'
//
// The people have accounts on a Dovecot with an SMTP server in front of it; the
// gateway is the built program. Each scene is played on both databases. What
// there is beside testscript's own commands:
//
//	NAME writes FILE         sends a mail; From, To, Date and Message-ID are added where missing, and
//	                         the Message-ID of the mail that NAME got last stands for {NAME}, and the address
//	                         that it is answered to for {to NAME}; {in a week} is that date
//	NAME answers TEXT        answers the mail that she got last, quoting it; TEXT may be a file, and {code} in it
//	                         is the code by which that mail, a receipt, is taken back
//	NAME gets SUBJECT…       waits for her next mail; it has this subject. Of several, whose order is anybody's
//	                         (letters about different tickets go side by side), the last one named is read next
//	NAME reads TEXT          the mail that she got last says so: header, text, names of files; line breaks do not count
//	NAME has N               has N mails in all
//	NAME sees PATH TEXT      signs in, once, and is shown the page, which says so
//	NAME registers AS        asks on the page to be registered under this name
//	NAME clicks PATH         opens the link with this path in the last mail, and presses the page's button
//	ticket BR-1 KEY=VALUE…   waits until the ticket's JSON says so; KEY~VALUE: until it contains that
//	folder NAME N            waits until the gateway's folder holds N mails
//	gateway starts KEY=VAL…  with these variables over its configuration; it also stops, or is-killed
//	server tells NAME 'CODE…' what the SMTP server answers to the next letter for her
func TestScenes(t *testing.T) {
	testservers.Need(t, testservers.NeedDovecot)
	if _, err := binary(); err != nil {
		t.Fatal(err)
	}
	files, err := filepath.Glob("testdata/scenes/*.txtar")
	if err != nil || len(files) == 0 {
		t.Fatalf("no scenes: %v", err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txtar"), func(t *testing.T) {
			t.Parallel()
			storetest.EachURL(t, func(t *testing.T, url string) { play(t, file, url) })
		})
	}
}

// people have accounts in each scene, at the domain that is theirs.
var people = map[string]string{
	"maria": "maria@alfafar.example", "eva": "eva@alfafar.example", "luis": "luis@other.example", "joan": "joan@third.example",
	"ana": "ana@town.example", "pere": "pere@town.example", "rosa": "rosa@town.example",
}

func play(t *testing.T, file, database string) {
	accounts := []string{"batlia"}
	for name := range people {
		accounts = append(accounts, name)
	}
	s := &scene{dovecot: testservers.Dovecot(t, accounts...), web: testservers.FreeAddress(t), last: map[string]*letter{}, read: map[string]int{}, browsers: map[string]*http.Client{}, outside: t}
	s.smtp = testservers.MaildirSMTP(t, s.dovecot, "alfafar.example", "other.example", "third.example", "town.example")
	t.Cleanup(func() {
		if s.gateway != nil && s.gateway.ProcessState == nil {
			s.end(os.Kill)
		}
	})
	commands := map[string]func(*testscript.TestScript, bool, []string){
		"ticket": s.ticket, "folder": s.folder, "gateway": s.run, "server": s.server,
	}
	for name := range people {
		commands[name] = func(ts *testscript.TestScript, neg bool, args []string) { s.person(ts, name, neg, args) }
	}
	testscript.Run(t, testscript.Params{
		Files: []string{file},
		Cmds:  commands,
		Setup: func(env *testscript.Env) error {
			text, err := os.ReadFile("testdata/town.toml")
			if err != nil {
				return err
			}
			values := map[string]string{
				"DATABASE": database, "WEB": s.web, "IMAP": strconv.Itoa(s.dovecot.Port),
				"SMTP": strconv.Itoa(s.smtp.Port), "PASSWORD": s.dovecot.Password("batlia"),
				"OPEN": farDay(),
			}
			env.Setenv("PATH", binaryDir()+string(os.PathListSeparator)+env.Getenv("PATH"))
			text = []byte(os.Expand(string(text), func(key string) string { return values[key] }))
			return os.WriteFile(filepath.Join(env.WorkDir, "respon.toml"), text, 0o600)
		},
	})
}

// scene is a play on its servers.
type scene struct {
	outside testing.TB
	dovecot *testservers.DovecotServer
	smtp    *testservers.MaildirSMTPServer
	web     string
	gateway *exec.Cmd
	log     logged
	read    map[string]int // how many mails each has looked at
	last    map[string]*letter
	sent    int

	browsers map[string]*http.Client // of those who signed in
}

// letter is a mail as a person has it before her.
type letter struct {
	*ingest.Message
	raw []byte
}

// answerTo is where a mail client sends an answer to.
func (l *letter) answerTo() string {
	if len(l.ReplyTo) > 0 {
		return l.ReplyTo[0].Address
	}
	return l.From.Address
}

// whole is all that a person can see of it.
func (l *letter) whole() string {
	header, _, _ := bytes.Cut(bytes.ReplaceAll(l.raw, []byte("\r\n"), []byte("\n")), []byte("\n\n"))
	text := string(header) + "\n\n" + l.Text
	for _, f := range l.Attachments {
		text += "\nattached: " + f.Filename
	}
	return text
}

func (s *scene) person(ts *testscript.TestScript, name string, neg bool, args []string) {
	if len(args) < 2 || neg && args[0] != "reads" && args[0] != "sees" {
		ts.Fatalf("usage: %s writes|answers|gets|reads|has|clicks|sees …; only reads and sees can be denied", name)
	}
	verb, what := args[0], args[1]
	if l := s.last[name]; l == nil && slices.Contains([]string{"answers", "reads", "clicks"}, verb) {
		ts.Fatalf("%s has got no mail yet", name)
	}
	switch verb {
	case "writes":
		s.send(ts, name, ts.ReadFile(what))
	case "answers":
		s.answer(ts, name, what)
	case "gets":
		s.gets(ts, name, args[1:])
	case "reads":
		if text := s.last[name].whole(); flat(text, what) == neg {
			ts.Fatalf("%s reads:\n%s", name, text)
		}
	case "has":
		if got := strconv.Itoa(len(s.mails(ts, name, "INBOX"))); got != what {
			ts.Fatalf("%s has %s mails", name, got)
		}
	case "clicks":
		s.click(ts, name, what)
	case "registers":
		answer, err := http.PostForm("http://"+s.web+"/register", url.Values{"name": {what}, "address": {people[name]}})
		ts.Check(err)
		ts.Check(answer.Body.Close())
		if answer.StatusCode != http.StatusOK {
			ts.Fatalf("%s registers: %s", name, answer.Status)
		}
	case "sees":
		s.sees(ts, name, neg, args[1:])
	default:
		ts.Fatalf("%s %s: nobody can do that", name, verb)
	}
}

// flat reports whether a text says something, however its lines are broken.
func flat(text, what string) bool {
	join := func(s string) string { return strings.Join(strings.Fields(s), " ") }
	text, what = join(text), join(what)
	if strings.Contains(what, "@") && !strings.Contains(what, " ") {
		// A random token may end like an address.
		return regexp.MustCompile(`(?:^|[^\w.+-])` + regexp.QuoteMeta(what)).MatchString(text)
	}
	return strings.Contains(text, what)
}

// send adds what a mail client would, and hands the mail to the server.
func (s *scene) send(ts *testscript.TestScript, name, text string) {
	s.sent++
	text = strings.ReplaceAll(text, "{in a week}", time.Now().AddDate(0, 0, 7).Format("02/01/2006"))
	for reader, l := range s.last {
		text = strings.NewReplacer("{"+reader+"}", *l.MessageID, "{to "+reader+"}", l.answerTo()).Replace(text)
	}
	header, body, _ := strings.Cut(strings.TrimPrefix(text, "\n"), "\n\n")
	field := func(key, value string) {
		if !regexp.MustCompile(`(?mi)^` + key + `:`).MatchString(header) {
			header += "\n" + key + ": " + value
		}
	}
	field("From", people[name])
	field("To", "batlia@town.example")
	field("Date", time.Now().Format(time.RFC1123Z))
	field("Message-ID", fmt.Sprintf("<%d.%s>", s.sent, people[name]))
	field("MIME-Version", "1.0")
	field("Content-Type", "text/plain; charset=utf-8")
	field("Content-Transfer-Encoding", "8bit")
	to := "batlia@town.example"
	// Whoever else is written to has got the mail by another way.
	if m := regexp.MustCompile(`(?mi)^(?:to|cc):.*?\b(batlia[^\s<,]*@[^\s>,]+)`).FindStringSubmatch(header); m != nil {
		to = m[1]
	}
	raw := strings.ReplaceAll(header+"\n\n"+body+"\n", "\n", "\r\n")
	ts.Check(smtp.SendMail(net.JoinHostPort(s.smtp.Host, strconv.Itoa(s.smtp.Port)), nil, people[name], []string{to}, []byte(raw)))
}

// undoCode is what a receipt's last line takes back.
var undoCode = regexp.MustCompile(`(?m)^#(?:deshacer|desfer|undo) (\w+)$`)

// answer writes above a quotation of the mail, to where the mail says.
func (s *scene) answer(ts *testscript.TestScript, name, what string) {
	if strings.HasSuffix(what, ".txt") {
		what = ts.ReadFile(what)
	}
	l := s.last[name]
	if m := undoCode.FindStringSubmatch(l.Text); m != nil {
		what = strings.ReplaceAll(what, "{code}", m[1])
	}
	to := l.answerTo()
	subject := l.Subject
	if !strings.HasPrefix(subject, "Re: ") {
		subject = "Re: " + subject
	}
	references := append(slices.Clone(l.References), *l.MessageID)
	s.send(ts, name, "To: "+to+"\nSubject: "+subject+"\nIn-Reply-To: <"+*l.MessageID+">\nReferences: <"+strings.Join(references, "> <")+">\n\n"+
		what+"\n\nEl lun, 5 ene 2026 a las 10:12, "+l.From.Name+" (<"+l.From.Address+">) escribió:\n\n> "+strings.ReplaceAll(l.Text, "\n", "\n> "))
}

func (s *scene) gets(ts *testscript.TestScript, name string, subjects []string) {
	n := s.read[name]
	s.wait(ts, "a mail for "+name, func() bool { return len(s.mails(ts, name, "INBOX")) >= n+len(subjects) })
	left := slices.Clone(subjects)
	for _, raw := range s.mails(ts, name, "INBOX")[n : n+len(subjects)] {
		m, err := ingest.NewParser(ingest.Options{}).Parse(raw)
		ts.Check(err)
		i := slices.Index(left, m.Subject)
		if i < 0 {
			ts.Fatalf("%s gets %q:\n%s", name, m.Subject, m.Text)
		}
		left = slices.Delete(left, i, i+1)
		if m.Subject == subjects[len(subjects)-1] {
			s.last[name] = &letter{m, raw}
		}
	}
	s.read[name] = n + len(subjects)
}

// click opens a link, as a mail scanner would, too, and presses the button.
func (s *scene) click(ts *testscript.TestScript, name, path string) {
	link := regexp.MustCompile(regexp.QuoteMeta("http://"+s.web+path) + `[^\s<>"]*`).FindString(s.last[name].Text)
	if link == "" {
		ts.Fatalf("the mail has no link to %s:\n%s", path, s.last[name].Text)
	}
	for _, ask := range []func() (*http.Response, error){
		func() (*http.Response, error) { return http.Get(link) },
		func() (*http.Response, error) { return http.Post(link, "application/x-www-form-urlencoded", nil) },
	} {
		answer, err := ask()
		ts.Check(err)
		ts.Check(answer.Body.Close())
		if answer.StatusCode != http.StatusOK {
			ts.Fatalf("%s: %s", link, answer.Status)
		}
	}
}

func (s *scene) ticket(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: ticket BR-1 KEY=VALUE KEY~VALUE…")
	}
	path, err := binary()
	ts.Check(err)
	said := ""
	defer func() {
		if said != "" {
			ts.Logf("the ticket: %s", said)
		}
	}()
	s.wait(ts, strings.Join(args, " "), func() bool {
		out, err := exec.Command(path, "tickets", "show", args[0], "--json", "-c", ts.MkAbs("respon.toml")).Output()
		if said = string(out); err != nil {
			return false
		}
		var doc map[string]any
		ts.Check(json.Unmarshal(out, &doc))
		for _, want := range args[1:] {
			i := strings.IndexAny(want, "=~")
			if i < 0 {
				ts.Fatalf("%q is neither KEY=VALUE nor KEY~VALUE", want)
			}
			value, key, is := want[i+1:], want[:i], fmt.Sprint(doc[want[:i]])
			if _, plain := doc[key].(string); !plain {
				text, err := json.Marshal(doc[key])
				ts.Check(err)
				is = string(text)
			}
			if want[i] == '=' && is != value || want[i] == '~' && !flat(is, value) {
				return false
			}
		}
		return true
	})
	said = ""
}

func (s *scene) folder(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: folder NAME N")
	}
	s.wait(ts, strings.Join(args, " "), func() bool { return strconv.Itoa(len(s.mails(ts, "batlia", args[0]))) == args[1] })
}

func (s *scene) run(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) == 0 || len(args) > 1 && args[0] != "starts" {
		ts.Fatalf("usage: gateway starts|stops|is-killed; starts may be followed by variables, KEY=VALUE")
	}
	switch args[0] {
	case "starts":
		path, err := binary()
		ts.Check(err)
		s.log = logged{}
		s.gateway = exec.Command(path, "serve", "-c", ts.MkAbs("respon.toml"))
		s.gateway.Env = append(os.Environ(), args[1:]...)
		s.gateway.Stderr = &s.log
		ts.Check(s.gateway.Start())
		s.wait(ts, "the start of the gateway", func() bool { return s.log.contains("respon runs") })
	case "stops":
		s.end(os.Interrupt)
	case "is-killed":
		s.end(os.Kill)
	default:
		ts.Fatalf("a gateway cannot %s", args[0])
	}
}

func (s *scene) end(how os.Signal) {
	if err := s.gateway.Process.Signal(how); err != nil {
		s.outside.Error(err)
	}
	if err := s.gateway.Wait(); err != nil && how != os.Kill {
		s.outside.Errorf("the gateway ended with %v\n%s", err, s.log.tail())
	}
}

func (s *scene) server(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 3 {
		ts.Fatalf("usage: server tells NAME ANSWER")
	}
	s.smtp.Fault(postoffice.Fault{At: postoffice.SMTPRcpt, Only: people[args[1]], Times: 1, Answer: args[2]})
}

func (s *scene) wait(ts *testscript.TestScript, what string, ask func() bool) {
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for deadline := time.Now().Add(patience); !ask(); <-tick.C {
		if time.Now().After(deadline) {
			ts.Fatalf("%s: not within %s\n%s", what, patience, s.log.tail())
		}
	}
}

func (s *scene) mails(ts *testscript.TestScript, user, folder string) [][]byte {
	list, err := s.dovecot.Mails(user, folder)
	ts.Check(err)
	return list
}
