package tickets

import (
	"slices"
	"strings"
	"unicode"
)

// Likely puts the categories that a matter may belong to in order, the likeliest
// first: those that its words name, in the order of the words, then those that
// its requester's tickets had before, the most frequent first, then all others
// as they are configured. The ids of before may name categories that are gone.
func (c *Catalogue) Likely(text string, before []string) []string {
	ids := c.named(text)
	count := make(map[string]int)
	for _, id := range before {
		count[id]++
	}
	frequent := slices.Clone(before)
	slices.SortStableFunc(frequent, func(a, b string) int { return count[b] - count[a] })
	for _, id := range frequent {
		if c.CategoryByID(id) != nil && !slices.Contains(ids, id) {
			ids = append(ids, id)
		}
	}
	for i := range c.Categories {
		if id := c.Categories[i].ID; !slices.Contains(ids, id) {
			ids = append(ids, id)
		}
	}
	return ids
}

// named gives the categories of which a name or an alias stands in the text, as
// whole words.
func (c *Catalogue) named(text string) (ids []string) {
	text = " " + wordsIn(text) + " "
	at := make(map[string]int)
	for i := range c.Categories {
		cat := &c.Categories[i]
		names := append([]string{cat.ID}, cat.Aliases...)
		for _, name := range cat.Names {
			names = append(names, name)
		}
		for _, name := range names {
			name = wordsIn(name)
			if name == "" {
				continue
			}
			if place := strings.Index(text, " "+name+" "); place >= 0 {
				if first, ok := at[cat.ID]; !ok || place < first {
					at[cat.ID] = place
				}
			}
		}
		if _, ok := at[cat.ID]; ok {
			ids = append(ids, cat.ID)
		}
	}
	slices.SortStableFunc(ids, func(a, b string) int { return at[a] - at[b] })
	return ids
}

// wordsIn folds a text and leaves its words, with single spaces between.
func wordsIn(s string) string {
	return strings.Join(strings.FieldsFunc(Fold(s), func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) }), " ")
}
