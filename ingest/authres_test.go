package ingest

import (
	"strings"
	"testing"
)

func TestAuthenticate(t *testing.T) {
	const us = "mx.dival.example"
	for _, tt := range []struct {
		name   string
		fields []string
		from   string
		want   authentication
	}{
		{"pass", []string{us + "; dmarc=pass (p=none) header.from=alfafar.example"}, "alfafar.example", authPass},
		{"pass, version", []string{us + " 1; dmarc=pass header.from=alfafar.example"}, "alfafar.example", authPass},
		{"pass, case of domains", []string{us + "; dmarc=pass header.from=Alfafar.Example"}, "ALFAFAR.example", authPass},
		{"pass, folded", []string{us + ";\r\n\tspf=pass smtp.mailfrom=a@alfafar.example;\r\n\tdmarc=pass header.from=alfafar.example"}, "alfafar.example", authPass},
		{"fail", []string{us + "; dmarc=fail header.from=alfafar.example"}, "alfafar.example", authFail},
		{"no field", nil, "alfafar.example", authNone},
		{"nothing about dmarc", []string{us + "; spf=pass smtp.mailfrom=alfafar.example"}, "alfafar.example", authNone},
		{"none with aligned spf", []string{us + "; dmarc=none header.from=alfafar.example; spf=pass smtp.mailfrom=x@mail.alfafar.example"}, "alfafar.example", authPass},
		{"none with aligned dkim", []string{us + "; dmarc=none header.from=alfafar.example; dkim=pass header.d=alfafar.example"}, "alfafar.example", authPass},
		{"none with foreign spf", []string{us + "; dmarc=none header.from=alfafar.example; spf=pass smtp.mailfrom=x@evil.example"}, "alfafar.example", authNone},
		{"none with two spf, one fails", []string{us + "; dmarc=none header.from=alfafar.example; spf=pass smtp.mailfrom=x@alfafar.example; spf=fail smtp.mailfrom=x@alfafar.example"}, "alfafar.example", authNone},
		{"a forged one below the server's own", []string{us + "; dmarc=fail header.from=alfafar.example", us + "; dmarc=pass header.from=alfafar.example"}, "alfafar.example", authFail},
		{"a forged one below an empty one", []string{us + "; none", us + "; dmarc=pass header.from=alfafar.example"}, "alfafar.example", authNone},
		{"a forged one below a broken one", []string{us + "; dmarc=", us + "; dmarc=pass header.from=alfafar.example"}, "alfafar.example", authNone},
		{"somebody else's above ours", []string{"filter.example; dmarc=fail header.from=alfafar.example", us + "; dmarc=pass header.from=alfafar.example"}, "alfafar.example", authPass},
		{"look-alike suffix", []string{us + ".evil.example; dmarc=pass header.from=alfafar.example"}, "alfafar.example", authNone},
		{"look-alike case", []string{"MX.dival.example; dmarc=pass header.from=alfafar.example"}, "alfafar.example", authNone},
		{"look-alike trailing dot", []string{us + ".; dmarc=pass header.from=alfafar.example"}, "alfafar.example", authNone},
		{"look-alike second word", []string{us + " evil.example; dmarc=pass header.from=alfafar.example"}, "alfafar.example", authNone},
		{"without an authserv-id, as Microsoft writes", []string{"dmarc=pass header.from=alfafar.example"}, "alfafar.example", authNone},
		{"quoted string smuggles a pass", []string{us + `; spf=pass smtp.mailfrom="a; dmarc=pass header.from=alfafar.example; x=y"@evil.example; dmarc=fail header.from=alfafar.example`}, "alfafar.example", authFail},
		{"quoted string smuggles a pass, nothing else", []string{us + `; spf=pass smtp.mailfrom="a; dmarc=pass header.from=alfafar.example; x=y"@evil.example`}, "alfafar.example", authNone},
		{"comment smuggles a pass", []string{us + "; spf=pass (a; dmarc=pass header.from=alfafar.example; b) smtp.mailfrom=evil.example"}, "alfafar.example", authNone},
		{"a comment that never ends", []string{us + "; (dmarc=pass header.from=alfafar.example"}, "alfafar.example", authNone},
		{"pass and fail", []string{us + "; dmarc=pass header.from=alfafar.example; dmarc=fail header.from=alfafar.example"}, "alfafar.example", authFail},
		{"pass and none", []string{us + "; dmarc=pass header.from=alfafar.example; dmarc=temperror header.from=alfafar.example"}, "alfafar.example", authNone},
		{"pass for another domain", []string{us + "; dmarc=pass header.from=evil.example"}, "alfafar.example", authFail},
		{"pass for no domain", []string{us + "; dmarc=pass"}, "alfafar.example", authNone},
		{"pass for a sub-domain is not for the domain", []string{us + "; dmarc=pass header.from=mail.alfafar.example"}, "alfafar.example", authFail},
		{"Cyrillic look-alike", []string{us + "; dmarc=pass header.from=alfafar.example"}, "alfаfar.example", authFail},
		{"the same domain in its two spellings", []string{us + "; dmarc=pass header.from=xn--alcdia-rya.example"}, "alcúdia.example", authPass},
		{"temperror", []string{us + "; dmarc=temperror header.from=alfafar.example"}, "alfafar.example", authNone},
	} {
		if got := authenticate(tt.fields, []string{us}, tt.from, false); got != tt.want {
			t.Errorf("%s: %d, want %d", tt.name, got, tt.want)
		}
	}
}

func TestPartialSignature(t *testing.T) {
	field := []string{"mx.dival.example; dmarc=none header.from=alfafar.example; dkim=pass header.d=alfafar.example"}
	trusted := []string{"mx.dival.example"}
	partial := partialSignature([]string{"v=1; a=rsa-sha256; d=alfafar.example;\r\n\tl=120; b=abc"})
	if !partial || partialSignature([]string{"v=1; bl=1; b=l"}) {
		t.Error("l= was not told from other tags")
	}
	if got := authenticate(field, trusted, "alfafar.example", partial); got != authNone {
		t.Errorf("a partial signature counted: %d", got)
	}
}

func FuzzAuthenticate(f *testing.F) {
	f.Add("mx.dival.example; dmarc=pass header.from=alfafar.example")
	f.Add(`mx.dival.example; spf=pass smtp.mailfrom="a; dmarc=pass"@b; dmarc=fail`)
	f.Fuzz(func(t *testing.T, field string) {
		got := authenticate([]string{field}, []string{"mx.dival.example"}, "alfafar.example", false)
		// Nothing that does not begin with the trusted id is ever a pass.
		if got == authPass && authservID(withoutQuotes(field)) != "mx.dival.example" {
			t.Errorf("%q passes", field)
		}
	})
}

// What the library makes of a field that a stranger wrote never counts, whatever
// stands in it: only a field that begins with the name of our own server does.
func FuzzAuthRes(f *testing.F) {
	const us, domain = "mx.dival.example", "alfafar.example"
	for _, s := range []string{
		"mx.dival.example; dmarc=pass header.from=alfafar.example", "x; dmarc=pass header.from=alfafar.example", `spf=pass smtp.mailfrom="a; dmarc=pass header.from=alfafar.example"@x`,
		"(mx.dival.example); dmarc=pass header.from=alfafar.example", "mx.dival.example 1; dmarc=none; dkim=pass header.d=alfafar.example", "; ;=", "mx.dival.example;dmarc",
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, field string) {
		if got := authenticate([]string{field}, []string{us}, domain, false); got != authNone && !strings.HasPrefix(withoutQuotes(strings.TrimLeft(field, " \t\r\n")), us) && authservID(withoutQuotes(field)) != us {
			t.Errorf("%q: %v, and it is not ours", field, got)
		}
		// Text within quotes or a comment of our own field decides nothing.
		inside := strings.NewReplacer(`"`, "", `\`, "", "(", "", ")", "").Replace(field)
		for _, own := range []string{
			us + `; spf=pass smtp.mailfrom="` + inside + `"@evil.example`, us + "; spf=pass (" + inside + ") smtp.mailfrom=evil.example",
		} {
			if got := authenticate([]string{own}, []string{us}, domain, false); got == authPass {
				t.Errorf("%q passes", own)
			}
		}
	})
}
