package tickets

import (
	"strings"
	"unicode"
)

// PlainAddress reports whether a letter may be sent to an address: a dot-atom,
// @ and a domain of letters, digits, hyphens and dots (RFC 5321, section
// 4.1.2), where letters may be any of UTF-8 (RFC 6531). A quoted local part is
// not taken: it can carry SMTP parameters past the angle brackets. Lengths are
// those of RFC 5321, section 4.5.3.1.
func PlainAddress(address string) bool {
	local, domain, ok := strings.Cut(address, "@")
	return ok && len(local) <= 64 && len(domain) <= 253 &&
		dotted(local, func(r rune) bool { return isAlnum(r) || strings.ContainsRune("!#$%&'*+-/=?^_`{|}~", r) }) &&
		dotted(domain, func(r rune) bool { return isAlnum(r) || r == '-' })
}

func isAlnum(r rune) bool {
	return unicode.IsLetter(r) || unicode.IsDigit(r) || unicode.IsMark(r)
}

// dotted reports whether s is one or more atoms with single dots between.
func dotted(s string, ok func(rune) bool) bool {
	for _, atom := range strings.Split(s, ".") {
		if atom == "" {
			return false
		}
		for _, r := range atom {
			if !ok(r) {
				return false
			}
		}
	}
	return true
}
