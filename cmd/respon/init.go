package main

import (
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"respon/cmd/internal/config"
)

func initCommand() *cobra.Command {
	var dir string
	cmd := &cobra.Command{
		Use:   "init",
		Short: "Write a commented respon.toml with a fresh secret",
		Long:  "Write a commented respon.toml with a fresh secret. A file that exists is never overwritten.",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			path, err := writeConfig(dir)
			if err != nil {
				return err
			}
			_, err = fmt.Fprintf(cmd.OutOrStdout(), `Wrote %[1]s, with a fresh secret.

What to do next:
  1. Open it and fill in the address, the mailbox, the relay and your technicians.
  2. respon doctor -c %[1]s    says whether all of it works
  3. respon serve  -c %[1]s    runs the gateway
`, path)
			return err
		},
	}
	cmd.Flags().StringVar(&dir, "dir", ".", "folder to write to; made if missing")
	return cmd
}

func writeConfig(dir string) (path string, err error) {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return "", err
	}
	path = filepath.Join(dir, "respon.toml")
	// O_EXCL: to look first and write then would overwrite what comes between.
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if errors.Is(err, fs.ErrExist) {
		return "", fmt.Errorf("%s exists and stays as it is; move it away, or choose another folder with --dir", path)
	}
	if err != nil {
		return "", err
	}
	if _, err = f.Write(config.Sample(newSecret())); err == nil {
		err = f.Sync()
	}
	return path, errors.Join(err, f.Close())
}

func newSecret() string {
	secret := make([]byte, 32)
	_, _ = rand.Read(secret) // never fails, it says
	return base64.StdEncoding.EncodeToString(secret)
}
