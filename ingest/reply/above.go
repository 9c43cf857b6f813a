package reply

import "strings"

// headerLines is how long the block of fields above a quoted mail is.
const headerLines = 10

// NothingAbove gives the line at which a letter of ours begins in a text if it is
// not marked as quoted, and nothing was written above it; "" otherwise. What stands
// below cannot be told from our letter. Letters of ours are known by the line above
// which they ask to write, or by one of our addresses in what introduces them.
func NothingAbove(text string, addresses ...string) (line string) {
	lines := strings.Split(text, "\n")
	for i, l := range lines {
		n := introduces(lines, i)
		begins := opens(lines, i) || n > 0
		switch {
		case isQuoted(l):
		case n > 0 && followed(lines[i+n:]):
			return "" // marked as quoted, it can be told apart
		case ours.MatchString(plain(l)),
			begins && names(lines[i:min(i+headerLines, len(lines))], addresses):
			if empty(unsign(lines[:i])) {
				return strings.TrimSpace(plain(l))
			}
			return ""
		case begins:
			if !empty(unsign(lines[:i])) {
				return ""
			}
		}
	}
	return ""
}

// names reports whether one of our addresses stands in a line, with a token behind
// its local part or without.
func names(lines, addresses []string) bool {
	for _, l := range lines {
		l = strings.ToLower(l)
		for _, a := range addresses {
			local, domain, _ := strings.Cut(strings.ToLower(a), "@")
			if at := strings.Index(l, local); at >= 0 && strings.Contains(l[at:], "@"+domain) {
				return true
			}
		}
	}
	return false
}
