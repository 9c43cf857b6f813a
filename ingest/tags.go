package ingest

import (
	"regexp"
	"strings"

	"respon/tickets"
)

var (
	bracketTag  = regexp.MustCompile(`\[([^\[\]]{1,120})\]`)
	hashTag     = regexp.MustCompile(`(^|[\s({,;:"'«¡¿])#(\p{L}[\p{L}\p{M}\p{N}_·-]{0,60})`)
	ticketTag   = regexp.MustCompile(`^[A-Z]{1,8}-[0-9]{1,12}$`)
	replyPrefix = regexp.MustCompile(`(?i)^\s*(?:re|rv|aw|sv|vs|antw|fwd?|wg|tr|enc|i|rif|res|odp|pd)(?:\s*\[\d+\])?\s*:\s*`)
)

// collector keeps what tags say; two that contradict each other say nothing.
type collector struct {
	value string
	clash bool
}

func (c *collector) add(v string) {
	if c.value != "" && c.value != v {
		c.clash = true
	}
	c.value = v
}

func (c *collector) result() *string {
	if c.value == "" || c.clash {
		return nil
	}
	v := c.value
	return &v
}

// tagsRead is what the tags of a subject say so far.
type tagsRead struct {
	category, impact, typ, ticket collector
	suggestion                    bool
}

// tags reads the subject's tags and gives the subject without those that were
// understood and without the prefixes of answers. Anything else in brackets
// stays.
func (p *Parser) tags(subject string) (Tags, string) {
	var read tagsRead
	plain := bracketTag.ReplaceAllStringFunc(subject, func(tag string) string {
		inside := strings.TrimSpace(tag[1 : len(tag)-1])
		switch {
		case ticketTag.MatchString(inside):
			if p.o.Prefix != "" && !strings.HasPrefix(inside, p.o.Prefix+"-") {
				return tag
			}
			read.ticket.add(inside)
		case p.bracket(inside, &read):
		default:
			return tag
		}
		return " "
	})
	before := plain
	plain = hashTag.ReplaceAllStringFunc(plain, func(tag string) string {
		i := strings.IndexByte(tag, '#')
		read.category.add(strings.TrimRight(tickets.Fold(tag[i+1:]), "-_"))
		return tag[:i]
	})
	if plain != before {
		plain = strings.ReplaceAll(plain, "()", " ") // what "(#conta)" leaves
	}
	for {
		shorter := replyPrefix.ReplaceAllString(plain, "")
		if shorter == plain {
			break
		}
		plain = shorter
	}
	t := Tags{Category: read.category.result(), Impact: read.impact.result(), Type: read.typ.result(), Ticket: read.ticket.result()}
	t.Suggestion = read.suggestion && t.Type != nil
	return t, strings.Join(strings.Fields(plain), " ")
}

// bracket reads what stands in brackets and reports whether it is a tag, or
// several, all of which have to be understood: "[EXTERNAL, urgente]" is none.
func (p *Parser) bracket(inside string, read *tagsRead) bool {
	inside = tickets.Fold(inside)
	separators := func(r rune) bool { return strings.ContainsRune(",;/|+&", r) }
	return p.known(inside, read) ||
		p.each(strings.FieldsFunc(inside, separators), read) ||
		p.tag(inside, read) ||
		p.each(strings.Fields(inside), read)
}

// each reads several tags and takes none of them unless it understands all.
func (p *Parser) each(list []string, read *tagsRead) bool {
	all := *read
	for _, inside := range list {
		if !p.tag(strings.TrimSpace(inside), &all) {
			return false
		}
	}
	if len(list) < 2 {
		return false
	}
	*read = all
	return true
}

// known reads a category of the catalogue, whatever signs its name is made of.
func (p *Parser) known(folded string, read *tagsRead) bool {
	name := folded
	if key, value, named := strings.Cut(folded, ":"); named && isCategoryKey(strings.TrimSpace(key)) {
		name = strings.TrimSpace(value)
	}
	if p.ids[name] == "" {
		return false
	}
	if name == folded {
		name = p.ids[name]
	}
	read.category.add(name)
	return true
}

// tag reads one tag: a word that speaks for itself, or a key and a value, between
// which a colon may be missing where no other reading is likely.
func (p *Parser) tag(folded string, read *tagsRead) bool {
	if i := strings.IndexAny(folded, ":="); i >= 0 {
		key, value := strings.TrimSpace(folded[:i]), strings.TrimSpace(folded[i+1:])
		if isCategoryKey(key) && value != "" {
			read.category.add(value)
			return true
		}
		return read.named(key, value)
	}
	if name, ok := strings.CutPrefix(folded, "#"); ok && hashTag.FindString(folded) == folded && !ticketTag.MatchString(strings.ToUpper(name)) {
		read.category.add(name)
		return true
	}
	if t := typeOf(folded); t != "" {
		read.typed(t)
		return true
	}
	if id := p.ids[folded]; id != "" {
		read.category.add(id)
		return true
	}
	key, value, _ := strings.Cut(folded, " ")
	key, value = strings.TrimRight(key, ".-"), strings.TrimLeft(value, "- ")
	if id := p.ids[value]; isCategoryKey(key) && id != "" {
		read.category.add(id)
		return true
	}
	last := strings.LastIndexByte(folded, ' ')
	return read.named(key, value) || last > 0 && isImpactKey(folded[last+1:]) && read.named("impact", folded[:last]) // "high impact"
}

// named reads the tags that have few values.
func (r *tagsRead) named(key, value string) bool {
	switch {
	case key == "tipo" || key == "tipus" || key == "type":
		if t := typeOf(value); t != "" {
			r.typed(t)
			return true
		}
	case isImpactKey(key):
		if l := level(value); l != "" {
			r.impact.add(string(l))
			return true
		}
	}
	return false
}

func isCategoryKey(s string) bool { return s == "cat" || s == "categoria" || s == "category" }

func isImpactKey(s string) bool { return s == "impacto" || s == "impacte" || s == "impact" }

// typeOf knows a type by its name; incidents are the urgent ones.
func typeOf(folded string) tickets.Type {
	if folded == "urgente" || folded == "urgent" {
		return tickets.Incident
	}
	return tickets.ParseType(folded)
}

func (r *tagsRead) typed(t tickets.Type) {
	r.typ.add(string(t.Filed()))
	r.suggestion = r.suggestion || t == tickets.Suggestion
}

func level(folded string) tickets.Level {
	switch folded {
	case "alto", "alta", "alt", "high":
		return tickets.High
	case "medio", "media", "mitja", "mitjana", "medium":
		return tickets.Medium
	case "bajo", "baja", "baix", "baixa", "low":
		return tickets.Low
	}
	return ""
}
