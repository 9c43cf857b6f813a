package ingest

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"encoding/base64"
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/emersion/go-msgauth/dkim"
)

// zone is a DNS of the test's own.
type zone map[string]string

func (z zone) LookupTXT(_ context.Context, name string) ([]string, error) {
	if record, ok := z[name]; ok {
		return []string{record}, nil
	}
	return nil, errors.New("no such name: " + name)
}

const signedMail = "From: Maria <maria@alfafar.example>\r\nTo: batlia@town.example\r\nSubject: No imprime\r\nDate: Mon, 12 Jan 2026 10:00:00 +0100\r\n" +
	"Message-ID: <1@alfafar.example>\r\nMIME-Version: 1.0\r\nContent-Type: text/plain\r\n\r\nhola\r\n"

var usualFields = []string{"From", "To", "Subject", "Date", "Message-ID", "MIME-Version", "Content-Type"}

// TestDKIM: a signature counts if it is of From's domain, whole, and covers what
// the mail does with us.
func TestDKIM(t *testing.T) {
	public, private, err := ed25519.GenerateKey(bytes.NewReader(bytes.Repeat([]byte("k"), 100)))
	if err != nil {
		t.Fatal(err)
	}
	key := "v=DKIM1; k=ed25519; p=" + base64.StdEncoding.EncodeToString(public)
	dns := zone{
		"s._domainkey.alfafar.example": key, "s._domainkey.mail.alfafar.example": key, "s._domainkey.evil.example": key, "t._domainkey.alfafar.example": key + "; t=y",
		"revoked._domainkey.alfafar.example": "v=DKIM1; k=ed25519; p=",
	}
	sign := func(domain, selector string, fields []string) string {
		t.Helper()
		var b bytes.Buffer
		if err := dkim.Sign(&b, strings.NewReader(signedMail), &dkim.SignOptions{Domain: domain, Selector: selector, Signer: private, HeaderKeys: fields}); err != nil {
			t.Fatal(err)
		}
		return b.String()
	}
	good := sign("alfafar.example", "s", usualFields)
	edit := func(old, new string) string { return strings.Replace(good, old, new, 1) }
	for _, tt := range []struct {
		name, mail string
		want       bool
	}{
		{"signed by her domain", good, true},
		{"by a sub-domain of it", sign("mail.alfafar.example", "s", usualFields), true},
		{"with LF line ends", strings.ReplaceAll(good, "\r\n", "\n"), true},
		{"sent once more over another way", "Received: from x\r\n" + good, true},
		{"not signed", signedMail, false},
		{"by somebody else", sign("evil.example", "s", usualFields), false},
		{"with a key for testing", sign("alfafar.example", "t", usualFields), false},
		{"with a revoked key", sign("alfafar.example", "revoked", usualFields), false},
		{"with a key that is not there", sign("alfafar.example", "none", usualFields), false},
		{"another text", edit("hola", "hola, #resolver"), false},
		{"another subject", edit("No imprime", "Re: [BR-1]"), false},
		{"a subject that is not signed", sign("alfafar.example", "s", []string{"From", "To", "Date", "Message-ID"}), false},
		{"nothing of MIME is signed", sign("alfafar.example", "s", []string{"From", "To", "Subject", "Date", "Message-ID"}), true},
		{"somebody copied in afterwards", edit("To: batlia", "Cc: eve@evil.example\r\nTo: batlia"), false},
		{"a thread put in afterwards", edit("To: batlia", "In-Reply-To: <x@town.example>\r\nTo: batlia"), false},
		{"a second To above", "To: eve@evil.example\r\n" + good, false},
		{"a second From above", "From: eve@evil.example\r\n" + good, false},
		{"only the beginning of the text (l=)", edit("v=1;", "v=1; l=4;"), false},
		{"a signature cut", good[:40] + good[60:], false},
		{"many signatures", strings.Repeat("DKIM-Signature: v=1; d=alfafar.example\r\n", 10) + good, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			m, err := NewParser(Options{}).Parse([]byte(tt.mail))
			if err != nil {
				t.Fatal(err)
			}
			d := &DKIM{LookupTXT: dns.LookupTXT}
			if got := m.FromExact && d.vouches(t.Context(), []byte(tt.mail), m, "alfafar.example"); got != tt.want {
				t.Errorf("vouched for: %t, want %t", got, tt.want)
			}
		})
	}
}

// Only names of From's own domain are asked for, and nobody waits long for them.
func TestDKIMAsksLittle(t *testing.T) {
	const foreign = "DKIM-Signature: v=1; a=rsa-sha256; d=evil.example; s=s; h=from; bh=AA==; b=AA==\r\n" + signedMail
	const own = "DKIM-Signature: v=1; a=rsa-sha256; d=alfafar.example; s=s; h=from; bh=AA==; b=AA==\r\n" + signedMail
	for mail, asked := range map[string]int{foreign: 0, own: 1} {
		m, err := NewParser(Options{}).Parse([]byte(mail))
		if err != nil {
			t.Fatal(err)
		}
		synctest.Test(t, func(t *testing.T) {
			n, start := 0, time.Now()
			d := &DKIM{LookupTXT: func(ctx context.Context, _ string) ([]string, error) {
				n++
				<-ctx.Done() // a name server that never answers
				return nil, ctx.Err()
			}}
			if d.vouches(t.Context(), []byte(mail), m, "alfafar.example") {
				t.Error("vouched for")
			}
			if n != asked || time.Since(start) > dkimTimeout {
				t.Errorf("asked %d times in %s, want %d", n, time.Since(start), asked)
			}
		})
	}
}
