package ingest

import (
	"regexp"
	"strings"
	"unicode"
)

var idPattern = regexp.MustCompile(`<([^<>]*)>`)

// messageIDs reads ids as they stand in Message-ID, In-Reply-To, References:
// without angle brackets and white space. What follows a bracket ("<id@host>
// (added by relay)") is no id.
func messageIDs(value string) []string {
	ids := []string{}
	value = valid(value)
	for _, m := range idPattern.FindAllStringSubmatch(value, -1) {
		if id := compact(m[1]); id != "" {
			ids = append(ids, id)
		}
	}
	if len(ids) == 0 {
		for _, word := range strings.Fields(strings.NewReplacer("<", " ", ">", " ", ",", " ").Replace(value)) {
			if strings.Contains(word, "@") {
				ids = append(ids, compact(word))
			}
		}
	}
	return ids
}

func compact(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsSpace(r) || unicode.IsControl(r) {
			return -1
		}
		return r
	}, s)
}

func firstID(value string) *string {
	if ids := messageIDs(value); len(ids) > 0 {
		return &ids[0]
	}
	if value = strings.TrimSpace(valid(value)); strings.ContainsAny(value, " \t") {
		return nil
	}
	if id := compact(strings.Trim(value, "<>")); id != "" {
		return &id
	}
	return nil
}
