package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
	"time"
	"unicode"

	"github.com/spf13/cobra"

	"respon/cmd/internal/config"
	"respon/tickets"
	"respon/tickets/store"
)

func ticketsCommand() *cobra.Command {
	cmd := &cobra.Command{Use: "tickets", Short: "Read tickets"}
	cmd.AddCommand(ticketsList(), ticketsShow())
	return cmd
}

func ticketsList() *cobra.Command {
	cmd := &cobra.Command{Use: "list", Short: "Tickets, newest first: all, or those that match every flag", Args: cobra.NoArgs}
	path, asJSON := configFlag(cmd), cmd.Flags().Bool("json", false, "print JSON")
	var f store.Filter
	states := cmd.Flags().StringSlice("status", nil, "in one of these states: new, open, waiting, resolved, closed")
	cmd.Flags().StringVar(&f.Technician, "technician", "", "of the technician with this id")
	cmd.Flags().StringVar(&f.Category, "category", "", "of the category with this id")
	cmd.Flags().StringVar(&f.Entity, "entity", "", "of the entity with this name")
	cmd.Flags().StringVar(&f.Address, "address", "", "in which the person with this address takes part")
	cmd.Flags().StringVar(&f.Query, "search", "", "whose messages have all these words")
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		for _, s := range *states {
			if !tickets.Status(s).Valid() {
				return fmt.Errorf("--status: %q is no state; one of new, open, waiting, resolved, closed is", s)
			}
			f.Statuses = append(f.Statuses, tickets.Status(s))
		}
		return view(cmd, *path, func(ctx context.Context, cfg *config.Config, tx *store.Tx) error {
			list, err := tx.List(ctx, f)
			if err != nil {
				return err
			}
			out := cmd.OutOrStdout()
			if *asJSON {
				documents := []tickets.Document{}
				for _, t := range list {
					documents = append(documents, t.Document(cfg.Gateway.Prefix))
				}
				return printJSON(out, documents)
			}
			w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
			for _, t := range list {
				fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\t%s\n", t.Number.Format(cfg.Gateway.Prefix), t.Priority, t.Status,
					dash(t.Technician), printable(t.Requester.Address), printable(t.Subject))
			}
			return w.Flush()
		})
	}
	return cmd
}

func ticketsShow() *cobra.Command {
	cmd := &cobra.Command{Use: "show NUMBER", Short: "One ticket with its messages and events", Args: cobra.ExactArgs(1)}
	path, asJSON := configFlag(cmd), cmd.Flags().Bool("json", false, "print JSON")
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		return view(cmd, *path, func(ctx context.Context, cfg *config.Config, tx *store.Tx) error {
			n, err := tickets.ParseNumber(cfg.Gateway.Prefix, args[0])
			if err != nil {
				return err
			}
			t, err := tx.Ticket(ctx, n)
			if errors.Is(err, store.ErrNotFound) {
				return fmt.Errorf("there is no ticket %s; respon tickets list shows those that are", n.Format(cfg.Gateway.Prefix))
			} else if err != nil {
				return err
			}
			if t.Messages, err = tx.Messages(ctx, n); err != nil {
				return err
			}
			if t.Events, err = tx.Events(ctx, n); err != nil {
				return err
			}
			if *asJSON {
				return printJSON(cmd.OutOrStdout(), t.FullDocument(cfg.Gateway.Prefix))
			}
			return showTicket(cmd.OutOrStdout(), t, cfg.Gateway.Prefix, cfg.Gateway.Location)
		})
	}
	return cmd
}

// moment is how commands show a time, in the gateway's zone as mails and pages do.
const moment = "2006-01-02 15:04"

func showTicket(out io.Writer, t *tickets.Ticket, prefix string, zone *time.Location) error {
	due := func(at *time.Time) string {
		if at == nil {
			return "-"
		}
		return at.In(zone).Format(moment)
	}
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	for _, row := range [][2]string{
		{t.Number.Format(prefix), t.Subject},
		{"status", string(t.Status)}, {"type", string(t.Type)}, {"category", dash(t.Category)},
		{"priority", fmt.Sprintf("%s (impact %s, urgency %s)", t.Priority, t.Impact, t.Urgency)},
		{"requester", strings.TrimSpace(who(t.Requester.Name, t.Requester.Address) + "  " + t.Requester.Entity)},
		{"technician", dash(t.Technician)},
		{"opened", t.CreatedAt.In(zone).Format(moment)},
		{"answer due", due(t.FirstAnswerDue)}, {"solve due", due(t.ResolutionDue)},
	} {
		fmt.Fprintf(w, "%s\t%s\n", row[0], printable(row[1]))
	}
	if err := w.Flush(); err != nil {
		return err
	}
	for _, m := range t.Messages {
		fmt.Fprintf(out, "\n%s  %s %s  %s\n", m.ReceivedAt.In(zone).Format(moment), m.Direction, m.Kind, printable(who(m.Author.Name, m.Author.Address)))
		text := m.Reply
		if text == "" && m.Technician == "" { // a technician's mail may be commands above our own notice
			text = m.Text
		}
		fmt.Fprintln(out, "    "+strings.ReplaceAll(printable(text), "\n", "\n    "))
	}
	fmt.Fprintln(out)
	for _, e := range t.Events {
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\n", e.At.In(zone).Format(moment), e.Kind, e.Actor, printable(e.Detail))
	}
	return w.Flush()
}

// who is a person as mail clients write one. Our own letters have no address.
func who(name, address string) string {
	switch {
	case address == "":
		return name
	case name == "":
		return address
	}
	return name + " <" + address + ">"
}

// printable keeps a mail's words from steering the terminal, or from standing in
// another order than they have.
func printable(s string) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' && r != '\n' && r != '\t' || r >= 0x7f && r < 0xa0 || unicode.Is(unicode.Bidi_Control, r) {
			return '\uFFFD'
		}
		return r
	}, strings.TrimSpace(s))
}

func dash(s string) string {
	if s == "" {
		return "-"
	}
	return s
}
