package gateway

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"encoding/base64"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/emersion/go-msgauth/dkim"

	"respon/ingest"
	"respon/tickets"
	"respon/tickets/store/storetest"
	"respon/tickets/token"
)

const (
	anaAddress = "ana@town.example"
	pass       = "Authentication-Results: mx.town.example; dmarc=pass header.from="
	fail       = "Authentication-Results: mx.town.example; dmarc=fail header.from="
)

// guarded is a town whose server says who wrote a mail.
func guarded(t testing.TB, url string) *town {
	return newTown(t, url, "RESPON_INTAKE_POLICY=confirm", "RESPON_INTAKE_TRUSTED_AUTHSERV=mx.town.example")
}

// target is a ticket that somebody is after.
type target struct {
	number tickets.Number
	clerk  string
	uid    string
	ack    *sent // as the requester has it
	notice *sent // as the technician has it
}

// opened opens a ticket of a clerk's own, which ana gets.
func (x *town) opened(clerk, subject string) target {
	x.Helper()
	x.letters()
	if fate := x.mail(fmt.Sprintf("%s%s\nFrom: %s\nSubject: %s\n\nNo imprime.", pass, tickets.DomainOf(clerk), clerk, subject)); fate != tickets.FateOpened {
		x.Fatalf("the ticket of %s: %s", clerk, fate)
	}
	n := tickets.Number(x.count())
	t, list := x.ticket(n), x.letters()
	if t.Technician == "" {
		x.Fatal("nobody has the ticket")
	}
	return target{n, clerk, t.UID, x.letterTo(list, clerk), x.letterTo(list, x.g.catalogue.Load().TechnicianByID(t.Technician).Email)}
}

// outcome puts into a word what came of a mail on the ticket. Nothing that is
// not said by the word may have happened: the words sent to nobody else, the
// ticket as it was.
func (x *town) outcome(at target, fate tickets.Fate, canary string) string {
	x.Helper()
	list, t := x.letters(), x.ticket(at.number)
	var told []string
	for _, l := range list {
		if x.g.catalogue.Load().TechnicianByAddress(l.to) == nil && strings.Contains(l.Text, canary) {
			told = append(told, l.to)
		}
	}
	found := slices.IndexFunc(t.Messages, func(m tickets.Message) bool { return strings.Contains(m.Text, canary) })
	if len(told) > 0 {
		if t.Status == tickets.Resolved && slices.Equal(told, []string{at.clerk}) {
			return "obeyed"
		}
		return fmt.Sprintf("LEAKED to %v", told)
	}
	if t.Status != tickets.New && t.Status != tickets.Open {
		return "CHANGED to " + string(t.Status)
	}
	if found < 0 {
		if slices.Contains(kinds(list), "answer "+at.clerk) {
			return "ANSWERED"
		}
		return string(fate)
	}
	m := t.Messages[found]
	switch {
	case m.Internal && m.Technician == "":
		return "kept" // for the technician to see
	case m.Internal || m.Technician != "":
		return "BELIEVED"
	default:
		return string(m.Trust)
	}
}

// matrix says what becomes of a mail by what the servers say of it (a line
// each), and by what it shows: a token of the writer's own, or the ticket's
// number alone. A technician's mail has a command.
//
//	obeyed    the command is done and the words go to the requester
//	verified  it joins, and it is sure who wrote
//	claimed   it joins as what the writer claims
//	kept      internal: the technician sees it and is told that it was not believed
//	held      joins nothing; the address is asked to confirm
const matrix = `
                technician         requester
results         token    number    token     number
pass            obeyed   obeyed    verified  verified
fail            kept     held      claimed   held
none            obeyed   kept      verified  claimed
absent          obeyed   kept      verified  claimed
forged id       obeyed   kept      verified  claimed
two A-R         kept     held      claimed   held
quoted string   obeyed   kept      verified  claimed
`

// results are the header fields of the matrix; DOMAIN is that of From.
var results = map[string]string{
	"pass":      pass + "DOMAIN",
	"fail":      fail + "DOMAIN",
	"none":      "Authentication-Results: mx.town.example; dmarc=none header.from=DOMAIN; spf=pass smtp.mailfrom=evil.example",
	"absent":    "X-Nothing: here",
	"forged id": "Authentication-Results: mx.town.example.evil.example; dmarc=pass header.from=DOMAIN",
	"two A-R":   fail + "DOMAIN\n" + pass + "DOMAIN",
	"quoted string": `Authentication-Results: mx.town.example; spf=pass smtp.mailfrom="a; dmarc=pass header.from=DOMAIN; x=y"@evil.example;` +
		` spf=fail (dmarc=pass header.from=DOMAIN) smtp.mailfrom=evil.example`,
}

func TestWhoIsItMatrix(t *testing.T) {
	storetest.EachURL(t, func(t *testing.T, url string) {
		x := guarded(t, url)
		cells := 0
		for line := range strings.Lines(strings.TrimLeft(matrix, "\n")) {
			name := strings.TrimSpace(line[:min(16, len(line))])
			field, ok := results[name]
			if !ok {
				continue
			}
			for i, want := range strings.Fields(line[16:]) {
				cells++
				technician, number := i < 2, i%2 == 1
				x.pass(2 * time.Hour)
				at := x.opened(fmt.Sprintf("clerk%d@alfafar.example", cells), "Impresora")
				from, to, letter := at.clerk, "batlia@town.example", at.ack
				if technician {
					from, letter = anaAddress, at.notice
				}
				if !number {
					to = letter.answerTo()
				}
				canary := fmt.Sprintf("canary%dcanary", cells)
				fate := x.mail(strings.ReplaceAll(field, "DOMAIN", tickets.DomainOf(from)) +
					fmt.Sprintf("\nFrom: %s\nTo: %s\nSubject: Re: [BR-%d] Impresora\n\n#resolver\n%s", from, to, at.number, canary))
				if got := x.outcome(at, fate, canary); got != want {
					t.Errorf("%s, technician %t, number %t: %s, want %s", name, technician, number, got, want)
				}
			}
		}
		if cells != 28 {
			t.Errorf("%d cells, want 28", cells)
		}
	})
}

// spoofs are the ways of writing in another's name. Each is tried for a
// technician's command and for a requester's follow-up; VICTIM is her address,
// DOMAIN its domain, LOCAL what stands before. from and to are as usual if they
// are empty; to is a function of the ticket. The outcomes are those of the matrix, and own:
// a ticket of its own, which nobody in the other learns of.
var spoofs = []struct {
	name, header, from    string
	to                    func(x *town, at target, victim string) string
	technician, requester string
}{
	{"1 dmarc=fail, number in the subject", fail + "DOMAIN", "", nil, "held", "held"},
	{"2 no results, number in the subject", "", "", nil, "kept", "claimed"},
	{"3 a forged pass below the server's own", fail + "DOMAIN\n" + pass + "DOMAIN", "", nil, "held", "held"},
	{"3 a forged pass below one that says nothing", "Authentication-Results: mx.town.example; none\n" + pass + "DOMAIN", "", nil, "kept", "claimed"},
	{"4 look-alike id: suffix", "Authentication-Results: mx.town.example.evil.example; dmarc=pass header.from=DOMAIN", "", nil, "kept", "claimed"},
	{"4 look-alike id: case", "Authentication-Results: MX.town.example; dmarc=pass header.from=DOMAIN", "", nil, "kept", "claimed"},
	{"4 look-alike id: trailing dot", "Authentication-Results: mx.town.example.; dmarc=pass header.from=DOMAIN", "", nil, "kept", "claimed"},
	{"4 look-alike id: spaces", "Authentication-Results: mx .town.example; dmarc=pass header.from=DOMAIN", "", nil, "kept", "claimed"},
	{"5 smuggled in a quoted string", results["quoted string"], "", nil, "kept", "claimed"},
	{"5 smuggled in a comment", "Authentication-Results: mx.town.example (; dmarc=pass header.from=DOMAIN); spf=none", "", nil, "kept", "claimed"},
	{"6 pass for another domain", pass + "evil.example", "", nil, "held", "held"},
	{"6 two From fields, the victim's first", pass + "DOMAIN", "VICTIM\nFrom: eve@evil.example", nil, "held", "held"},
	{"6 two From fields, the victim's last", pass + "evil.example", "eve@evil.example\nFrom: VICTIM", nil, "held", "held"},
	{"6 two addresses", pass + "DOMAIN", "VICTIM, eve@evil.example", nil, "held", "held"},
	{"6 a group", pass + "DOMAIN", "friends: VICTIM;", nil, "held", "held"},
	{"6 a display name that is an address", pass + "evil.example", `"VICTIM" <eve@evil.example>`, nil, "held", "held"},
	{"6 an encoded word that holds an address", pass + "evil.example", "=?utf-8?q?LOCAL=40DOMAIN=3E?= <eve@evil.example>", nil, "held", "held"},
	{"6 a look-alike domain of other letters", pass + "xn--lfafar-2fg.example", "LOCAL@\u0430lfafar.example", nil, "held", "held"},
	{"7 a token of another person", "", "", func(x *town, at target, _ string) string {
		return x.address(token.Reply, at.uid, "eva@alfafar.example")
	}, "kept", "claimed"},
	// It leads to that other ticket, and proves nothing there either.
	{"7 a token of another ticket", "", "", func(x *town, _ target, _ string) string {
		return x.opened("eva@alfafar.example", "Otra cosa").ack.answerTo()
	}, "noted", "joined"},
	{"7 a token cut", "", "", func(x *town, at target, victim string) string {
		return strings.Replace(x.address(token.Reply, at.uid, victim), "@town", "", 1)[:40] + "@town.example"
	}, "kept", "claimed"},
	{"7 a token altered", "", "", func(x *town, at target, victim string) string {
		a := []byte(x.address(token.Reply, at.uid, victim))
		a[20] = 'a' + (a[20]-'a'+1)%26
		return string(a)
	}, "kept", "claimed"},
	{"7 a token for something else", "", "", func(x *town, at target, victim string) string {
		return x.address(token.Bounce, at.uid, victim)
	}, "kept", "claimed"},
	{"7 a token of another secret", "", "", func(x *town, at target, victim string) string {
		other, err := token.New([]byte(strings.Repeat("former", 6)), nil)
		if err != nil {
			x.Fatal(err)
		}
		tag, err := other.Sign(token.Reply, at.uid, victim)
		if err != nil {
			x.Fatal(err)
		}
		return "batlia+" + tag + "@town.example"
	}, "kept", "claimed"},
	{"8 Reply-To, Sender, Resent-From and our own fields", "Reply-To: VICTIM\nSender: VICTIM\nResent-From: VICTIM\nX-Respon-Ticket: BR-1\n" +
		"X-Respon-Technician: ana\nReturn-Path: <VICTIM>\n" + pass + "evil.example", "eve@evil.example", nil, "held", "held"},
	{"8 the same without results", "Reply-To: VICTIM\nSender: VICTIM\nResent-From: VICTIM\nX-Original-From: VICTIM", "eve@evil.example", nil, "held", "held"},
}

func TestEightWaysOfSpoofing(t *testing.T) {
	storetest.EachURL(t, func(t *testing.T, url string) {
		x := guarded(t, url)
		for i, tt := range spoofs {
			for _, technician := range []bool{true, false} {
				x.pass(25 * time.Hour) // a stranger is asked to confirm once a day
				at := x.opened(fmt.Sprintf("clerk%d@alfafar.example", i), "Impresora")
				victim, want := at.clerk, tt.requester
				if technician {
					victim, want = anaAddress, tt.technician
				}
				local, domain, _ := strings.Cut(victim, "@")
				fill := strings.NewReplacer("VICTIM", victim, "LOCAL", local, "DOMAIN", domain)
				header, to := "X-Nothing: here", "batlia@town.example"
				if tt.header != "" {
					header = fill.Replace(tt.header)
				}
				from := victim
				if tt.from != "" {
					from = fill.Replace(tt.from)
				}
				if tt.to != nil {
					to = tt.to(x, at, victim)
				}
				canary := fmt.Sprintf("canary%d%tcanary", i, technician)
				fate := x.mail(fmt.Sprintf("%s\nFrom: %s\nTo: %s\nSubject: Re: [BR-%d] Impresora\n\n#resolver\n%s", header, from, to, at.number, canary))
				if got := x.outcome(at, fate, canary); got != want {
					t.Errorf("%s, technician %t: %s, want %s", tt.name, technician, got, want)
				}
			}
		}
	})
}

// What was sent for a ticket shows who somebody is until long after its end, and
// not for ever; for a technician half as long.
func TestTokensExpire(t *testing.T) {
	const day = 24 * time.Hour
	storetest.EachURL(t, func(t *testing.T, url string) {
		x := guarded(t, url)
		for i, tt := range []struct {
			name       string
			after      time.Duration
			technician bool
			merged     bool
			want       string
		}{
			{"a technician's token, in time", 89 * day, true, false, string(tickets.FateJoined)},
			{"a technician's token, too late", 91 * day, true, false, "kept"},
			{"a requester's token, in time", 179 * day, false, false, string(tickets.Verified)},
			{"a requester's token, too late", 181 * day, false, false, string(tickets.Claimed)},
			{"a requester's token of a ticket merged with one in work", 181 * day, false, true, string(tickets.Verified)},
		} {
			at := x.opened(fmt.Sprintf("clerk%d@alfafar.example", i), "Impresora")
			if tt.merged {
				into := x.opened(at.clerk, "Impresora")
				x.mail(fmt.Sprintf("%stown.example\nFrom: %s\nSubject: Re: [BR-%d] Impresora\n\n#fusionar BR-%d", pass, anaAddress, at.number, into.number))
			} else {
				x.mail(fmt.Sprintf("%stown.example\nFrom: %s\nSubject: Re: [BR-%d] Impresora\n\n#cerrar", pass, anaAddress, at.number))
			}
			x.pass(tt.after)
			from, letter := at.clerk, at.ack
			if tt.technician {
				from, letter = anaAddress, at.notice
			}
			canary := fmt.Sprintf("canary%dcanary", i)
			fate := x.mail(fmt.Sprintf("From: %s\nTo: %s\nSubject: Re: [BR-%d] Impresora\nIn-Reply-To: <%s>\n\n#nota\n%s", from, letter.answerTo(), at.number, *letter.MessageID, canary))
			got := string(fate)
			for n := 1; n <= x.count(); n++ {
				for _, m := range x.ticket(tickets.Number(n)).Messages {
					if strings.Contains(m.Text, canary) && !tt.technician {
						got = string(m.Trust)
					} else if strings.Contains(m.Text, canary) && m.Technician == "" {
						got = "kept"
					}
				}
			}
			if got != tt.want {
				t.Errorf("%s: %s, want %s", tt.name, got, tt.want)
			}
		}
	})
}

// A technician who was taken out of the catalogue is a stranger of his domain
// from then on: neither the token of yesterday nor what his server says of him
// helps, and his session shows him nothing of it.
func TestRemovedTechnician(t *testing.T) {
	storetest.EachURL(t, func(t *testing.T, url string) {
		x := guarded(t, url)
		at := x.opened("maria@alfafar.example", "Impresora [sicalwin]")
		if at.notice.to != anaAddress {
			t.Fatalf("the ticket is of %s", at.notice.to)
		}
		session := x.signIn(anaAddress)
		number := fmt.Sprintf("/tickets/BR-%d", at.number)
		for _, path := range []string{"/queue", number} {
			if w := x.page(path, session); w.Code != 200 {
				t.Errorf("%s as a technician: %d", path, w.Code)
			}
		}
		x.edit(`email   = "ana@town.example"`, `email   = "neus@town.example"`)
		for i, to := range []string{at.notice.answerTo(), "batlia@town.example"} {
			canary := fmt.Sprintf("canary%dcanary", i)
			fate := x.mail(fmt.Sprintf("%stown.example\nFrom: %s\nTo: %s\nSubject: Re: [BR-%d] Impresora\n\n#resolver\n%s", pass, anaAddress, to, at.number, canary))
			if got, want := x.outcome(at, fate, canary), []string{"kept", "held"}[i]; got != want {
				t.Errorf("to %s: %s, want %s", to, got, want)
			}
			if page := x.page(number, x.signIn(at.clerk)).Body.String(); strings.Contains(page, canary) {
				t.Errorf("the requester's page has what a stranger wrote to %s", to)
			}
		}
		for _, path := range []string{"/queue", number} {
			if w := x.page(path, session); w.Code != 404 {
				t.Errorf("%s with the session of yesterday: %d", path, w.Code)
			}
		}
	})
}

// A suspect is asked whether it was she, without a word of the mail, and no
// more than that.
func TestSuspectsAreAsked(t *testing.T) {
	storetest.EachURL(t, func(t *testing.T, url string) {
		x := guarded(t, url)
		mail := fail + "alfafar.example\nFrom: Canary <maria@alfafar.example>\nSubject: canary\n\ncanary"
		if fate := x.mail(mail); fate != tickets.FateHeld {
			t.Fatalf("%s, want held", fate)
		}
		list := x.letters()
		if got := kinds(list); !slices.Equal(got, []string{"confirm maria@alfafar.example"}) {
			t.Fatalf("letters %v", got)
		}
		if strings.Contains(strings.ToLower(string(list[0].raw)), "canary") {
			t.Errorf("the question carries words of the mail:\n%s", list[0].raw)
		}
		answer := "From: maria@alfafar.example\nTo: " + list[0].answerTo() + "\nSubject: Re: x\n\nSí"
		if fate := x.mail(answer); fate != tickets.FateConfirmed {
			t.Errorf("the answer: %s, want confirmed", fate)
		}
		if got := x.ticket(1); got.Requester.Address != "maria@alfafar.example" {
			t.Errorf("requester %s", got.Requester.Address)
		}
	})
}

// What came without an envelope sender is not answered, whatever it asks for, and
// is not lost either.
func TestEmptyReturnPath(t *testing.T) {
	storetest.EachURL(t, func(t *testing.T, url string) {
		x := guarded(t, url)
		at := x.opened("maria@alfafar.example", "Impresora")
		for _, tt := range []struct {
			name, subject, text string
			fate                tickets.Fate
			want                []string
		}{
			{"a new mail", "Escáner", "No va.", tickets.FateOpened, []string{"assigned ana@town.example"}},
			{"a word that asks", "ESTADO", "", tickets.FateOpened, []string{"assigned ana@town.example"}},
			{"a form filled in", fmt.Sprintf("Re: [BR-%d] Impresora", at.number), "¿Afecta a más usuarios de su servicio? [ ] No [x] Sí", tickets.FateJoined, nil},
		} {
			fate := x.mail(fmt.Sprintf("Return-Path: <>\n%salfafar.example\nFrom: %s\nTo: batlia@town.example\nSubject: %s\n\n%s", pass, at.clerk, tt.subject, tt.text))
			list := x.letters()
			if slices.ContainsFunc(list, func(l *sent) bool { return l.to == at.clerk }) || fate != tt.fate || tt.want != nil && !slices.Equal(kinds(list), tt.want) {
				t.Errorf("%s: %s, letters %v", tt.name, fate, kinds(list))
			}
		}
		if got := x.ticket(at.number); got.Answers.AffectsOthers == nil {
			t.Error("the form was not read")
		}
	})
}

// A technician's note is one in a matter that is his own, too: those whom he
// copied in do not read it, whether he writes it by mail or on the page.
func TestNoteInOnesOwnMatter(t *testing.T) {
	storetest.EachURL(t, func(t *testing.T, url string) {
		x := guarded(t, url)
		if fate := x.mail(pass + "town.example\nFrom: " + anaAddress + "\nTo: batlia@town.example\nSubject: [portales] Mi equipo\n\nNo arranca."); fate != tickets.FateOpened {
			t.Fatal(fate)
		}
		const note = "garza-de-la-nota"
		x.mail(pass + "town.example\nFrom: " + anaAddress + "\nSubject: Re: [BR-1] Mi equipo\n\n#nota\n" + note)
		session := x.signIn(anaAddress)
		x.do("POST", "/tickets/BR-1", session, map[string][]string{"key": {"a"}, "text": {"#nota\n" + note}})
		x.do("POST", "/tickets/BR-1", session, map[string][]string{"key": {"b"}, "text": {note}, "note": {"1"}})
		notes := 0
		for _, m := range x.ticket(1).Messages {
			if strings.Contains(m.Text, note) {
				if notes++; !m.Internal {
					t.Errorf("%q is not internal", m.Text)
				}
			}
		}
		if notes != 3 {
			t.Errorf("%d notes, want 3", notes)
		}
	})
}

// Who was copied in on a matter does not decide about it: not by a word, a form, a
// command, nor by bringing others in. Nor does her answer make her its requester.
func TestCopiedInIsNotTheRequester(t *testing.T) {
	storetest.EachURL(t, func(t *testing.T, url string) {
		x := guarded(t, url)
		x.mail(pass + "alfafar.example\nFrom: maria@alfafar.example\nTo: batlia@town.example, luis@other.example\nSubject: Padró\n\nNo va.")
		ack := x.letterTo(x.letters(), "luis@other.example")
		for i, subject := range []string{"CERRAR BR-1", "Re: [BR-1] Padró", "REABRIR BR-1", "Re: [BR-1] Padró"} {
			x.pass(time.Hour)
			x.mail(fmt.Sprintf("%sother.example\nFrom: luis@other.example\nTo: %s, rosa%d@burjassot.example\nSubject: %s\nIn-Reply-To: <%s>\n\n%s",
				pass, ack.answerTo(), i, subject, *ack.MessageID, []string{"", "cerrar", "", "#resolver\n#solicitante luis@other.example\n#asignar pere\nhola"}[i]))
		}
		got := x.ticket(1)
		if got.Status != tickets.New || got.Requester.Address != "maria@alfafar.example" || got.Technician != "ana" || len(got.Participants) != 2 {
			t.Errorf("status %s, requester %s, technician %s, participants %v", got.Status, got.Requester.Address, got.Technician, got.Participants)
		}
		for _, l := range x.letters() {
			if strings.Contains(l.to, "rosa") {
				t.Errorf("%s to %s", l.kind, l.to)
			}
		}
		x.mail(pass + "alfafar.example\nFrom: maria@alfafar.example\nSubject: CERRAR BR-1\n\n")
		if got := x.ticket(1); got.Status != tickets.Closed {
			t.Errorf("the requester closes it: %s", got.Status)
		}
	})
}

// A signature of From's domain is as good as a server's word, if that is
// configured and no server has spoken.
func TestSignaturesCount(t *testing.T) {
	public, private, err := ed25519.GenerateKey(nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		name, header, to string
		off              bool
		want             tickets.Fate
	}{
		{"signed", "", "batlia@town.example", false, tickets.FateOpened},
		{"not configured", "", "batlia@town.example", true, tickets.FateHeld},
		{"a server says that it failed", fail + "alfafar.example\r\n", "batlia@town.example", false, tickets.FateHeld},
		{"addressed to somebody else", "", "eve@evil.example", false, tickets.FateHeld},
	} {
		x := guarded(t, storetest.SQLite(t))
		if x.g.intake.DKIM != nil {
			t.Fatal("signatures are checked without being asked to")
		}
		if !tt.off {
			x.g.intake.DKIM = &ingest.DKIM{LookupTXT: func(context.Context, string) ([]string, error) {
				return []string{"v=DKIM1; k=ed25519; p=" + base64.StdEncoding.EncodeToString(public)}, nil
			}}
		}
		mail := "From: maria@alfafar.example\r\nTo: " + tt.to + "\r\nSubject: x\r\nDate: Mon, 12 Jan 2026 10:00:00 +0100\r\nMessage-ID: <1@alfafar.example>\r\n\r\nhola\r\n"
		var b bytes.Buffer
		if err := dkim.Sign(&b, strings.NewReader(mail), &dkim.SignOptions{Domain: "alfafar.example", Selector: "s", Signer: private,
			HeaderKeys: []string{"From", "To", "Subject", "Date", "Message-ID"}}); err != nil {
			t.Fatal(err)
		}
		if fate := x.raw([]byte(tt.header + b.String())); fate != tt.want {
			t.Errorf("%s: %s, want %s", tt.name, fate, tt.want)
		}
	}
}
