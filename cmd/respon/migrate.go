package main

import (
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"respon/migrations"
	"respon/tickets/store"
)

func migrateCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:       "migrate [status|up]",
		Short:     "Bring the database's schema up to date, or say where it stands",
		Args:      cobra.MatchAll(cobra.MaximumNArgs(1), cobra.OnlyValidArgs),
		ValidArgs: []string{"status", "up"},
	}
	path := configFlag(cmd)
	cmd.RunE = func(cmd *cobra.Command, args []string) (err error) {
		cfg, err := load(cmd, *path)
		if err != nil {
			return err
		}
		s, err := store.Open(cmd.Context(), string(cfg.Database.URL), time.Now)
		if err != nil {
			return err
		}
		defer func() {
			if cerr := s.Close(); err == nil {
				err = cerr
			}
		}()
		var steps []migrations.Step
		if len(args) == 0 || args[0] == "up" {
			if steps, err = s.Migrate(cmd.Context()); err == nil && len(steps) == 0 {
				fmt.Fprintln(cmd.OutOrStdout(), "the schema is up to date")
			}
		} else {
			steps, err = s.MigrationStatus(cmd.Context())
		}
		for _, step := range steps {
			state := "applied"
			if len(args) > 0 && args[0] == "status" && step.AppliedAt.IsZero() {
				state = "pending"
			}
			fmt.Fprintf(cmd.OutOrStdout(), "%s  %s\n", state, step.Name)
		}
		return err
	}
	return cmd
}
