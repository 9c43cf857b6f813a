package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"
	"time"

	"github.com/spf13/cobra"

	"respon/cmd/internal/config"
	"respon/cmd/internal/gateway"
	"respon/mailer/postoffice"
	"respon/web"
)

// The people of the demo. All of it stays on loopback.
const (
	demoSupport  = "labatliarespon@dival.example"
	demoClerk    = "maria@alfafar.example"
	demoAna      = "ana@dival.example"
	demoPere     = "pere@dival.example"
	demoPassword = "demo"
)

func demoCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "demo",
		Short: "Play a short story of real mails, with everything embedded, then stay up",
		Long: `Run the whole gateway in one process, on loopback and in a temporary folder, with a mail
server of its own. A clerk reports a problem, gets a number, a technician answers from
his mail client, the clerk follows up, the ticket is resolved. Each step is printed when
it has really happened. Then everything stays up for your own mail client and browser.`,
		Args: cobra.NoArgs,
	}
	once := cmd.Flags().Bool("once", false, "exit after the story: 0 if every step happened, 1 otherwise")
	addr := cmd.Flags().String("web", "127.0.0.1:0", "where the web page listens")
	verbose := cmd.Flags().Bool("log", false, "show the gateway's log")
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		ctx, stop := signal.NotifyContext(cmd.Context(), syscall.SIGTERM, syscall.SIGINT)
		defer stop()
		log := slog.New(slog.DiscardHandler)
		if *verbose {
			log = slog.New(slog.NewTextHandler(cmd.ErrOrStderr(), nil))
		}
		return demo(ctx, cmd.OutOrStdout(), *addr, *once, log)
	}
	return cmd
}

func demo(ctx context.Context, out io.Writer, addr string, once bool, log *slog.Logger) (err error) {
	dir, err := os.MkdirTemp("", "respon-demo-")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	office, err := postoffice.Start(postoffice.Options{
		Accounts: []postoffice.Account{
			{Address: demoSupport, Password: demoPassword, Name: "Batlia Respon"},
			{Address: demoClerk, Password: demoPassword, Name: "María Peris"},
			{Address: demoAna, Password: demoPassword, Name: "Ana Soler"},
			{Address: demoPere, Password: demoPassword, Name: "Pere Gil"},
		},
		Now: time.Now, Log: log,
	})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, office.Close()) }()
	listener, err := net.Listen("tcp", addr)
	if err != nil {
		return fmt.Errorf("--web: %w", err)
	}
	page := "http://" + listener.Addr().String()
	cfg, err := demoConfig(dir, page, office)
	if err != nil {
		return err
	}
	g, err := gateway.New(ctx, cfg, gateway.Options{
		Log: log, Now: time.Now, Listener: listener,
		DemoUsers: []web.DemoUser{
			{Name: "María Peris", Address: demoClerk, Role: web.RoleRequester},
			{Name: "Ana Soler", Address: demoAna, Role: web.RoleTechnician},
		},
	})
	if err != nil {
		return errors.Join(err, listener.Close())
	}
	defer func() { err = errors.Join(err, g.Close()) }()

	running, cancel := context.WithCancel(ctx)
	ended := make(chan error, 1)
	go func() { ended <- g.Run(running) }()
	s := story{out: out, office: office, now: time.Now}
	err = s.play(running)
	if err == nil && !once {
		s.invite(page)
		select {
		case <-ctx.Done():
		case err := <-ended:
			cancel()
			return err
		}
	}
	cancel()
	return errors.Join(err, <-ended)
}

// demoConfig goes through the same file and the same checks as an operator's.
func demoConfig(dir, page string, office *postoffice.PostOffice) (*config.Config, error) {
	imapHost, imapPort, err := net.SplitHostPort(office.IMAPAddr())
	if err != nil {
		return nil, err
	}
	smtpHost, smtpPort, err := net.SplitHostPort(office.SMTPAddr())
	if err != nil {
		return nil, err
	}
	path := filepath.Join(dir, "respon.toml")
	text := fmt.Sprintf(demoTOML, page, newSecret(), imapHost, imapPort, smtpHost, smtpPort)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		return nil, err
	}
	return config.Load(path, nil)
}

const demoTOML = `
[gateway]
address  = "labatliarespon@dival.example"
name     = "Batlia Respon"
phone    = "96 388 3700"
base_url = %q
secret   = %q

[[mailbox]]
name     = "support"
host     = %q
port     = %s
security = "none"
username = "labatliarespon@dival.example"
password = "demo"

[smtp]
host     = %q
port     = %s
security = "none"

[intake]
policy = "confirm"
trusted_authserv = []

[[entity]]
name    = "Ajuntament d'Alfafar"
domains = ["alfafar.example"]
locale  = "ca"

[[category]]
id   = "contabilidad"
name = { es = "Contabilidad", ca = "Comptabilitat", en = "Accounting" }
technicians = ["ana"]

[[category]]
id   = "portales"
name = { es = "Portales", ca = "Portals", en = "Portals" }
technicians = ["pere"]

[[technician]]
id      = "ana"
name    = "Ana Soler"
email   = "ana@dival.example"
default = true

[[technician]]
id    = "pere"
name  = "Pere Gil"
email = "pere@dival.example"

[sla.P4]
first_answer = "4h"
resolution   = "16h"
`
