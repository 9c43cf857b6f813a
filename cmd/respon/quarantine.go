package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"strconv"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"respon/cmd/internal/config"
	"respon/cmd/internal/gateway"
	"respon/ingest"
	"respon/tickets/store"
)

func quarantineCommand() *cobra.Command {
	cmd := &cobra.Command{Use: "quarantine", Short: "Mails that could not be processed"}
	cmd.AddCommand(quarantineList(), quarantineShow(), quarantineRetry(), quarantineDrop())
	return cmd
}

func quarantineList() *cobra.Command {
	cmd := &cobra.Command{Use: "list", Short: "The mails in quarantine, with the cause", Args: cobra.NoArgs}
	path, asJSON := configFlag(cmd), cmd.Flags().Bool("json", false, "print JSON")
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		return view(cmd, *path, func(ctx context.Context, cfg *config.Config, tx *store.Tx) error {
			list, err := tx.QuarantineList(ctx)
			if err != nil {
				return err
			}
			if *asJSON {
				return printJSON(cmd.OutOrStdout(), list)
			}
			w := tabwriter.NewWriter(cmd.OutOrStdout(), 0, 0, 2, ' ', 0)
			for _, q := range list {
				fmt.Fprintf(w, "%d\t%s\t%s\t%s\t%s\t%d bytes\t%s\n", q.ID, q.ReceivedAt.In(cfg.Gateway.Location).Format(moment), q.Mailbox,
					printable(q.From), printable(q.Subject), q.Size, printable(q.Cause))
			}
			return w.Flush()
		})
	}
	return cmd
}

func quarantineShow() *cobra.Command {
	cmd := &cobra.Command{
		Use: "show ID", Short: "One mail in quarantine: its header and its text",
		Long: `Show the header and the text of one mail in quarantine. Nothing in it can steer the
terminal. With -o its bytes are written to a file, as they came: whoever opens that
opens what somebody sent.`,
		Args: cobra.ExactArgs(1),
	}
	path := configFlag(cmd)
	out := cmd.Flags().StringP("output", "o", "", "write the mail's bytes to this file, which must not exist")
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		ids, err := quarantineIDs(args)
		if err != nil {
			return err
		}
		var raw []byte
		err = view(cmd, *path, func(ctx context.Context, _ *config.Config, tx *store.Tx) error {
			q, err := tx.Quarantined(ctx, ids[0])
			if err != nil {
				return notInQuarantine(ids[0], err)
			}
			raw, err = tx.Raw(ctx, q.RawSHA)
			return err
		})
		if err != nil {
			return err
		}
		if *out != "" {
			return writeNew(*out, raw)
		}
		_, err = fmt.Fprintln(cmd.OutOrStdout(), printable(legible(raw)))
		return err
	}
	return cmd
}

func quarantineIDs(args []string) ([]int64, error) {
	ids := make([]int64, len(args))
	for i, arg := range args {
		id, err := strconv.ParseInt(arg, 10, 64)
		if err != nil {
			return nil, fmt.Errorf("%q is no id; respon quarantine list shows them in its first column", arg)
		}
		ids[i] = id
	}
	return ids, nil
}

// notInQuarantine says so, if that is the error.
func notInQuarantine(id int64, err error) error {
	if errors.Is(err, store.ErrNotFound) {
		return fmt.Errorf("there is no mail %d in quarantine; respon quarantine list shows which are", id)
	}
	return err
}

func quarantineRetry() *cobra.Command {
	cmd := &cobra.Command{
		Use: "retry ID...", Short: "Put mails in quarantine through the intake once more",
		Long: `Put mails in quarantine through the intake once more, each with the time at which
it came, and say what became of each. One that still cannot be taken stays in quarantine
under a new id. Letters are sent when the gateway runs.`,
		Args: someIDs("respon quarantine list"),
	}
	path := configFlag(cmd)
	cmd.RunE = func(cmd *cobra.Command, args []string) (err error) {
		ids, err := quarantineIDs(args)
		if err != nil {
			return err
		}
		cfg, err := load(cmd, *path)
		if err != nil {
			return err
		}
		log := slog.New(slog.NewTextHandler(cmd.ErrOrStderr(), &slog.HandlerOptions{Level: slog.LevelWarn}))
		g, err := gateway.New(cmd.Context(), cfg, gateway.Options{Only: []string{gateway.PartNone}, Log: log, Now: time.Now})
		if err != nil {
			return err
		}
		defer func() { err = errors.Join(err, g.Close()) }()
		for _, id := range ids {
			fate, err := g.Retake(cmd.Context(), id)
			if err != nil {
				return notInQuarantine(id, err)
			}
			fmt.Fprintf(cmd.OutOrStdout(), "%d %s\n", id, fate)
		}
		return nil
	}
	return cmd
}

func quarantineDrop() *cobra.Command {
	cmd := &cobra.Command{
		Use: "drop ID...", Short: "Give up on mails in quarantine",
		Long: `Give up on mails in quarantine: all named or none. A copy of one that comes again is a duplicate.
What lies in the mailbox's own quarantine folder stays there.`,
		Args: someIDs("respon quarantine list"),
	}
	path := configFlag(cmd)
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		ids, err := quarantineIDs(args)
		if err != nil {
			return err
		}
		err = change(cmd, *path, func(ctx context.Context, _ *config.Config, tx *store.Tx) error {
			for _, id := range ids {
				if err := tx.DropQuarantined(ctx, id); err != nil {
					return notInQuarantine(id, err)
				}
			}
			return nil
		})
		if err != nil {
			return err
		}
		for _, id := range ids {
			fmt.Fprintf(cmd.OutOrStdout(), "%d is dropped\n", id)
		}
		return nil
	}
	return cmd
}

// legible is a mail's header as it stands, and the text that the parser finds;
// all of it, where it finds none.
func legible(raw []byte) string {
	text := strings.ToValidUTF8(strings.NewReplacer("\r\n", "\n", "\r", "\n").Replace(string(raw)), "\uFFFD")
	header, _, found := strings.Cut(text, "\n\n")
	m, err := ingest.NewParser(ingest.Options{}).Parse(raw)
	if !found || err != nil || m.Text == "" {
		return text
	}
	return header + "\n\n" + m.Text
}

// writeNew writes a file that does not exist yet.
func writeNew(path string, data []byte) error {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if errors.Is(err, fs.ErrExist) {
		return fmt.Errorf("%s exists and stays as it is; choose another name", path)
	}
	if err != nil {
		return err
	}
	_, err = f.Write(data)
	return errors.Join(err, f.Close())
}
