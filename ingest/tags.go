package ingest

import (
	"regexp"
	"strings"

	"respon/tickets"
)

var (
	bracketTag  = regexp.MustCompile(`\[([^\[\]]{1,120})\]`)
	hashTag     = regexp.MustCompile(`(^|\s)#(\p{L}[\p{L}\p{N}_·-]{0,60})`)
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
	plain = hashTag.ReplaceAllStringFunc(plain, func(tag string) string {
		i := strings.IndexByte(tag, '#')
		read.category.add(tickets.Fold(tag[i+1:]))
		return tag[:i]
	})
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

// bracket reads what stands in brackets and reports whether it is a tag.
func (p *Parser) bracket(inside string, read *tagsRead) bool {
	key, value, named := strings.Cut(inside, ":")
	key, value = tickets.Fold(key), tickets.Fold(value)
	if !named {
		if key == "urgente" || key == "urgent" {
			key = "incidencia" // incidents are the urgent ones
		}
		if t := tickets.ParseType(key); t != "" {
			read.typed(t)
			return true
		}
		if id := p.category(key); id != "" {
			read.category.add(id)
			return true
		}
		return false
	}
	switch key {
	case "cat", "categoria", "category":
		if value == "" {
			return false
		}
		read.category.add(value)
	case "tipo", "tipus", "type":
		t := tickets.ParseType(value)
		if t == "" {
			return false
		}
		read.typed(t)
	case "impacto", "impacte", "impact":
		l := level(value)
		if l == "" {
			return false
		}
		read.impact.add(string(l))
	default:
		return false
	}
	return true
}

func (r *tagsRead) typed(t tickets.Type) {
	r.typ.add(string(t.Filed()))
	r.suggestion = r.suggestion || t == tickets.Suggestion
}

func (p *Parser) category(folded string) string {
	for _, c := range p.o.Categories {
		if tickets.Fold(c.ID) == folded {
			return c.ID
		}
		for _, n := range c.Names {
			if tickets.Fold(n) == folded {
				return c.ID
			}
		}
	}
	return ""
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
