package config

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// Problem is one thing that is wrong, or odd, and its mend.
type Problem struct {
	Place Place
	Key   string // "mailbox.port"; with several of a kind "mailbox[2].port"
	Text  string
}

// Place is where a value stands.
type Place struct {
	File string
	Line int    // 0 if there is no line to point at
	Env  string // the variable it comes from, if it does not come from the file
}

// String writes it as compilers do, so that editors can jump there.
func (p Place) String() string {
	switch {
	case p.Env != "":
		return p.Env
	case p.Line > 0:
		return fmt.Sprintf("%s:%d", p.File, p.Line)
	default:
		return p.File
	}
}

// String is one line.
func (p Problem) String() string {
	if p.Key == "" {
		return p.Place.String() + ": " + p.Text
	}
	return p.Place.String() + ": " + p.Key + ": " + p.Text
}

// Problems are all that is wrong with a configuration.
type Problems []Problem

// Error has a line for each.
func (ps Problems) Error() string {
	lines := make([]string, len(ps))
	for i, p := range ps {
		lines[i] = p.String()
	}
	return strings.Join(lines, "\n")
}

// sorted by line; what has none comes last.
func (ps Problems) sorted() Problems {
	rank := func(p Problem) int {
		if p.Place.Line == 0 {
			return 1 << 30
		}
		return p.Place.Line
	}
	slices.SortStableFunc(ps, func(a, b Problem) int { return cmp.Compare(rank(a), rank(b)) })
	return ps
}
