package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/spf13/cobra"

	"respon/cmd/internal/config"
	"respon/tickets/store"
)

// configFlag adds -c, and gives what it says.
func configFlag(cmd *cobra.Command) *string {
	return cmd.Flags().StringP("config", "c", "respon.toml", "the configuration file")
}

// load reads the configuration; warnings go to stderr.
func load(cmd *cobra.Command, path string) (*config.Config, error) {
	cfg, err := config.Load(path, os.Environ())
	if err != nil {
		return nil, err
	}
	for _, w := range cfg.Warnings {
		fmt.Fprintln(cmd.ErrOrStderr(), "respon: warning:", w)
	}
	return cfg, nil
}

// access is what a command does in the database.
type access func(ctx context.Context, cfg *config.Config, tx *store.Tx) error

// view reads from the database of a configuration.
func view(cmd *cobra.Command, path string, f access) error {
	return withStore(cmd, path, (*store.Store).View, f)
}

// change writes into it, in one short transaction: the gateway may run.
func change(cmd *cobra.Command, path string, f access) error {
	return withStore(cmd, path, (*store.Store).Tx, f)
}

func withStore(cmd *cobra.Command, path string, run func(*store.Store, context.Context, func(*store.Tx) error) error, f access) (err error) {
	cfg, err := load(cmd, path)
	if err != nil {
		return err
	}
	if file, ok := cfg.Database.SQLite(); ok {
		if _, err := os.Stat(file); err != nil {
			return fmt.Errorf("there is no database at %s yet; respon migrate or respon serve makes it", file)
		}
	}
	ctx := cmd.Context()
	s, err := store.Open(ctx, string(cfg.Database.URL), time.Now)
	if err != nil {
		return err
	}
	defer func() {
		if cerr := s.Close(); err == nil {
			err = cerr
		}
	}()
	return run(s, ctx, func(tx *store.Tx) error { return f(ctx, cfg, tx) })
}

func printJSON(w io.Writer, v any) error {
	enc := json.NewEncoder(w)
	enc.SetIndent("", "  ")
	enc.SetEscapeHTML(false)
	return enc.Encode(v)
}
