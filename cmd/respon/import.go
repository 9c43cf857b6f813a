package main

import (
	"errors"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"os"
	"os/signal"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/spf13/cobra"

	"respon/cmd/internal/gateway"
	"respon/ingest/mailbox"
)

func importCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "import PATH...",
		Short: "Take mails from mbox files, Maildirs or .eml files",
		Long: `Take mails from mbox files, Maildirs, .eml files, and folders of these, through the same
intake as those of the mailbox. A ticket gets the time at which its mail came: that of
the "From …" line before it in an mbox file, of the name in a Maildir, of the file for an
.eml. Its Date is not asked: it says what the sender wanted. A program that writes the time of
the export there, or a copy without cp -p, makes old tickets of today. It is safe to run twice:
a mail that was taken before, from anywhere, is a duplicate. Letters are sent when the gateway
runs; with --no-reply none are written, to requesters and technicians alike.`,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) == 0 {
				return errors.New("import what? name a file or a folder with mails, or several; respon import --help says which kinds")
			}
			return nil
		},
	}
	path := configFlag(cmd)
	mute := cmd.Flags().Bool("no-reply", false, "write no letters to anybody")
	cmd.RunE = func(cmd *cobra.Command, args []string) (err error) {
		cfg, err := load(cmd, *path)
		if err != nil {
			return err
		}
		ctx, stop := signal.NotifyContext(cmd.Context(), syscall.SIGTERM, syscall.SIGINT)
		defer stop()
		log := slog.New(slog.NewTextHandler(cmd.ErrOrStderr(), &slog.HandlerOptions{Level: slog.LevelWarn}))
		g, err := gateway.New(ctx, cfg, gateway.Options{Only: []string{gateway.PartNone}, Log: log, Now: time.Now, Mute: *mute})
		if err != nil {
			return err
		}
		defer func() { err = errors.Join(err, g.Close()) }()
		total := 0
		for range mailbox.Files(args...) {
			total++
		}
		bar := newBar(cmd.ErrOrStderr(), total)
		r, err := g.Import(ctx, args, bar.show)
		bar.end()
		out := cmd.OutOrStdout()
		for _, fate := range slices.Sorted(maps.Keys(r.Fates)) {
			fmt.Fprintf(out, "%-12s %d\n", fate, r.Fates[fate])
		}
		for _, bad := range r.Bad {
			fmt.Fprintf(cmd.ErrOrStderr(), "respon: %s\n", printable(bad.Error()))
		}
		if err == nil && len(r.Bad) > 0 {
			err = fmt.Errorf("%d of %d could not be imported", len(r.Bad), total)
			if len(r.Bad) < total {
				err = fmt.Errorf("%w; the others were", err)
			}
		}
		return err
	}
	return cmd
}

// bar shows on a terminal how far something is; elsewhere nothing.
type bar struct {
	out   io.Writer
	total int
	shown int // per cent; -1 is nothing yet
}

func newBar(out io.Writer, total int) *bar {
	b := &bar{out: out, total: total, shown: -1}
	file, ok := out.(*os.File)
	if !ok {
		b.out = io.Discard
	} else if info, err := file.Stat(); err != nil || info.Mode()&os.ModeCharDevice == 0 {
		b.out = io.Discard
	}
	return b
}

const barWidth = 40

func (b *bar) show(done int) {
	percent := done * 100 / max(b.total, 1)
	if percent == b.shown {
		return
	}
	b.shown = percent
	full := percent * barWidth / 100
	fmt.Fprintf(b.out, "\r%s%s %3d %% of %d mails", strings.Repeat("█", full), strings.Repeat("░", barWidth-full), percent, b.total)
}

func (b *bar) end() {
	if b.shown >= 0 {
		fmt.Fprintln(b.out)
	}
}
