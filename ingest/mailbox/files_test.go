package mailbox

import (
	"bufio"
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// tree makes files and returns the folder they are in.
func tree(t *testing.T, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for name, content := range files {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if strings.HasSuffix(name, "/") {
			if err := os.MkdirAll(path, 0o755); err != nil {
				t.Fatal(err)
			}
			continue
		}
		if err := os.WriteFile(path, []byte(content), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// read gives what Files gives, a line for each: where, raw, or the error.
func read(dir string, paths ...string) (got []string) {
	for it, err := range Files(paths...) {
		where, _ := filepath.Rel(dir, it.Where)
		if err != nil {
			got = append(got, where+": error")
			continue
		}
		got = append(got, fmt.Sprintf("%s: %q", where, it.Raw))
	}
	return got
}

func TestFiles(t *testing.T) {
	dir := tree(t, map[string]string{
		"one.eml":                     "Subject: one\n\nFrom here on.\n",
		"crlf.eml":                    "Subject: crlf\r\n\r\nx\r\n",
		"two.mbox":                    "From ana@a.example Mon Nov 23 09:15:04 2026\nSubject: 1\n\na\n\nFrom - Tue Nov 24 10:00:00 2026\nSubject: 2\n\nb\n",
		"notes.txt":                   "no mail",
		"empty.mbox":                  "",
		"empty.eml":                   "",
		"Maildir/cur/1700000002.b:2,": "Subject: second\n\n",
		"Maildir/new/1700000001.a":    "Subject: first\n\n",
		"Maildir/new/.hidden":         "x",
		"Maildir/tmp/1700000000.x":    "half",
		"Maildir/.Sub/cur/1.c:2,S":    "Subject: in a sub-folder\n\n",
		"Maildir/.Sub/new/":           "",
	})
	want := []string{
		`Maildir/new/1700000001.a: "Subject: first\n\n"`,
		`Maildir/cur/1700000002.b:2,: "Subject: second\n\n"`,
		`Maildir/.Sub/cur/1.c:2,S: "Subject: in a sub-folder\n\n"`,
		`crlf.eml: "Subject: crlf\r\n\r\nx\r\n"`,
		`empty.eml: error`,
		`one.eml: "Subject: one\n\nFrom here on.\n"`,
		`two.mbox mail 1: "Subject: 1\n\na\n"`,
		`two.mbox mail 2: "Subject: 2\n\nb\n"`,
	}
	if diff := cmp.Diff(want, read(dir, dir)); diff != "" {
		t.Errorf("a folder (-want +got):\n%s", diff)
	}
	got := read(dir, filepath.Join(dir, "missing"), filepath.Join(dir, "notes.txt"), os.DevNull)
	if diff := cmp.Diff([]string{"missing: error", `notes.txt: "no mail"`}, got[:2]); diff != "" || len(got) != 3 {
		t.Errorf("paths as named (-want +got):\n%s\n%q", diff, got)
	}
}

func TestFilesStopsWhenToldTo(t *testing.T) {
	dir := tree(t, map[string]string{
		"a.mbox":    "From x Mon Nov 23 09:15:04 2026\nS: 1\n\na\n\nFrom x Mon Nov 23 09:15:04 2026\nS: 2\n\nb\n",
		"m/cur/1.a": "x", "m/new/2.b": "y", "z.eml": "z",
	})
	all := len(read(dir, dir, dir))
	if all != 10 {
		t.Fatalf("%d mails, want 10", all)
	}
	for stop := 1; stop <= all; stop++ {
		n := 0
		for range Files(dir, dir) {
			if n++; n == stop {
				break // a yield after this would panic
			}
		}
		if n != stop {
			t.Errorf("%d mails before the break, want %d", n, stop)
		}
	}
}

func TestFilesTimes(t *testing.T) {
	dir := tree(t, map[string]string{
		"m/cur/1700000002.b:2,": "x", "m/new/noname": "y", "a.eml": "z",
		"b.mbox": "From a@b.example Mon Nov 23 09:15:04 2026\nS: x\n\n\nFrom a@b.example Mon Nov 23 09:15:04 2026 +0100\nS: x\n\n",
	})
	changed := time.Date(2025, 3, 1, 12, 0, 0, 0, time.UTC)
	for _, name := range []string{"m/new/noname", "a.eml"} {
		if err := os.Chtimes(filepath.Join(dir, name), changed, changed); err != nil {
			t.Fatal(err)
		}
	}
	var got []time.Time
	for it, err := range Files(dir) {
		if err != nil {
			t.Fatal(err)
		}
		if it.Mailbox != "import" || it.UID != 0 || it.UIDValidity != 0 {
			t.Errorf("%s: mailbox %q, uid %d of %d", it.Where, it.Mailbox, it.UID, it.UIDValidity)
		}
		got = append(got, it.Received.UTC())
	}
	want := []time.Time{
		changed,
		time.Date(2026, 11, 23, 9, 15, 4, 0, time.UTC),
		time.Date(2026, 11, 23, 8, 15, 4, 0, time.UTC),
		changed, time.Unix(1700000002, 0).UTC(),
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("times (-want +got):\n%s", diff)
	}
}

// readMbox gives the mails of an mbox, a header with … for those that are too big.
func readMbox(text string, limit int) (mails []string, sizes []int64) {
	mbox(bufio.NewReaderSize(strings.NewReader(text), 64), "x", limit, func(it Item, err error) bool {
		if err != nil {
			mails = append(mails, err.Error())
			return true
		}
		raw := string(it.Raw)
		if it.TooBig {
			raw += "…"
		}
		mails, sizes = append(mails, raw), append(sizes, it.Size)
		return true
	})
	return mails, sizes
}

func TestMbox(t *testing.T) {
	const from = "From ana@a.example Mon Nov 23 09:15:04 2026\n"
	long := strings.Repeat("x", 200)
	for _, tt := range []struct {
		name, text string
		want       []string
	}{
		{"one", from + "S: 1\n\nbody\n\n", []string{"S: 1\n\nbody\n"}},
		{"no end of line at the end", from + "S: 1\n\nbody", []string{"S: 1\n\nbody"}},
		{"CRLF", "From x Mon Nov 23 09:15:04 2026\r\nS: 1\r\n\r\na\r\n\r\n" + from + "S: 2\n\n", []string{"S: 1\r\n\r\na\r\n", "S: 2\n"}},
		{"separator alone", from, []string{""}},
		{"quoted", from + "S: 1\n\n>From here\n>>From there\n> From\n\n", []string{"S: 1\n\nFrom here\n>From there\n> From\n"}},
		{"a sentence that nobody quoted", from + "S: 1\n\na\n\nFrom now on we pay.\n\n", []string{"S: 1\n\na\n\nFrom now on we pay.\n"}},
		{"a sentence with a time and no year", from + "S: 1\n\n\nFrom 10:30 on\n", []string{"S: 1\n\n\nFrom 10:30 on\n"}},
		{"no empty line before a date", from + "S: 1\n\na\n" + from + "b\n", []string{"S: 1\n\na\n" + from + "b\n"}},
		{"Thunderbird", "From - Mon Nov 23 09:15:04 2026\nS: 1\n\n\nFrom - Mon Nov 23 09:15:04 2026\nS: 2\n\n", []string{"S: 1\n\n", "S: 2\n"}},
		{"Google", "From 1700@xxx Mon Nov 23 09:15:04 +0000 2026\nS: 1\n\n", []string{"S: 1\n"}},
		{"a line longer than the buffer", from + "S: 1\n\n" + long + "\n\n" + from + "S: 2\n\n", []string{"S: 1\n\n" + long + "\n", "S: 2\n"}},
		// The pieces are 64 bytes: the second begins with >From, the end of the line is a piece of its own.
		{"a long line whose piece looks quoted", from + "S: 1\n\n" + long[:64] + ">From me\n" + long[:64] + "\n" + from, []string{"S: 1\n\n" + long[:64] + ">From me\n" + long[:64] + "\n" + from}},
		{"too big", from + "S: 1\n\n" + strings.Repeat("line\n", 300) + "\n" + from + "S: 2\n\n", []string{"S: 1\n\n…", "S: 2\n"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got, _ := readMbox(tt.text, 1000)
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

// FuzzMbox: nothing is lost or made up. What was quoted and joined by us is read back as it was.
func FuzzMbox(f *testing.F) {
	f.Add([]byte("From a Mon Nov 23 09:15:04 2026\nS: x\n\n>From y\n"), uint16(40))
	f.Add([]byte("\n\nFrom \n>From\r\n\r"), uint16(0))
	f.Add([]byte(strings.Repeat("x", 70)+"\n\nFrom b 10:10 2026"), uint16(64))
	f.Fuzz(func(t *testing.T, text []byte, cut uint16) {
		total := 0
		mails, sizes := readMbox(string(text), 1<<20)
		for i, m := range mails {
			if total += len(m); int64(len(m)) != sizes[i] {
				t.Fatalf("size %d of a mail of %d bytes", sizes[i], len(m))
			}
		}
		if total > len(text) {
			t.Fatalf("%d bytes came out of %d", total, len(text))
		}

		at := int(cut) % (len(text) + 1)
		want := []string{string(text[:at]), string(text[at:])}
		var b bytes.Buffer
		for _, m := range want {
			b.WriteString("From x@y.example Mon Nov 23 09:15:04 2026\n" + quote(m) + "\n\n")
		}
		got, _ := readMbox(b.String(), 1<<20)
		for i := range want {
			want[i] += "\n" // without it there would be no line to end
		}
		if !slices.Equal(got, want) {
			t.Fatalf("wrote %q\nread  %q", want, got)
		}
	})
}

// quote does what a careful program does that writes an mbox.
func quote(mail string) string {
	lines := strings.SplitAfter(mail, "\n")
	for i, l := range lines {
		if strings.HasPrefix(strings.TrimLeft(l, ">"), "From ") {
			lines[i] = ">" + l
		}
	}
	return strings.Join(lines, "")
}
