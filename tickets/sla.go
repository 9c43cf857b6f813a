package tickets

// SetDue computes both targets from the ticket's priority and its beginning,
// in business time. A target that was already met keeps its moment.
func (t *Ticket) SetDue(c *Catalogue) {
	target := c.SLA[t.Priority]
	if t.FirstAnsweredAt == nil {
		t.FirstAnswerDue = nil
		if target.FirstAnswer > 0 {
			due := c.Hours.Add(t.CreatedAt, target.FirstAnswer)
			t.FirstAnswerDue = &due
		}
	}
	if t.ResolvedAt == nil {
		t.ResolutionDue = nil
		if target.Resolution > 0 {
			due := c.Hours.Add(t.CreatedAt, target.Resolution)
			t.ResolutionDue = &due
		}
	}
}
