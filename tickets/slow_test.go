package tickets_test

import (
	"slices"
	"time"

	"respon/tickets"
)

// slowDue counts the minutes in which the desk was open and the ticket's clock
// ran, until a promise is used up. Of the times in which the clock stood, only
// those that were over by a minute are known then.
func (y *year) slowDue(l *life, promise time.Duration, known int) time.Time {
	left := int(promise / time.Minute)
	runs, next := true, 0
	for m := l.minute; m < len(y.open); m++ {
		for next < len(l.clock) && l.clock[next].minute <= m {
			// A stop counts only if the start after it is known.
			if turn := l.clock[next]; turn.runs || next+1 < len(l.clock) && l.clock[next+1].minute <= known {
				runs = turn.runs
			}
			next++
		}
		if !runs || !y.open[m] {
			continue
		}
		if left--; left == 0 {
			return y.at(m + 1)
		}
	}
	return time.Time{}
}

// slowWorked counts the minutes in which the desk was open and the clock ran
// until a moment.
func (y *year) slowWorked(l *life, until time.Time) (d time.Duration) {
	runs, next := true, 0
	for m := l.minute; y.at(m).Before(until); m++ {
		for next < len(l.clock) && l.clock[next].minute <= m {
			runs = l.clock[next].runs
			next++
		}
		if runs && y.open[m] {
			d += time.Minute
		}
	}
	return d
}

// check compares a ticket's targets and alerts with the slow count. It tells how
// many were compared, and how many targets were missed.
func (y *year) check(l *life) (checked, missed int) {
	known := func(at *time.Time) int {
		if at == nil {
			return y.minute
		}
		return int(at.Sub(y.first) / time.Minute)
	}
	priority := func(met tickets.Priority, at *time.Time) tickets.Target {
		if at == nil {
			met = l.Priority
		}
		return y.c.SLA[met]
	}
	for _, aim := range []struct {
		name    tickets.Aim
		due     *time.Time
		met     *time.Time
		promise time.Duration
	}{
		{tickets.FirstAnswer, l.FirstAnswerDue, l.FirstAnsweredAt, priority(l.answered, l.FirstAnsweredAt).FirstAnswer},
		{tickets.Resolution, l.ResolutionDue, l.ResolvedAt, priority(l.resolved, l.ResolvedAt).Resolution},
	} {
		want := y.slowDue(l, aim.promise, known(aim.met))
		if aim.due == nil || !aim.due.Equal(want) {
			y.Fatalf("ticket %d, %s: due %v, slowly counted %v; created %s, clock %v", l.Number, aim.name, aim.due, want, l.CreatedAt, l.clock)
		}
		checked++
		if aim.met == nil {
			continue
		}
		late := y.slowWorked(l, *aim.met) > aim.promise
		if late != aim.met.After(want) {
			y.Fatalf("ticket %d, %s: met %s, due %s, slowly counted late: %v", l.Number, aim.name, aim.met, want, late)
		}
		if late {
			missed++
		}
	}
	came := *l
	came.clock = came.clock[:1]
	for _, a := range l.alerts {
		promise := y.c.SLA[l.came].FirstAnswer
		if a.Aim == tickets.Resolution {
			promise = y.c.SLA[l.came].Resolution
		}
		if a.Stage == tickets.Warning {
			promise = promise * 3 / 4
		}
		if want := y.slowDue(&came, promise, l.minute); !a.At.Equal(want) {
			y.Fatalf("ticket %d: %s of %s at %s, slowly counted %s", l.Number, a.Stage, a.Aim, a.At, want)
		}
		checked++
	}
	return checked, missed
}

// spread tells how evenly the work went: the Gini coefficient of each
// technician's assigned weight for each place of her capacity and day at work,
// and the largest in parts of the mean.
func (y *year) spread() (gini, most float64) {
	var shares []float64
	sum := 0.0
	for _, w := range y.staff {
		share := w.weight / float64(w.Capacity*w.days)
		y.Logf("%-7s capacity %d, %d days at work, weight %.0f: %.3f a day and place", w.ID, w.Capacity, w.days, w.weight, share)
		shares = append(shares, share)
		sum += share
	}
	slices.Sort(shares)
	n := float64(len(shares))
	for i, s := range shares {
		gini += (2*float64(i+1) - n - 1) * s
	}
	return gini / (n * sum), shares[len(shares)-1] * n / sum
}
