package main

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"respon/cmd/internal/config"
	"respon/tickets"
	"respon/tickets/store"
)

func outboxCommand() *cobra.Command {
	cmd := &cobra.Command{Use: "outbox", Short: "Mails that are waiting to be sent or have failed for good"}
	cmd.AddCommand(outboxList(), outboxRetry(), outboxDrop())
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
	cmd := &cobra.Command{Use: "list", Short: "Waiting and failed mails; with --all, sent ones too", Args: cobra.NoArgs}
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
				tries := fmt.Sprintf("%d attempts", m.Attempts)
				if m.Attempts == 1 {
					tries = "1 attempt"
				}
				next := "-"
				if m.NextAttemptAt != nil {
					next = m.NextAttemptAt.In(cfg.Gateway.Location).Format("next " + moment)
				}
				fmt.Fprintf(w, "%d\t%s\t%s\t%s\t%s\t%s\t%s\n", m.ID, m.State, printable(m.To), tries, next, printable(m.Subject), printable(m.LastError))
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

func outboxRetry() *cobra.Command {
	cmd := &cobra.Command{
		Use: "retry ID...", Short: "Send waiting or failed mails now, with a fresh set of attempts",
		Long: "Send waiting or failed mails now, with a fresh set of attempts. The gateway takes them within a second, if it runs.",
		Args: someIDs("respon outbox list"),
	}
	path := configFlag(cmd)
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		return eachLetter(cmd, *path, args, "is sent now", (*store.Tx).RetryLetter)
	}
	return cmd
}

func outboxDrop() *cobra.Command {
	cmd := &cobra.Command{
		Use: "drop ID...", Short: "Give up on waiting or failed mails",
		Long: "Give up on waiting or failed mails: they are never sent. This is recorded in their tickets.",
		Args: someIDs("respon outbox list"),
	}
	path := configFlag(cmd)
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		return eachLetter(cmd, *path, args, "is dropped", func(tx *store.Tx, ctx context.Context, id int64) error {
			p, err := tx.Posting(ctx, id)
			if err != nil {
				return err
			}
			if err := tx.DropLetter(ctx, id); err != nil || p.Ticket == 0 {
				return err
			}
			return tx.AddEvents(ctx, p.Ticket, tickets.Event{Actor: tickets.Respon, Kind: tickets.EventLetterFailed,
				Detail: "to " + p.Recipient + ": dropped by the operator", Cause: "respon outbox drop"})
		})
	}
	return cmd
}

// someIDs asks for one id at least, and says where they are.
func someIDs(list string) cobra.PositionalArgs {
	return func(_ *cobra.Command, args []string) error {
		if len(args) == 0 {
			return fmt.Errorf("which? name one id or several; %s shows them in its first column", list)
		}
		return nil
	}
}

// eachLetter does something to mails of the outbox: to all, or to none.
func eachLetter(cmd *cobra.Command, path string, args []string, done string, f func(*store.Tx, context.Context, int64) error) error {
	ids := make([]int64, len(args))
	for i, arg := range args {
		id, err := strconv.ParseInt(arg, 10, 64)
		if err != nil {
			return fmt.Errorf("%q is no id; respon outbox list shows them in its first column", arg)
		}
		ids[i] = id
	}
	err := change(cmd, path, func(ctx context.Context, _ *config.Config, tx *store.Tx) error {
		for _, id := range ids {
			if err := f(tx, ctx, id); errors.Is(err, store.ErrNotFound) {
				return fmt.Errorf("no mail %d waits or failed, so nothing was done; respon outbox list shows which do", id)
			} else if err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	for _, id := range ids {
		fmt.Fprintf(cmd.OutOrStdout(), "%d %s\n", id, done)
	}
	return nil
}
