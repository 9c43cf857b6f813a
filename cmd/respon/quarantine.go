package main

import (
	"context"
	"fmt"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"respon/cmd/internal/config"
	"respon/tickets/store"
)

func quarantineCommand() *cobra.Command {
	cmd := &cobra.Command{Use: "quarantine", Short: "Mails that could not be processed"}
	cmd.AddCommand(quarantineList())
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
