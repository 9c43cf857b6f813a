package mailbox

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"iter"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"
)

// importName is Item.Mailbox of what comes from files.
const importName = "import"

// maxFile is the largest mail read from a file; of a larger one only the header is. It is above any sensible max_size,
// which is for the handler to apply.
const maxFile = 64 << 20

// Files gives the mails in mbox files, Maildirs, .eml files, and folders of these, in order. What can't be read comes as
// an error, with Where telling what; the others follow.
//
// A folder with the sub-folders cur and new is a Maildir (and so are those in it, Maildir++ or not). A file that begins
// with "From " is an mbox, any other one named is a mail. In a folder, files not named .eml or .mbox are left out.
func Files(paths ...string) iter.Seq2[Item, error] {
	return func(yield func(Item, error) bool) {
		for _, path := range paths {
			if !files(path, yield) {
				return
			}
		}
	}
}

type yielder = func(Item, error) bool

// files gives the mails of one path; false if no more are wanted.
func files(path string, yield yielder) bool {
	info, err := os.Stat(path)
	switch {
	case err != nil:
		return yield(Item{Mailbox: importName, Where: path}, err)
	case info.IsDir():
		return folderFiles(path, yield)
	case !info.Mode().IsRegular():
		return yield(Item{Mailbox: importName, Where: path}, fmt.Errorf("%s is no file of mails", path))
	}
	return file(path, yield)
}

// folderFiles gives the mails below a folder, Maildirs in it included.
func folderFiles(dir string, yield yielder) bool {
	entries, err := os.ReadDir(dir) // sorted
	if err != nil {
		return yield(Item{Mailbox: importName, Where: dir}, err)
	}
	maildir := isFolder(filepath.Join(dir, "cur")) && isFolder(filepath.Join(dir, "new"))
	if maildir && !maildirFiles(dir, yield) {
		return false
	}
	for _, e := range entries {
		path := filepath.Join(dir, e.Name())
		ext := strings.ToLower(filepath.Ext(path))
		more := true
		switch {
		case e.IsDir() && maildir && slices.Contains([]string{"cur", "new", "tmp"}, e.Name()):
		case e.IsDir(): // a link to a folder isn't followed: it may lead back
			more = folderFiles(path, yield)
		case ext == ".eml" || ext == ".mbox":
			more = files(path, yield)
		}
		if !more {
			return false
		}
	}
	return true
}

func isFolder(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.IsDir()
}

// maildirFiles gives the mails of one Maildir by the time in their names (https://cr.yp.to/proto/maildir.html).
func maildirFiles(dir string, yield yielder) bool {
	type entry struct {
		path string
		at   int64
	}
	var found []entry
	for _, sub := range []string{"cur", "new"} {
		entries, err := os.ReadDir(filepath.Join(dir, sub))
		if err != nil {
			if !yield(Item{Mailbox: importName, Where: filepath.Join(dir, sub)}, err) {
				return false
			}
			continue
		}
		for _, e := range entries {
			if !e.IsDir() && !strings.HasPrefix(e.Name(), ".") {
				found = append(found, entry{filepath.Join(dir, sub, e.Name()), maildirTime(e.Name())})
			}
		}
	}
	slices.SortFunc(found, func(a, b entry) int {
		if a.at != b.at {
			return int(min(max(a.at-b.at, -1), 1))
		}
		return strings.Compare(filepath.Base(a.path), filepath.Base(b.path))
	})
	for _, e := range found {
		if !single(e.path, time.Unix(e.at, 0), e.at == 0, yield) {
			return false
		}
	}
	return true
}

// maildirTime reads the seconds at the beginning of a name; 0 if there are none.
func maildirTime(name string) int64 {
	digits, _, _ := strings.Cut(name, ".")
	at, err := strconv.ParseInt(digits, 10, 64)
	if err != nil || at < 0 || at > 1<<40 {
		return 0
	}
	return at
}

// file gives the mails of an mbox, or the mail a file is.
func file(path string, yield yielder) bool {
	f, err := os.Open(path)
	if err != nil {
		return yield(Item{Mailbox: importName, Where: path}, err)
	}
	defer f.Close() // only read
	r := bufio.NewReaderSize(f, 64<<10)
	start, err := r.Peek(len(mboxFrom))
	if err != nil && !errors.Is(err, io.EOF) {
		return yield(Item{Mailbox: importName, Where: path}, err)
	}
	if len(start) == 0 && !strings.EqualFold(filepath.Ext(path), ".eml") {
		return true // an mbox without mails
	}
	if string(start) != mboxFrom {
		return single(path, time.Time{}, true, yield)
	}
	return mbox(r, path, maxFile, yield)
}

// single gives a file that is one mail. Without a time of its own it is as old as the file.
func single(path string, received time.Time, useFile bool, yield yielder) bool {
	it := Item{Mailbox: importName, Where: path, Received: received}
	err := func() error {
		f, err := os.Open(path)
		if err != nil {
			return err
		}
		defer f.Close() // only read
		info, err := f.Stat()
		if err != nil {
			return err
		}
		if !info.Mode().IsRegular() {
			return &fs.PathError{Op: "read mail", Path: path, Err: errors.New("not a regular file")}
		}
		if useFile {
			it.Received = info.ModTime()
		}
		if it.Raw, err = io.ReadAll(io.LimitReader(f, maxFile+1)); err != nil {
			return err
		}
		if it.Size = int64(len(it.Raw)); it.Size == 0 {
			return fmt.Errorf("%s is empty", path)
		}
		if it.Size > maxFile {
			it.Size = info.Size()
			it.TooBig, it.Raw = true, header(it.Raw)
		}
		return nil
	}()
	return yield(it, err)
}

// header is the beginning of a mail up to the empty line, at most maxHeader of it.
func header(raw []byte) []byte {
	raw = raw[:min(len(raw), maxHeader)]
	for _, end := range []string{"\r\n\r\n", "\n\n"} {
		if i := bytes.Index(raw, []byte(end)); i >= 0 {
			return bytes.Clone(raw[:i+len(end)]) // so that the rest can be freed
		}
	}
	return bytes.Clone(raw)
}
