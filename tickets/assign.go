package tickets

import (
	"cmp"
	"fmt"
	"strings"
	"time"
)

// Load is what a technician has in hand.
type Load struct {
	Open   int       // pending tickets
	Weight int       // the same, each counted by its priority
	Last   time.Time // when a ticket was last assigned to her by rule; zero: never
}

// Team is how the technicians stand at the moment of an assignment.
type Team struct {
	Load   map[string]Load
	Absent map[string]Absence // on the day on which the ticket will be worked on
}

// Weight is how much of a technician's capacity a ticket of the priority takes.
// An ordinary one (P4) takes one place.
func (p Priority) Weight() int {
	switch p {
	case "P1":
		return 4
	case "P2":
		return 3
	case "P3":
		return 2
	default:
		return 1
	}
}

// Assign chooses who gets a ticket: of the category's technicians who are at
// work and have room the one with the smallest share of her capacity in use,
// and of equals the one who was not chosen for longest. If none of them has
// room, a default technician who has; if nobody has, the least loaded of those
// at work, beyond her capacity, since somebody has to answer for it. If all are
// away the answer is "": nobody is free. It says why, for the event.
func Assign(c *Catalogue, team Team, t *Ticket) (technician, why string) {
	pools := candidates(c, t)
	var reasons []string
	for _, p := range pools {
		if best := choose(p.present(team), team, true); best != nil {
			return best.ID, strings.Join(append(reasons, p.describe(team)), "; ")
		}
		reasons = append(reasons, p.reason+": "+p.unfree(team))
	}
	for _, p := range pools {
		if best := choose(p.present(team), team, false); best != nil {
			return best.ID, strings.Join(append(reasons, "nobody has room; "+p.describe(team)), "; ")
		}
	}
	return "", "nobody is free: " + strings.Join(reasons, "; ")
}

// pool is who may get a ticket, and by what right.
type pool struct {
	members []*Technician
	reason  string
}

// candidates are the pools that are asked in turn. What no category claims goes
// to the default technicians, and to all where none is set.
func candidates(c *Catalogue, t *Ticket) (pools []pool) {
	reason := "category unknown, default technicians"
	if cat := c.CategoryByID(t.Category); cat != nil {
		p := pool{reason: "category " + cat.ID}
		for _, id := range cat.Technicians {
			if tech := c.TechnicianByID(id); tech != nil {
				p.members = append(p.members, tech)
			}
		}
		reason = "default technicians"
		if len(p.members) > 0 {
			pools = append(pools, p)
		} else {
			reason = "category " + cat.ID + " has no technicians, default ones"
		}
	}
	return append(pools, pool{c.Fallback(), reason})
}

// Fallback are the technicians who take what no category claims: the default
// ones, and all where none is set.
func (c *Catalogue) Fallback() (list []*Technician) {
	for i := range c.Technicians {
		if c.Technicians[i].Default {
			list = append(list, &c.Technicians[i])
		}
	}
	if len(list) > 0 {
		return list
	}
	for i := range c.Technicians {
		list = append(list, &c.Technicians[i])
	}
	return list
}

// Responsible are those who are told of a ticket: its technician, or, while
// nobody has it, the default ones.
func (c *Catalogue) Responsible(t *Ticket) []*Technician {
	if tech := c.TechnicianByID(t.Technician); tech != nil {
		return []*Technician{tech}
	}
	return c.Fallback()
}

func (p pool) present(team Team) (list []*Technician) {
	for _, m := range p.members {
		if _, away := team.Absent[m.ID]; !away {
			list = append(list, m)
		}
	}
	return list
}

// describe tells the loads that were compared, and who was left out.
func (p pool) describe(team Team) string {
	var loads, away []string
	for _, m := range p.members {
		if _, absent := team.Absent[m.ID]; absent {
			away = append(away, m.ID)
		} else {
			loads = append(loads, fmt.Sprintf("%s %d/%d", m.ID, team.Load[m.ID].Weight, m.Capacity))
		}
	}
	s := p.reason + "; load " + strings.Join(loads, ", ")
	if len(away) > 0 {
		s += "; away " + strings.Join(away, ", ")
	}
	return s
}

// unfree says why nobody of the pool is chosen.
func (p pool) unfree(team Team) string {
	switch present := p.present(team); {
	case len(p.members) == 0:
		return "there are none"
	case len(present) == 0:
		return "all are away"
	default:
		return "nobody has room"
	}
}

// choose finds the one with most room, or nil; room leaves out those who have
// none.
func choose(list []*Technician, team Team, room bool) (best *Technician) {
	for _, tech := range list {
		if room && team.Load[tech.ID].Weight >= tech.Capacity {
			continue
		}
		if best == nil || freer(tech, best, team) {
			best = tech
		}
	}
	return best
}

// freer compares weight/capacity without dividing. On a tie whoever was chosen
// longest ago, and then the order of the configuration, decide.
func freer(a, b *Technician, team Team) bool {
	x, y := team.Load[a.ID], team.Load[b.ID]
	return cmp.Or(
		cmp.Compare(x.Weight*max(b.Capacity, 1), y.Weight*max(a.Capacity, 1)),
		x.Last.Compare(y.Last),
	) < 0
}
