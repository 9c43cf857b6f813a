package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"strconv"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"respon/cmd/internal/config"
	"respon/ingest"
	"respon/tickets/store"
)

func quarantineCommand() *cobra.Command {
	cmd := &cobra.Command{Use: "quarantine", Short: "Mails that could not be processed"}
	cmd.AddCommand(quarantineList(), quarantineShow())
	return cmd
}

func quarantineList() *cobra.Command {
	cmd := &cobra.Command{Use: "list", Short: "The mails in quarantine, with the cause", Args: cobra.NoArgs}
	path, asJSON := configFlag(cmd), cmd.Flags().Bool("json", false, "print JSON")
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		return view(cmd, *path, func(ctx context.Context, _ *config.Config, tx *store.Tx) error {
			list, err := tx.QuarantineList(ctx)
			if err != nil {
				return err
			}
			if *asJSON {
				return printJSON(cmd.OutOrStdout(), list)
			}
			w := tabwriter.NewWriter(cmd.OutOrStdout(), 0, 0, 2, ' ', 0)
			for _, q := range list {
				fmt.Fprintf(w, "%d\t%s\t%s\t%s\t%s\t%d bytes\t%s\n", q.ID, q.ReceivedAt.Format(moment), q.Mailbox,
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
		id, err := strconv.ParseInt(args[0], 10, 64)
		if err != nil {
			return fmt.Errorf("%q is no id; respon quarantine list shows them in its first column", args[0])
		}
		var raw []byte
		err = view(cmd, *path, func(ctx context.Context, _ *config.Config, tx *store.Tx) error {
			list, err := tx.QuarantineList(ctx)
			if err != nil {
				return err
			}
			i := slices.IndexFunc(list, func(q store.Quarantined) bool { return q.ID == id })
			if i < 0 {
				return fmt.Errorf("there is no mail %d in quarantine; respon quarantine list shows which are", id)
			}
			raw, err = tx.Raw(ctx, list[i].RawSHA)
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
