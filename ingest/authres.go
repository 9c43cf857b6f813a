package ingest

import (
	"regexp"
	"slices"
	"strings"

	"github.com/emersion/go-msgauth/authres"
	"golang.org/x/net/idna"
	"golang.org/x/net/publicsuffix"
)

// authentication is what a trusted server found out about the domain of From.
type authentication int

const (
	authNone authentication = iota // nothing said, or nothing that decides
	authPass
	authFail
)

// authenticate reads Authentication-Results fields (RFC 8601), in the order of
// the header, topmost first. Only the topmost field of a trusted authserv-id
// counts: servers put theirs above what came in, so one further down may be the
// sender's own invention. What it says about another domain than From's is a
// failure: that server saw another author than we do.
//
// DMARC decides. Where the domain has no policy (dmarc=none), an aligned pass of
// SPF or DKIM does; a DKIM signature with l= does not count, since text can be
// added below it.
func authenticate(fields, trusted []string, fromDomain string, partialDKIM bool) authentication {
	domain := asciiDomain(fromDomain)
	if domain == "" {
		return authNone
	}
	for _, field := range fields {
		plain := withoutQuotes(field)
		if !slices.Contains(trusted, authservID(plain)) {
			continue
		}
		_, results, err := authres.Parse(plain)
		if err != nil {
			return authNone // never look further down instead
		}
		return judge(results, domain, partialDKIM)
	}
	return authNone
}

// authservID is the first word of the field, exactly as it stands there. A
// version number may follow it.
func authservID(field string) string {
	id, _, _ := strings.Cut(field, ";")
	id = strings.Trim(id, " \t\r\n")
	if name, version, ok := strings.Cut(id, " "); ok && strings.Trim(version, "0123456789 \t") == "" {
		return name
	}
	return id
}

func judge(results []authres.Result, domain string, partialDKIM bool) authentication {
	var dmarc []*authres.DMARCResult
	aligned := false
	spf, spfWorse := false, false
	for _, r := range results {
		switch r := r.(type) {
		case *authres.DMARCResult:
			dmarc = append(dmarc, r)
		case *authres.SPFResult:
			if r.Value == authres.ResultPass && alignedWith(r.From, domain) {
				spf = true
			} else {
				spfWorse = true // two results of one method: the worse one counts
			}
		case *authres.DKIMResult:
			// Mails have several signatures by right; one aligned pass is enough.
			aligned = aligned || !partialDKIM && r.Value == authres.ResultPass && alignedWith(r.Domain, domain)
		}
	}
	aligned = aligned || spf && !spfWorse
	verdict := authNone
	for i, r := range dmarc {
		var one authentication
		switch {
		case r.Value == authres.ResultFail, r.From != "" && asciiDomain(r.From) != domain:
			one = authFail
		case r.Value == authres.ResultPass && r.From != "":
			one = authPass
		case r.Value == authres.ResultNone && aligned:
			one = authPass
		}
		switch {
		case i == 0:
			verdict = one
		case one == authFail:
			verdict = authFail
		case one != verdict && verdict != authFail:
			verdict = authNone
		}
	}
	return verdict
}

// alignedWith is DMARC's relaxed alignment (RFC 7489, section 3.1): the same
// organisational domain. identity is a domain or an address.
func alignedWith(identity, domain string) bool {
	if _, after, ok := strings.Cut(identity, "@"); ok {
		identity = after
	}
	identity = asciiDomain(identity)
	if identity == "" {
		return false
	}
	if identity == domain {
		return true
	}
	a, errA := publicsuffix.EffectiveTLDPlusOne(identity)
	b, errB := publicsuffix.EffectiveTLDPlusOne(domain)
	return errA == nil && errB == nil && a == b
}

// asciiDomain is a domain in lower case and as A-labels, "" if it is none.
func asciiDomain(domain string) string {
	a, err := idna.Lookup.ToASCII(strings.TrimSpace(domain))
	if err != nil {
		return ""
	}
	return a
}

// withoutQuotes blanks comments and quoted strings. The library does not know
// the latter, and a sender chooses what stands in them:
//
//	smtp.mailfrom="a; dmarc=pass header.from=bank.example; x=y"@evil.example
func withoutQuotes(field string) string {
	var b strings.Builder
	depth, quoted, escaped := 0, false, false
	for _, r := range field {
		switch {
		case escaped:
			escaped = false
		case r == '\\' && (quoted || depth > 0):
			escaped = true
		case quoted:
			quoted = r != '"'
		case r == '(':
			depth++
		case r == ')' && depth > 0:
			depth--
		case depth > 0:
		case r == '"':
			quoted = true
			b.WriteByte('_')
		default:
			b.WriteRune(r)
		}
	}
	if quoted || depth > 0 {
		return "" // it never ends: nothing of it can be believed
	}
	return b.String()
}

var lengthTag = regexp.MustCompile(`(?i)(?:^|;)\s*l\s*=`)

// partialSignature reports whether a DKIM-Signature covers only the beginning
// of the body (RFC 6376, section 3.5, l=).
func partialSignature(fields []string) bool {
	return slices.ContainsFunc(fields, lengthTag.MatchString)
}
