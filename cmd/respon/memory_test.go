package main

import (
	"bytes"
	"encoding/base64"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// A mail of 50 MB, nearly all of it an attachment, costs less than 250 MB.
func TestParseMemory(t *testing.T) {
	if testing.Short() {
		t.Skip("builds the binary")
	}
	dir := t.TempDir()
	binary, mail := filepath.Join(dir, "respon"), filepath.Join(dir, "large.eml")
	if out, err := exec.Command("go", "build", "-o", binary, ".").CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	var raw bytes.Buffer
	raw.WriteString("From: maria@alfafar.example\r\nSubject: Planos\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n" +
		"--b\r\n\r\nAdjunto los planos.\r\n--b\r\nContent-Type: application/zip; name=planos.zip\r\nContent-Transfer-Encoding: base64\r\n\r\n")
	row := base64.StdEncoding.EncodeToString([]byte(strings.Repeat("plano", 12)[:57])) + "\r\n"
	raw.WriteString(strings.Repeat(row, 50<<20/len(row)))
	raw.WriteString("--b--\r\n")
	if err := os.WriteFile(mail, raw.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	for name, stdin := range map[string]bool{"file": false, "standard input": true} {
		cmd := exec.Command(binary, "parse", mail)
		if stdin {
			cmd = exec.Command(binary, "parse", "-")
			cmd.Stdin = bytes.NewReader(raw.Bytes())
		}
		out, err := cmd.Output()
		if err != nil || !bytes.Contains(out, []byte(`"planos.zip"`)) {
			t.Fatalf("%s: %v\n%s", name, err, out)
		}
		usage, ok := cmd.ProcessState.SysUsage().(*syscall.Rusage)
		if !ok {
			t.Skip("this system does not say how much memory a process took")
		}
		megabytes := usage.Maxrss >> 10
		t.Logf("%s: %d MB, %s", name, megabytes, cmd.ProcessState.UserTime())
		if megabytes > 250 {
			t.Errorf("%s: %d MB", name, megabytes)
		}
	}
}
