package token_test

import (
	"bytes"
	"strings"
	"testing"

	"respon/tickets/token"
)

func signer(t testing.TB, secret byte) *token.Signer {
	t.Helper()
	s, err := token.New(bytes.Repeat([]byte{secret}, 32), nil)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestReplyToken(t *testing.T) {
	s := signer(t, 1)
	uid, err := s.NewUID()
	if err != nil {
		t.Fatal(err)
	}
	tok, err := s.Sign(token.Reply, uid, "Maria@Alfafar.example")
	if err != nil {
		t.Fatal(err)
	}
	if len(tok) != token.AddressLength || tok != strings.ToLower(tok) {
		t.Errorf("token %q has %d characters, want %d in lower case", tok, len(tok), token.AddressLength)
	}
	got, err := s.Open(token.Reply, strings.ToUpper(tok))
	if err != nil {
		t.Fatal(err)
	}
	if got.UID != uid || !got.For("maria@alfafar.EXAMPLE") || got.For("pere@alfafar.example") {
		t.Errorf("opened %+v, want ticket %s for maria alone", got, uid)
	}
}

func TestForgedTokens(t *testing.T) {
	s := signer(t, 1)
	tok, err := s.Sign(token.Reply, "0102030405", "maria@alfafar.example")
	if err != nil {
		t.Fatal(err)
	}
	other, err := signer(t, 2).Sign(token.Reply, "0102030405", "maria@alfafar.example")
	if err != nil {
		t.Fatal(err)
	}
	cases := map[string]string{
		"empty":                 "",
		"cut":                   tok[:len(tok)-1],
		"longer":                tok + "a",
		"another secret":        other,
		"not base32":            strings.Repeat("1", len(tok)),
		"padded with a newline": tok + "\n",
	}
	for i := range tok {
		c := byte('a')
		if tok[i] == c {
			c = 'b'
		}
		cases["altered at "+string(rune('A'+i))] = tok[:i] + string(c) + tok[i+1:]
	}
	for name, forged := range cases {
		if _, err := s.Open(token.Reply, forged); err == nil {
			t.Errorf("%s: %q was opened", name, forged)
		}
	}
	if _, err := s.Open(token.Bounce, tok); err == nil {
		t.Error("a reply token was good for a bounce")
	}
}

func TestMessageID(t *testing.T) {
	s := signer(t, 1)
	a, err := s.NewMessageID("0102030405", "maria@alfafar.example")
	if err != nil {
		t.Fatal(err)
	}
	b, err := s.NewMessageID("0102030405", "maria@alfafar.example")
	if err != nil {
		t.Fatal(err)
	}
	if a == b {
		t.Error("two mails got the same Message-ID")
	}
	got, err := s.OpenMessageID(a + "@dival.example")
	if err != nil || got.UID != "0102030405" || !got.For("maria@alfafar.example") {
		t.Errorf("opened %+v, %v", got, err)
	}
	for _, forged := range []string{a, "x" + a[1:] + "@dival.example", "@", ""} {
		if _, err := s.OpenMessageID(forged); err == nil {
			t.Errorf("%q was opened", forged)
		}
	}
}

func TestShortSecret(t *testing.T) {
	if _, err := token.New(make([]byte, 31), nil); err == nil {
		t.Error("a secret of 31 bytes was taken")
	}
}

func FuzzOpen(f *testing.F) {
	s := signer(f, 1)
	tok, err := s.Sign(token.Reply, "0102030405", "maria@alfafar.example")
	if err != nil {
		f.Fatal(err)
	}
	f.Add(tok)
	f.Add("")
	f.Fuzz(func(t *testing.T, in string) {
		if got, err := s.Open(token.Reply, in); err == nil {
			again, err := s.Sign(token.Reply, got.UID, "maria@alfafar.example")
			if err != nil || again != strings.ToLower(in) {
				t.Errorf("%q was opened and is not ours", in)
			}
		}
	})
}
