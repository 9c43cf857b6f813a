package main

import (
	"errors"
	"fmt"
	"log/slog"
	"os"
	"os/signal"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/spf13/cobra"

	"respon/cmd/internal/gateway"
)

func serveCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "serve",
		Short: "Run the gateway",
		Long: `Run the gateway until SIGTERM or SIGINT, which let it finish what it has in hand.
SIGHUP reads the configuration's catalogue again: entities, categories, technicians,
targets, limits and templates. A file with mistakes is refused, and the old catalogue stays.`,
		Args: cobra.NoArgs,
	}
	path := configFlag(cmd)
	only := cmd.Flags().StringSlice("only", nil, "parts to run, from "+strings.Join(gateway.Parts, ","))
	cmd.RunE = func(cmd *cobra.Command, _ []string) (err error) {
		for _, part := range *only {
			if !slices.Contains(gateway.Parts, part) {
				return fmt.Errorf("--only: there is no part %q; the parts are %s", part, strings.Join(gateway.Parts, ", "))
			}
		}
		cfg, err := load(cmd, *path)
		if err != nil {
			return err
		}
		ctx, stop := signal.NotifyContext(cmd.Context(), syscall.SIGTERM, syscall.SIGINT)
		defer stop()
		log := slog.New(slog.NewTextHandler(os.Stderr, nil))
		g, err := gateway.New(ctx, cfg, gateway.Options{Only: *only, Log: log, Now: time.Now})
		if err != nil {
			return err
		}
		defer func() { err = errors.Join(err, g.Close()) }()
		hangup := make(chan os.Signal, 1)
		signal.Notify(hangup, syscall.SIGHUP)
		defer signal.Stop(hangup)
		go func() {
			for {
				select {
				case <-ctx.Done():
					return
				case <-hangup:
					reload(cmd, *path, g, log)
				}
			}
		}()
		log.Info("respon runs", "address", cfg.Gateway.Address, "database", cfg.Database.String())
		err = g.Run(ctx)
		log.Info("respon stops")
		return err
	}
	return cmd
}

func reload(cmd *cobra.Command, path string, g *gateway.Gateway, log *slog.Logger) {
	cfg, err := load(cmd, path)
	if err == nil {
		err = g.Reload(cfg)
	}
	if err != nil {
		log.Error("the configuration was not reloaded, the old catalogue stays", "err", err)
		return
	}
	log.Info("catalogue reloaded")
}
