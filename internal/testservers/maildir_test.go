package testservers

import (
	"os"
	"path/filepath"
	"sync"
	"testing"
)

// TestMaildirReadWhileFlagsChange: an IMAP server renames mails when it takes
// them from new/ and when their flags change; each counts once all the same.
func TestMaildirReadWhileFlagsChange(t *testing.T) {
	dir := t.TempDir()
	for _, sub := range []string{"tmp", "new", "cur"} {
		if err := os.Mkdir(filepath.Join(dir, sub), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	c := &carrier{}
	if err := c.deliver(dir, []byte("a mail")); err != nil {
		t.Fatal(err)
	}
	names, err := os.ReadDir(filepath.Join(dir, "new"))
	if err != nil {
		t.Fatal(err)
	}
	forms := []string{"new/" + names[0].Name(), "cur/" + names[0].Name() + ":2,", "cur/" + names[0].Name() + ":2,ST"}

	stop := make(chan struct{})
	var renamer sync.WaitGroup
	renamer.Go(func() {
		for from, to := 0, 1; ; from, to = to, 3-to {
			select {
			case <-stop:
				return
			default:
			}
			if err := os.Rename(filepath.Join(dir, forms[from]), filepath.Join(dir, forms[to])); err != nil {
				t.Error(err)
				return
			}
		}
	})
	for range 2000 {
		mails, err := readMaildir(dir)
		if err != nil || len(mails) != 1 {
			t.Errorf("%d mails, %v", len(mails), err)
			break
		}
	}
	close(stop)
	renamer.Wait()
}
