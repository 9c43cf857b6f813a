package ingest

import (
	"respon/ingest/reply"
	"respon/tickets"
)

// maxForm is how long a text is in which a form is looked for, in bytes: nobody
// fills it in below that much.
const maxForm = 256 << 10

// said is what the subject's tags and a filled-in form say about the ticket. A
// category that the catalogue does not know is no hint: the form asks. What
// somebody filled in counts more than a tag, which may have come along with the
// subject of an earlier mail.
func (in *Intake) said(m *Message) (h tickets.Hints, read tickets.FormRead) {
	c := in.Catalogue()
	if m.Tags.Type != nil {
		h.Type = tickets.Type(*m.Tags.Type)
	}
	if m.Tags.Suggestion {
		h.Type = tickets.Suggestion
	}
	if m.Tags.Impact != nil {
		h.Impact = tickets.Level(*m.Tags.Impact)
	}
	if m.Tags.Category != nil {
		if cat := c.FindCategory(*m.Tags.Category); cat != nil {
			h.Category = cat.ID
		}
	}
	person := m.Kind == KindNew || m.Kind == KindReply
	if !person || len(m.Text)+len(m.HTML) > maxForm {
		return h, read
	}
	f := reply.ReadForm(m.Text, m.HTML, formNames(c))
	if f.Empty() {
		return h, read
	}
	if f.Type != "" {
		h.Type = tickets.Type(f.Type)
	}
	if f.Category != "" {
		h.Category = f.Category
	}
	h.Answers = tickets.Answers{BlocksWork: f.BlocksWork, AffectsOthers: f.AffectsOthers, AffectsCitizens: f.AffectsCitizens}
	return h, tickets.FormRead{
		Filled: true, Only: f.Rest == "" && len(m.Attachments) == 0, Rest: f.Rest,
		Unknown: f.Unknown != "", Near: f.Nearest, Unclear: len(f.Contradictions) > 0,
	}
}

// formNames are the words that the form's answers are read against.
func formNames(c *tickets.Catalogue) reply.Names {
	n := reply.Names{Addresses: append([]string{c.Gateway.Address}, c.Gateway.Aliases...), Gateway: c.Gateway.Name}
	for i := range c.Categories {
		cat := &c.Categories[i]
		named := reply.Named{ID: cat.ID, Names: append([]string{cat.ID}, cat.Aliases...)}
		for _, locale := range tickets.Locales {
			named.Names = append(named.Names, cat.Name(locale))
		}
		n.Categories = append(n.Categories, named)
	}
	return n
}
