package tickets

import (
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// Fold makes texts comparable: lower case, without accents, white space as
// single spaces. The middle dot of Catalan "sol·licitant" goes too, since
// phones' keyboards hide it.
func Fold(s string) string {
	var b strings.Builder
	b.Grow(len(s))
	space := false
	write := func(r rune) {
		if space && b.Len() > 0 {
			b.WriteByte(' ')
		}
		space = false
		b.WriteRune(unicode.ToLower(r))
	}
	for _, r := range s {
		switch {
		case r < 0x80 && r > ' ':
			write(r)
		case unicode.IsSpace(r):
			space = true
		case r < ' ' || r == '·' || r == 'ŀ' || unicode.Is(unicode.Mn, r):
			if r == 'ŀ' {
				write('l')
			}
		default:
			for _, d := range norm.NFD.String(string(r)) {
				if !unicode.Is(unicode.Mn, d) {
					write(d)
				}
			}
		}
	}
	return b.String()
}
