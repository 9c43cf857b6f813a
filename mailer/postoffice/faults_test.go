package postoffice_test

import (
	"errors"
	"fmt"
	"io"
	"net"
	"net/textproto"
	"strings"
	"testing"
	"time"

	"respon/mailer/postoffice"

	"github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapclient"
)

func TestSMTPFaults(t *testing.T) {
	t.Parallel()
	const to = "support@respon.example"
	for name, tt := range map[string]struct {
		fault postoffice.Fault
		want  string // what the client is told; "cut" is a cut
		taken int    // mails that came in although the client was told otherwise
	}{
		"greeting":    {postoffice.Fault{At: postoffice.SMTPConnect, Answer: "421 4.3.2 busy"}, "421 4.3.2 busy", 0},
		"no greeting": {postoffice.Fault{At: postoffice.SMTPConnect, Cut: true}, "cut", 0},
		"sender":      {postoffice.Fault{At: postoffice.SMTPMail, Answer: "451 4.7.1 greylisted"}, "451 4.7.1 greylisted", 0},
		"recipient":   {postoffice.Fault{At: postoffice.SMTPRcpt, Only: to, Answer: "550 5.1.1 gone"}, "550 5.1.1 gone", 0},
		"no code":     {postoffice.Fault{At: postoffice.SMTPRcpt, Answer: "bad day"}, "451 4.0.0 bad day", 0},
		"refused":     {postoffice.Fault{At: postoffice.SMTPData, Answer: "554 5.7.1 spam"}, "554 5.7.1 spam", 0},
		"cut in data": {postoffice.Fault{At: postoffice.SMTPData, Cut: true, CutAfter: 10}, "cut", 0},
		"cut at dot":  {postoffice.Fault{At: postoffice.SMTPData, Cut: true, CutAfter: 1 << 20}, "cut", 0},
		"lost answer": {postoffice.Fault{At: postoffice.SMTPData, Late: true, Cut: true}, "cut", 1},
		"lie":         {postoffice.Fault{At: postoffice.SMTPData, Late: true, Answer: "451 4.3.0 not sure"}, "451 4.3.0 not sure", 1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := open(t)
			tt.fault.Times = 1
			planned := p.Fault(tt.fault)
			err := post(p, letter("first"), to)
			var answer *textproto.Error
			switch {
			case err == nil:
				t.Fatal("no error")
			case tt.want == "cut" && errors.As(err, &answer):
				t.Errorf("answered %v, want a cut", err)
			case tt.want != "cut" && said(err) != tt.want:
				t.Errorf("got %v, want %s", err, tt.want)
			}
			if planned.Struck() != 1 {
				t.Errorf("struck %d times, want 1", planned.Struck())
			}
			if n := len(inbox(t, p, "support")); n != tt.taken {
				t.Errorf("%d mails came in, want %d", n, tt.taken)
			}
			if err := post(p, letter("again"), to); err != nil {
				t.Errorf("after the fault: %v", err)
			}
		})
	}
}

func TestFaultsChoose(t *testing.T) {
	t.Parallel()
	p := open(t)
	planned := p.Fault(postoffice.Fault{At: postoffice.SMTPRcpt, Only: "ANA@respon.example", Answer: "450 4.2.1 away"})
	for range 3 {
		if err := post(p, letter("x"), "support@respon.example"); err != nil {
			t.Errorf("the other recipient: %v", err)
		}
		if err := post(p, letter("x"), "ana@respon.example"); err == nil {
			t.Error("the recipient of the fault is accepted")
		}
	}
	planned.Lift()
	if err := post(p, letter("x"), "ana@respon.example"); err != nil {
		t.Errorf("lifted: %v", err)
	}
	if n := planned.Struck(); n != 3 {
		t.Errorf("struck %d times, want 3", n)
	}
}

func TestSlowServer(t *testing.T) {
	t.Parallel()
	p := open(t)
	slow := p.Fault(postoffice.Fault{At: postoffice.SMTPMail, Delay: 24 * time.Hour})
	done := make(chan error, 1)
	go func() { done <- post(p, letter("x"), "support@respon.example") }()
	wait(t, "the fault", func() bool { return slow.Struck() == 1 })
	select {
	case err := <-done:
		t.Fatalf("answered: %v", err)
	default:
	}
	p.Cut() // as a way out of the 24 hours
	if err := <-done; err == nil {
		t.Error("no error after the cut")
	}
}

func TestIMAPFaults(t *testing.T) {
	t.Parallel()
	one := imap.UIDSetNum(1)
	move := func(c *imapclient.Client) error {
		_, err := c.Move(one, "Processed").Wait()
		return err
	}
	search := func(c *imapclient.Client) error {
		_, err := c.UIDSearch(&imap.SearchCriteria{}, nil).Wait()
		return err
	}
	for name, tt := range map[string]struct {
		fault postoffice.Fault
		do    func(*imapclient.Client) error
		code  imap.ResponseCode // of the NO; "cut" is a cut
		moved int
	}{
		"full":         {postoffice.Fault{At: postoffice.IMAPMove, Answer: "NO [OVERQUOTA] full"}, move, imap.ResponseCodeOverQuota, 0},
		"cut at move":  {postoffice.Fault{At: postoffice.IMAPMove, Cut: true}, move, "cut", 0},
		"lost answer":  {postoffice.Fault{At: postoffice.IMAPMove, Late: true, Cut: true}, move, "cut", 1},
		"search fails": {postoffice.Fault{At: postoffice.IMAPSearch, Only: "support", Answer: "NO not now"}, search, "", 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := open(t)
			if err := errors.Join(p.Append("support", "INBOX", letter("x")), p.Append("support", "Processed", letter("y"))); err != nil {
				t.Fatal(err)
			}
			c := selected(t, p)
			tt.fault.Times = 1
			planned := p.Fault(tt.fault)
			err := tt.do(c)
			var answer *imap.Error
			switch {
			case err == nil || planned.Struck() != 1:
				t.Fatalf("error %v, struck %d times; want an error and 1", err, planned.Struck())
			case tt.code == "cut" && (errors.As(err, &answer) || c.Noop().Wait() == nil):
				t.Errorf("got %v and the connection lives; want a cut", err)
			case tt.code != "cut" && !isRefusal(err, tt.code):
				t.Errorf("got %v, want NO [%s]", err, tt.code)
			}
			mails, err := p.Mails("support", "Processed")
			if err != nil || len(mails) != 1+tt.moved || len(inbox(t, p, "support")) != 1-tt.moved {
				t.Errorf("Processed holds %d mails (%v), want %d", len(mails), err, 1+tt.moved)
			}
			if err := tt.do(selected(t, p)); err != nil {
				t.Errorf("after the fault: %v", err)
			}
		})
	}
}

// This one speaks for itself: the library's client, when a literal is cut,
// reads its connection from two goroutines at once.
func TestCutInLiteral(t *testing.T) {
	t.Parallel()
	p := open(t)
	raw := letter(strings.Repeat("long ", 1000))
	if err := p.Append("support", "INBOX", raw); err != nil {
		t.Fatal(err)
	}
	const after = 2000
	p.Fault(postoffice.Fault{At: postoffice.IMAPFetch, Cut: true, CutAfter: after, Times: 1})
	conn, err := net.Dial("tcp", p.IMAPAddr())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if _, err := io.WriteString(conn, "a LOGIN support s3cret\r\nb SELECT INBOX\r\nc UID FETCH 1 BODY.PEEK[]\r\n"); err != nil {
		t.Fatal(err)
	}
	heard, err := io.ReadAll(conn)
	if err != nil {
		t.Fatal(err)
	}
	_, fetched, ok := strings.Cut(string(heard), "SELECT completed\r\n")
	want := fmt.Sprintf("* 1 FETCH (UID 1 BODY[] {%d}\r\n", len(raw))
	if !ok || !strings.HasPrefix(fetched, want) || len(fetched) != after || !strings.HasPrefix(string(raw), fetched[len(want):]) {
		t.Errorf("heard %d bytes %.100q…, want %d beginning with %q", len(fetched), fetched, after, want)
	}
}

func TestIMAPConnectAndLoginFaults(t *testing.T) {
	t.Parallel()
	p := open(t)
	p.Fault(postoffice.Fault{At: postoffice.IMAPConnect, Answer: "out for lunch", Times: 1})
	conn, err := net.Dial("tcp", p.IMAPAddr())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if said, err := io.ReadAll(conn); err != nil || string(said) != "* BYE out for lunch\r\n" {
		t.Errorf("the server said %q, %v", said, err)
	}
	p.Fault(postoffice.Fault{At: postoffice.IMAPLogin, Only: "support", Answer: "NO [UNAVAILABLE] later", Times: 1})
	c, err := imapclient.DialInsecure(p.IMAPAddr(), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if err := c.Login("support", "s3cret").Wait(); !isRefusal(err, "UNAVAILABLE") {
		t.Errorf("login: %v, want UNAVAILABLE", err)
	}
	if err := c.Login("support", "s3cret").Wait(); err != nil {
		t.Errorf("login after the fault: %v", err)
	}
}

func TestWithout(t *testing.T) {
	t.Parallel()
	c := login(t, open(t, func(o *postoffice.Options) { o.Without = []string{"MOVE"} }), nil)
	if c.Caps().Has(imap.CapMove) || !c.Caps().Has(imap.CapUIDPlus) {
		t.Errorf("capabilities %v, want them without MOVE", c.Caps())
	}
}
