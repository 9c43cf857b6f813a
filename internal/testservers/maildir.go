package testservers

import (
	"cmp"
	"crypto/rand"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
)

// A carrier puts mails into Maildirs, in an order that readers see.
type carrier struct {
	owner *syscall.Credential // nil, or whose the files become

	mu   sync.Mutex
	last int64 // microseconds in the name of the last mail
}

// deliver puts a mail into new/ so that a reader sees all of it or nothing:
// written and synced in tmp/, then renamed (https://cr.yp.to/proto/maildir.html).
func (c *carrier) deliver(dir string, raw []byte) (err error) {
	unique := rand.Text()
	tmp := filepath.Join(dir, "tmp", unique)
	f, err := os.OpenFile(tmp, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return fmt.Errorf("deliver: %w", err)
	}
	defer func() {
		if err != nil {
			err = errors.Join(fmt.Errorf("deliver: %w", err), os.Remove(tmp))
		}
	}()
	_, err = f.Write(raw)
	if err = errors.Join(err, f.Sync(), f.Close()); err != nil {
		return err
	}
	if c.owner != nil {
		if err := os.Chown(tmp, int(c.owner.Uid), int(c.owner.Gid)); err != nil {
			return err
		}
	}
	info, err := os.Stat(tmp)
	if err != nil {
		return err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	// Dovecot numbers new mails by the time in their names. File systems' clocks
	// tick slower than mails come, so a time that is taken moves on.
	c.last = max(info.ModTime().UnixMicro(), c.last+1)
	name := fmt.Sprintf("%d.M%06dP%s.testservers", c.last/1e6, c.last%1e6, unique)
	return os.Rename(tmp, filepath.Join(dir, "new", name))
}

// readMaildir gives the mails in new/ and cur/ in the order of their names'
// times. Where there is no such folder there are no mails. A mail that the
// server renames meanwhile counts once.
func readMaildir(dir string) ([][]byte, error) {
	for {
		mails, err := readMaildirOnce(dir)
		if !errors.Is(err, os.ErrNotExist) {
			return mails, err
		}
		// Between the listing and the reading its flags changed, or it went elsewhere.
	}
}

func readMaildirOnce(dir string) ([][]byte, error) {
	paths := make(map[string]string)             // by what a name keeps when its flags change
	for _, sub := range []string{"new", "cur"} { // in the order in which mails move
		entries, err := os.ReadDir(filepath.Join(dir, sub))
		if err != nil && !errors.Is(err, os.ErrNotExist) {
			return nil, err
		}
		for _, e := range entries {
			unique, _, _ := strings.Cut(e.Name(), ":")
			paths[unique] = filepath.Join(dir, sub, e.Name())
		}
	}
	sorted := slices.SortedFunc(maps.Values(paths), func(a, b string) int {
		secA, microA := maildirTime(a)
		secB, microB := maildirTime(b)
		return cmp.Or(cmp.Compare(secA, secB), cmp.Compare(microA, microB), cmp.Compare(a, b))
	})
	var mails [][]byte
	for _, path := range sorted {
		raw, err := os.ReadFile(path)
		if err != nil {
			return nil, err
		}
		mails = append(mails, raw)
	}
	return mails, nil
}

// maildirTime reads the time in a mail's name: 1763894400.M123456P….
// Zero where a name has none.
func maildirTime(path string) (sec, micro int64) {
	secs, rest, _ := strings.Cut(filepath.Base(path), ".")
	sec, _ = strconv.ParseInt(secs, 10, 64)
	if _, rest, ok := strings.Cut(rest, "M"); ok {
		end := strings.IndexFunc(rest, func(r rune) bool { return r < '0' || r > '9' })
		if end < 0 {
			end = len(rest)
		}
		micro, _ = strconv.ParseInt(rest[:end], 10, 64)
	}
	return sec, micro
}
