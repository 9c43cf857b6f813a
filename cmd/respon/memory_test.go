package main

import (
	"bufio"
	"bytes"
	"encoding/base64"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
)

// A mail of 50 MB, nearly all of it an attachment, costs less than 250 MB.
func TestParseMemory(t *testing.T) {
	dir := t.TempDir()
	binary, mail := filepath.Join(dir, "respon"), filepath.Join(dir, "large.eml")
	if out, err := exec.Command("go", "build", "-o", binary, ".").CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	if err := writeLarge(mail); err != nil {
		t.Fatal(err)
	}
	for name, stdin := range map[string]bool{"file": false, "standard input": true} {
		// The kernel counts what the parent had at the start of a process as the
		// process' own, so that a small one stands in between.
		cmd := exec.Command(os.Args[0], binary, "parse", mail)
		cmd.Args[0] = "measure"
		if stdin {
			cmd.Args[3] = "-"
			in, err := os.Open(mail)
			if err != nil {
				t.Fatal(err)
			}
			defer in.Close()
			cmd.Stdin = in
		}
		var used bytes.Buffer
		cmd.Stderr = &used
		out, err := cmd.Output()
		if err != nil || !bytes.Contains(out, []byte(`"planos.zip"`)) {
			t.Fatalf("%s: %v\n%s\n%s", name, err, out, used.Bytes())
		}
		kilobytes, err := strconv.Atoi(strings.TrimSpace(used.String()))
		if err != nil {
			t.Fatal(err)
		}
		t.Logf("%s: %d MB", name, kilobytes>>10)
		if kilobytes>>10 > 250 {
			t.Errorf("%s: %d MB", name, kilobytes>>10)
		}
	}
}

// writeLarge writes a mail of 50 MB.
func writeLarge(path string) (err error) {
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	w := bufio.NewWriter(f)
	fmt.Fprint(w, "From: maria@alfafar.example\r\nSubject: Planos\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n"+
		"--b\r\n\r\nAdjunto los planos.\r\n--b\r\nContent-Type: application/zip; name=planos.zip\r\nContent-Transfer-Encoding: base64\r\n\r\n")
	row := base64.StdEncoding.EncodeToString([]byte(strings.Repeat("plano", 12)[:57])) + "\r\n"
	for range 50 << 20 / len(row) {
		fmt.Fprint(w, row)
	}
	fmt.Fprint(w, "--b--\r\n")
	return w.Flush()
}

// measure runs a command and says on standard error how many kilobytes it took
// at its most.
func measure() {
	cmd := exec.Command(os.Args[1], os.Args[2:]...)
	cmd.Stdin, cmd.Stdout = os.Stdin, os.Stdout
	if err := cmd.Run(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	usage, ok := cmd.ProcessState.SysUsage().(*syscall.Rusage)
	if !ok {
		fmt.Fprintln(os.Stderr, "this system does not say how much memory a process took")
		os.Exit(1)
	}
	fmt.Fprintln(os.Stderr, usage.Maxrss)
}
