package gateway

import (
	"context"
	"runtime/debug"

	"github.com/robfig/cron/v3"
)

// job is a line of the schedule. Doing it twice, or in two processes, does it
// once: each job looks for what is due.
type job struct {
	name string
	spec string // of robfig/cron
	do   func(context.Context) error
}

// jobs that move tickets look often: when there is nothing to do, a look is one
// query that an index answers.
func (g *Gateway) jobs() []job {
	return []job{
		{"expire held mails", "@every 1h", g.desk.ExpireHeld},
		{"sweep sessions", "@every 6h", g.desk.SweepSessions},
		{"hand over", "@every 3s", g.desk.HandOver},
		{"watch targets", "@every 3s", g.desk.WatchTargets},
		{"remind", "@every 3s", g.desk.RemindWaiting},
		{"close", "@every 3s", g.desk.CloseResolved},
		{"digests", "* * * * *", g.desk.Digests},
		{"quarantine list", "* * * * *", g.desk.ListQuarantine},
		{"weekly report", "* * * * *", g.desk.ReportWeek},
	}
}

// do does a job now. What it cannot do is left for the next time.
func (g *Gateway) do(ctx context.Context, j job) {
	defer func() {
		if r := recover(); r != nil { // a bug here must not end the mails
			g.o.Log.Error("scheduled work panicked", "job", j.name, "err", r, "stack", string(debug.Stack()))
		}
	}()
	if err := j.do(ctx); err != nil && ctx.Err() == nil {
		g.o.Log.Warn("scheduled work is left for later", "job", j.name, "err", err)
	}
}

// catchUp does what fell due while nothing ran. It comes before the mailboxes are
// opened: the list of the morning tells what was left from before, and a mail that
// came in since is no part of it.
func (g *Gateway) catchUp(ctx context.Context) {
	for _, j := range g.jobs() {
		g.do(ctx, j)
	}
}

// schedule runs the jobs at their times until the context ends; then it waits for
// the one in hand.
func (g *Gateway) schedule(ctx context.Context) error {
	c := cron.New(cron.WithLocation(g.cfg.Gateway.Location), cron.WithChain(cron.SkipIfStillRunning(cron.DiscardLogger)))
	for _, j := range g.jobs() {
		if _, err := c.AddFunc(j.spec, func() { g.do(ctx, j) }); err != nil {
			return err
		}
	}
	c.Start()
	<-ctx.Done()
	<-c.Stop().Done()
	return nil
}
