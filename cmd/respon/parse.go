package main

import (
	"fmt"
	"io"
	"os"
	"slices"

	"github.com/spf13/cobra"

	"respon/cmd/internal/gateway"
	"respon/ingest"
)

func parseCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "parse [FILE|-]",
		Short: "Print how the gateway understands a mail, as JSON",
		Long: `Print how the gateway understands a mail, as one JSON object. The mail is read from
FILE, or from standard input. Nothing is needed and nothing is stored; with -c the
categories and the ticket prefix of that configuration are known.`,
		Args: cobra.MaximumNArgs(1),
	}
	path := cmd.Flags().StringP("config", "c", "", "a configuration file, for its categories and prefix")
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		name := "-"
		if len(args) > 0 {
			name = args[0]
		}
		raw, err := readMail(cmd.InOrStdin(), name)
		if err != nil {
			return err
		}
		parser := ingest.NewParser(ingest.Options{})
		if *path != "" {
			cfg, err := load(cmd, *path)
			if err != nil {
				return err
			}
			catalogue, err := gateway.Catalogue(cfg)
			if err != nil {
				return err
			}
			parser = gateway.Parser(catalogue)
		}
		m, err := parser.Parse(slices.Clip(raw))
		if err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		return printJSON(cmd.OutOrStdout(), m)
	}
	return cmd
}

func readMail(in io.Reader, name string) ([]byte, error) {
	if name == "-" {
		return io.ReadAll(in)
	}
	return os.ReadFile(name)
}
