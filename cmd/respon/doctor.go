package main

import (
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/spf13/cobra"

	"respon/cmd/internal/config"
	"respon/cmd/internal/gateway"
)

func doctorCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "doctor",
		Short: "Say whether everything that the configuration names is there and works",
		Long: `Check the configuration, the data folder, the database, each mailbox, the relay, the
templates and the page's address: one line each, ok, warn or fail, and how to mend it. Nothing
is changed and no mail is sent. It can be run beside the gateway.`,
		Args: cobra.NoArgs,
	}
	path := configFlag(cmd)
	asJSON := cmd.Flags().Bool("json", false, "print an array of objects: state, about, detail, mend")
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		cfg, err := config.Load(*path, os.Environ()) // its warnings are among the findings
		if err != nil {
			return err
		}
		findings := gateway.Examine(cmd.Context(), cfg, time.Now)
		failed := 0
		for _, f := range findings {
			if f.State == gateway.StateFail {
				failed++
			}
		}
		out := cmd.OutOrStdout()
		if *asJSON {
			if err := printJSON(out, findings); err != nil {
				return err
			}
		} else {
			for _, f := range findings {
				fmt.Fprintf(out, "%-5s %s: %s\n", f.State, f.About, f.Detail)
				if f.Mend != "" {
					fmt.Fprintf(out, "      → %s\n", f.Mend)
				}
			}
		}
		switch failed {
		case 0:
			return nil
		case 1:
			return errors.New("one check failed; mend it before respon serve")
		}
		return fmt.Errorf("%d checks failed; mend them before respon serve", failed)
	}
	return cmd
}
