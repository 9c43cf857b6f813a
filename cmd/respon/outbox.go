package main

import (
	"context"
	"fmt"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"respon/cmd/internal/config"
	"respon/tickets/store"
)

func outboxCommand() *cobra.Command {
	cmd := &cobra.Command{Use: "outbox", Short: "Mails that wait to be sent, or failed for good"}
	cmd.AddCommand(outboxList())
	return cmd
}

// outboxMail is a mail of the outbox as outbox list --json prints it.
type outboxMail struct {
	ID            int64      `json:"id"`
	Ticket        *string    `json:"ticket"`
	To            string     `json:"to"`
	Subject       string     `json:"subject"`
	MessageID     string     `json:"message_id"`
	State         string     `json:"state"`
	Attempts      int        `json:"attempts"`
	NextAttemptAt *time.Time `json:"next_attempt_at"`
	LastError     string     `json:"last_error"`
}

func outboxList() *cobra.Command {
	cmd := &cobra.Command{Use: "list", Short: "What waits and what failed; with --all what was sent, too", Args: cobra.NoArgs}
	path, asJSON := configFlag(cmd), cmd.Flags().Bool("json", false, "print JSON")
	all := cmd.Flags().Bool("all", false, "sent mails too")
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		return view(cmd, *path, func(ctx context.Context, cfg *config.Config, tx *store.Tx) error {
			list, err := tx.Outbox(ctx, *all)
			if err != nil {
				return err
			}
			mails := []outboxMail{}
			for _, p := range list {
				mails = append(mails, toOutboxMail(&p, cfg.Gateway.Prefix))
			}
			if *asJSON {
				return printJSON(cmd.OutOrStdout(), mails)
			}
			w := tabwriter.NewWriter(cmd.OutOrStdout(), 0, 0, 2, ' ', 0)
			for _, m := range mails {
				fmt.Fprintf(w, "%d\t%s\t%s\t%d attempts\t%s\t%s\n", m.ID, m.State, m.To, m.Attempts, printable(m.Subject), printable(m.LastError))
			}
			return w.Flush()
		})
	}
	return cmd
}

func toOutboxMail(p *store.Posting, prefix string) outboxMail {
	m := outboxMail{
		ID: p.ID, To: p.Recipient, Subject: p.Subject, MessageID: p.MessageID, State: p.State,
		Attempts: p.Attempts, LastError: p.Error,
	}
	if p.Ticket != 0 {
		number := p.Ticket.Format(prefix)
		m.Ticket = &number
	}
	if p.State == "waiting" {
		m.NextAttemptAt = &p.NextAt
	}
	return m
}
