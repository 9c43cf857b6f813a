package config

import (
	"strconv"
	"strings"
)

// unknown says that a name does not exist, and which one was meant.
func unknown(kind, name string, known []string) string {
	if near := nearest(name, known); near != "" {
		return "unknown " + kind + "; did you mean " + near + "?"
	}
	if len(known) > 20 {
		return "unknown " + kind
	}
	return "unknown " + kind + "; there are " + strings.Join(known, ", ")
}

// nearest finds the name that is a slip of the fingers away, or "".
func nearest(name string, known []string) string {
	best, at := "", max(len(name)/3, 1)+1
	for _, k := range known {
		if d := distance(strings.ToLower(name), strings.ToLower(k)); d < at {
			best, at = k, d
		}
	}
	return best
}

// distance counts the letters to add, remove, change or swap with a neighbour
// that make one word of the other (optimal string alignment).
func distance(a, b string) int {
	if len(a) > 60 || len(b) > 60 {
		return 60 // no name of ours is that long
	}
	var before []int
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		next := make([]int, len(b)+1)
		next[0] = i + 1
		for j := range len(b) {
			cost := 1
			if a[i] == b[j] {
				cost = 0
			}
			next[j+1] = min(row[j+1]+1, next[j]+1, row[j]+cost)
			if i > 0 && j > 0 && a[i] == b[j-1] && a[i-1] == b[j] {
				next[j+1] = min(next[j+1], before[j-1]+1)
			}
		}
		before, row = row, next
	}
	return row[len(b)]
}

// printable keeps odd names of keys on one line.
func printable(name string) string {
	for _, r := range name {
		if !bareKey(r) {
			return strconv.QuoteToASCII(name)
		}
	}
	return name
}

func bareKey(r rune) bool {
	return r == '_' || r == '-' || '0' <= r && r <= '9' || 'a' <= r && r <= 'z' || 'A' <= r && r <= 'Z'
}
