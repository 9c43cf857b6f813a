package tickets

import (
	"fmt"
	"strings"
)

// Assign chooses who gets a ticket: of the category's technicians the one with
// the smallest share of her capacity in use; if the category is unknown or
// has none, of the default ones. The answer says why, for the event. It is ""
// only when no technician is configured that could take it.
func Assign(c *Catalogue, load map[string]int, t *Ticket) (technician, why string) {
	group, reason := candidates(c, t)
	best := -1
	for i := range group {
		if best < 0 || lighter(group[i], group[best], load) {
			best = i
		}
	}
	if best < 0 {
		return "", "nobody: " + reason
	}
	loads := make([]string, len(group))
	for i, g := range group {
		loads[i] = fmt.Sprintf("%s %d/%d", g.ID, load[g.ID], g.Capacity)
	}
	why = fmt.Sprintf("%s; load %s", reason, strings.Join(loads, ", "))
	return group[best].ID, why
}

func candidates(c *Catalogue, t *Ticket) (group []*Technician, reason string) {
	reason = "category unknown, default technicians"
	if cat := c.CategoryByID(t.Category); cat != nil {
		for _, id := range cat.Technicians {
			if tech := c.TechnicianByID(id); tech != nil {
				group = append(group, tech)
			}
		}
		if len(group) > 0 {
			return group, "category " + cat.ID
		}
		reason = "category " + cat.ID + " has no technicians, default ones"
	}
	for i := range c.Technicians {
		if c.Technicians[i].Default {
			group = append(group, &c.Technicians[i])
		}
	}
	if len(group) > 0 {
		return group, reason
	}
	for i := range c.Technicians {
		group = append(group, &c.Technicians[i])
	}
	return group, reason + " (none is set, so all)"
}

// lighter compares load/capacity without dividing; on a tie the fewer tickets,
// and then the order of the configuration, decide.
func lighter(a, b *Technician, load map[string]int) bool {
	x, y := load[a.ID]*max(b.Capacity, 1), load[b.ID]*max(a.Capacity, 1)
	if x != y {
		return x < y
	}
	return load[a.ID] < load[b.ID]
}
