// Package gateway puts the parts together and runs them: the mailboxes that
// take mails in, the sender that sends them out, the pages. Serve, the demo and
// the end-to-end tests all use it.
//
// Each part runs until the context ends; then it finishes what it has in hand.
// The parts know each other only through the database, so that any of them may
// run in a process of its own.
package gateway

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"respon/cmd/internal/config"
	"respon/ingest"
	"respon/ingest/mailbox"
	"respon/mailer"
	"respon/templates"
	"respon/tickets"
	"respon/tickets/desk"
	"respon/tickets/store"
	"respon/tickets/token"
	"respon/web"
)

// The parts that --only chooses from.
const (
	PartIntake   = "intake"
	PartMailer   = "mailer"
	PartWeb      = "web"
	PartSchedule = "schedule"

	// PartNone builds what Import needs, and runs nothing.
	PartNone = "none"
)

// Parts are all of them.
var Parts = []string{PartIntake, PartMailer, PartWeb, PartSchedule}

// Options of a gateway. The zero value of each but Log and Now means the usual.
type Options struct {
	Only      []string // parts to run; empty: all
	Log       *slog.Logger
	Now       func() time.Time
	Random    io.Reader // nil: crypto/rand
	DemoUsers []web.DemoUser
	Listener  net.Listener // for the pages, instead of web.listen
	Mute      bool         // write no letters
}

// Gateway is a configured gateway.
type Gateway struct {
	cfg       *config.Config
	o         Options
	store     *store.Store
	desk      *desk.Desk
	intake    *ingest.Intake
	mailboxes []*mailbox.Mailbox
	sender    *mailer.Sender
	web       *web.Server
	catalogue atomic.Pointer[tickets.Catalogue]
	parser    atomic.Pointer[ingest.Parser]
	words     atomic.Pointer[templates.Set]
	closers   []io.Closer

	owner    string   // of leases; the same after a restart
	followed sync.Map // by the mailbox's name: whether another process reads it
}

// New opens the database, brings its schema up to date and builds the parts.
// Nothing runs yet. Close it also if Run is never called.
func New(ctx context.Context, cfg *config.Config, o Options) (_ *Gateway, err error) {
	if o.Random == nil {
		o.Random = rand.Reader
	}
	g := &Gateway{cfg: cfg, o: o}
	defer func() {
		if err != nil {
			err = errors.Join(err, g.Close())
		}
	}()
	if err := g.setCatalogue(cfg); err != nil {
		return nil, err
	}
	if err := g.open(ctx); err != nil {
		return nil, err
	}
	signer, err := token.New(cfg.Gateway.Key(), o.Random)
	if err != nil {
		return nil, fmt.Errorf("gateway.secret: %w", err)
	}
	g.desk = &desk.Desk{
		Store: g.store, Composer: mailer.NewComposer(g.words.Load, signer, g.catalogue.Load, o.Random),
		Catalogue: g.catalogue.Load, NewUID: signer.NewUID, Log: o.Log, Mute: o.Mute,
	}
	if g.runs(PartMailer) {
		if err := g.newSender(); err != nil {
			return nil, err
		}
		g.desk.Wake = g.sender.Wake
	}
	if err := g.newIntake(signer); err != nil {
		return nil, err
	}
	if g.runs(PartWeb) {
		return g, g.newWeb()
	}
	return g, nil
}

func (g *Gateway) runs(part string) bool {
	return len(g.o.Only) == 0 || slices.Contains(g.o.Only, part)
}

func (g *Gateway) setCatalogue(cfg *config.Config) error {
	c, err := Catalogue(cfg)
	if err != nil {
		return err
	}
	words, err := templates.Load(cfg.Gateway.TemplatesDir)
	if err != nil {
		return err
	}
	g.words.Store(words)
	g.parser.Store(Parser(c))
	g.catalogue.Store(c)
	return nil
}

// open makes the data folder, locks an SQLite file against a second process,
// and opens the database.
func (g *Gateway) open(ctx context.Context) (err error) {
	if err := os.MkdirAll(g.cfg.Gateway.DataDir, 0o700); err != nil {
		return fmt.Errorf("gateway.data_dir: %w", err)
	}
	if path, ok := g.cfg.Database.SQLite(); ok {
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			return fmt.Errorf("database.url: %w", err)
		}
		lock, err := lockFile(path + ".lock")
		if errors.Is(err, errLocked) {
			return fmt.Errorf("%w; stop it first, or use PostgreSQL to run several", err)
		}
		if err != nil {
			return err
		}
		g.closers = append(g.closers, lock)
	}
	if g.store, err = store.Open(ctx, string(g.cfg.Database.URL), g.o.Now); err != nil {
		return err
	}
	g.closers = append(g.closers, g.store)
	steps, err := g.store.Migrate(ctx)
	for _, s := range steps {
		g.o.Log.Info("schema migrated", "step", s.Name)
	}
	return err
}

func (g *Gateway) newSender() error {
	transport, err := newTransport(g.cfg, g.o.Now)
	if err != nil {
		return err
	}
	g.sender, err = mailer.NewSender(mailer.SenderConfig{
		Store: g.store, Transport: transport, Connections: g.cfg.SMTP.Connections, Catalogue: g.catalogue.Load,
		Now: g.o.Now, Failed: func(ctx context.Context, tx *store.Tx, p *store.Posting, failure string) error {
			return g.desk.LetterFailed(ctx, tx, p, failure)
		}, Log: g.o.Log,
	})
	return err
}

func (g *Gateway) newIntake(signer *token.Signer) error {
	g.intake = &ingest.Intake{
		Desk: g.desk, Store: g.store, Signer: signer,
		Parser: g.parser.Load, Catalogue: g.catalogue.Load, Log: g.o.Log,
	}
	if g.cfg.Intake.VerifyDKIM {
		g.intake.DKIM = &ingest.DKIM{LookupTXT: net.DefaultResolver.LookupTXT}
	}
	if !g.runs(PartIntake) {
		return nil
	}
	flight, err := g.openFlight()
	if err != nil {
		return err
	}
	g.closers = append(g.closers, flight)
	g.intake.Flight = flight
	for i := range g.cfg.Mailbox {
		m := &g.cfg.Mailbox[i]
		c := mailboxConfig(m, g.cfg)
		c.Prepare = g.intake.Prepare
		box, err := mailbox.New(c, g.intake.Take, ingest.Ledger{Desk: g.desk}, g.o.Log, g.o.Now)
		if err != nil {
			return fmt.Errorf("mailbox %s: %w", m.Name, err)
		}
		g.mailboxes = append(g.mailboxes, box)
	}
	return nil
}

// openFlight opens the notes of the mails in hand. Several processes over one
// PostgreSQL may share a data folder: each takes the first file that is free, so
// that the notes of one that died are found by the next.
func (g *Gateway) openFlight() (*ingest.Flight, error) {
	for i := 1; ; i++ {
		path := filepath.Join(g.cfg.Gateway.DataDir, fmt.Sprintf("in-hand-%d", i))
		lock, err := lockFile(path)
		if errors.Is(err, errLocked) {
			continue
		}
		if err != nil {
			return nil, err
		}
		g.closers = append(g.closers, lock)
		// A process that comes back after a crash goes on with its leases at once.
		host, err := os.Hostname()
		if err != nil {
			return nil, err
		}
		if g.owner, err = filepath.Abs(path); err != nil {
			return nil, err
		}
		g.owner = host + ":" + g.owner
		return ingest.OpenFlight(path, g.o.Log)
	}
}

func (g *Gateway) newWeb() (err error) {
	g.web, err = web.New(web.Options{
		Store: g.store, Desk: g.desk, Catalogue: g.catalogue.Load, Templates: g.words.Load,
		Random: g.o.Random, Now: g.o.Now, Log: g.o.Log,
		Listen: g.cfg.Web.Listen, Listener: g.o.Listener, Ready: g.Ready,
		Part: ingest.Part, Confirm: g.intake.ConfirmLink, Release: g.intake.ReleaseFor, Signer: g.intake.Signer, DemoUsers: g.o.DemoUsers,
	})
	return err
}

// Run works until the context ends, then lets each part finish what it has in
// hand. It returns the first error of a part that could not go on, or nil.
func (g *Gateway) Run(ctx context.Context) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	if g.runs(PartIntake) {
		if err := g.intake.Recover(ctx, g.o.Now()); err != nil {
			return err
		}
	}
	var wg sync.WaitGroup
	start := func(name string, run func(context.Context) error) {
		wg.Go(func() {
			if err := run(ctx); err != nil && ctx.Err() == nil {
				cancel(fmt.Errorf("%s: %w", name, err))
			}
		})
	}
	if g.sender != nil {
		start("sender", g.sender.Run)
	}
	if g.web != nil {
		start("web", g.web.Run)
	}
	if g.runs(PartSchedule) {
		g.catchUp(ctx)
		start("schedule", g.schedule)
	}
	for i, box := range g.mailboxes {
		if _, alone := g.cfg.Database.SQLite(); alone {
			start("mailbox", box.Run)
		} else {
			start("mailbox", func(ctx context.Context) error { return g.lead(ctx, box, g.cfg.Mailbox[i].Name) })
		}
	}
	<-ctx.Done()
	wg.Wait()
	if cause := context.Cause(ctx); !errors.Is(cause, context.Canceled) {
		return cause
	}
	return nil
}

// Reload takes over the catalogue of a new configuration (entities, categories,
// technicians, targets, limits) and the operator's own words. All else needs a
// restart. If anything of it is wrong, the old ones stay.
func (g *Gateway) Reload(cfg *config.Config) error { return g.setCatalogue(cfg) }

// Ready gives the reasons why the gateway cannot do its work at the moment.
func (g *Gateway) Ready(ctx context.Context) (reasons []error) {
	if err := g.store.Ping(ctx); err != nil {
		reasons = append(reasons, fmt.Errorf("database: %w", err))
	}
	for i, box := range g.mailboxes {
		if g.follows(g.cfg.Mailbox[i].Name) {
			continue
		}
		if err := box.Health(); err != nil {
			reasons = append(reasons, fmt.Errorf("mailbox %s: %w", g.cfg.Mailbox[i].Name, err))
		}
	}
	if g.sender != nil {
		if err := g.sender.Health(); err != nil {
			reasons = append(reasons, fmt.Errorf("smtp: %w", err))
		}
	}
	return reasons
}

// Store is the gateway's database, for those who look at it.
func (g *Gateway) Store() *store.Store { return g.store }

// Close closes what New opened, last first.
func (g *Gateway) Close() error {
	var errs []error
	for _, c := range slices.Backward(g.closers) {
		errs = append(errs, c.Close())
	}
	g.closers = nil
	return errors.Join(errs...)
}
