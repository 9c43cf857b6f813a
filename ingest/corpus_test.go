package ingest

import (
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"
)

// row is one aspect in which the parser is measured against the corpus.
type row struct {
	name       string
	target     float64 // what is promised, in per cent
	have, want int
	misses     []string
}

func (r *row) percent() float64 {
	if r.want == 0 {
		return 100
	}
	return 100 * float64(r.have) / float64(r.want)
}

// add counts one thing that was asked of a mail.
func (r *row) add(ok bool, miss string) {
	r.want++
	if ok {
		r.have++
		return
	}
	r.misses = append(r.misses, miss)
}

// score is the table, a row for each aspect. The first rows are of one kind or
// another; those of bounces are apart for mails with a delivery-status part,
// which states what is right, and without, where it is known from outside.
type score struct {
	sound, reply, replyHome, words                         row
	bounce, address, status, action, reason                row
	freeAddress, freeStatus, freeReason, original          row
	robots, persons, bulk, auto, header, file, bytes, text row
	tags                                                   row
}

func newScore() *score {
	return &score{
		sound:       row{name: "an answer, UTF-8, within 10 s", target: 100},
		reply:       row{name: "reply", target: 90},
		replyHome:   row{name: "reply, Spanish and Valencian", target: 95},
		words:       row{name: "reply, words kept", target: 99},
		bounce:      row{name: "bounces recognised", target: 98},
		address:     row{name: "report: recipient", target: 99},
		status:      row{name: "report: status", target: 99},
		action:      row{name: "report: action", target: 99},
		reason:      row{name: "report: reason", target: 85},
		freeAddress: row{name: "no report: recipient", target: 85},
		freeStatus:  row{name: "no report: status", target: 90},
		freeReason:  row{name: "no report: reason", target: 80},
		original:    row{name: "bounce: original Message-ID", target: 95},
		robots:      row{name: "reports, automatic answers", target: 95},
		persons:     row{name: "persons taken for persons", target: 100},
		bulk:        row{name: "bulk, new or reply", target: 98},
		auto:        row{name: "auto_submitted", target: 98},
		header:      row{name: "header fields", target: 98},
		file:        row{name: "file names", target: 98},
		bytes:       row{name: "attachments' bytes", target: 98},
		text:        row{name: "text", target: 98},
		tags:        row{name: "tags", target: 100},
	}
}

func (s *score) rows() []*row {
	return []*row{&s.sound, &s.reply, &s.replyHome, &s.words, &s.bounce, &s.address, &s.status, &s.action, &s.reason,
		&s.freeAddress, &s.freeStatus, &s.freeReason, &s.original, &s.robots, &s.persons, &s.bulk, &s.auto, &s.header,
		&s.file, &s.bytes, &s.text, &s.tags}
}

// TestCorpus measures the parser on mails of other projects, with what is known
// of the right answers. They are not part of this repository: they lie in
// shared/corpus beside it, or where RESPON_TEST_CORPUS says.
func TestCorpus(t *testing.T) {
	folder := os.Getenv("RESPON_TEST_CORPUS")
	if folder == "" {
		folder = filepath.Join("..", "..", "shared", "corpus")
	}
	lists, err := filepath.Glob(filepath.Join(folder, "*", "expected.json"))
	if err != nil {
		t.Fatal(err)
	}
	if len(lists) == 0 {
		t.Skipf("no corpus in %s; RESPON_TEST_CORPUS names another folder", folder)
	}
	s := newScore()
	for _, list := range lists {
		for _, c := range readCases(t, list) {
			s.mail(t, c)
		}
	}
	for _, r := range s.rows() {
		t.Logf("%-32s %5d of %5d  %5.1f %%  (target %g)", r.name, r.have, r.want, r.percent(), r.target)
		if testing.Verbose() {
			for _, miss := range r.misses {
				t.Logf("    %s", miss)
			}
		}
		if r.percent() < r.target {
			t.Errorf("%s: %.2f %%, least is %g", r.name, r.percent(), r.target)
		}
	}
}

// corpusCase is one mail and what is known of the right answer to it. Where
// there are several readings, any of them is right.
type corpusCase struct {
	path   string
	File   string
	Lang   string
	Expect struct {
		Kind          []string
		NotKind       []string `json:"not_kind"`
		AutoSubmitted *bool    `json:"auto_submitted"`
		Reply         *struct {
			Equals []string
			Mode   string
		}
		Bounce      *expectedBounce
		Headers     map[string]json.RawMessage
		Attachments []expectedFile
		Text        *struct {
			Equals []string
			Words  []string `json:"html_words"`
		}
		Tags *Tags
	}
}

type expectedFile struct {
	Filenames, SHA256 []string
	Size              *int64
}

type expectedBounce struct {
	Recipients []struct {
		Addresses, Status, Reason []string
		Action                    string
	}
	Outside *struct {
		Recipients     int
		Failed, Status []string
		Reason         [][]string
	}
	OriginalMessageID []string `json:"original_message_id"`
}

func readCases(t *testing.T, list string) (cases []corpusCase) {
	t.Helper()
	content, err := os.ReadFile(list)
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(content, &cases); err != nil {
		t.Fatalf("%s: %v", list, err)
	}
	for i := range cases {
		cases[i].path = filepath.Join(filepath.Dir(list), cases[i].File)
	}
	return cases
}

// mail parses one mail and enters into the table what came of it.
func (s *score) mail(t *testing.T, c corpusCase) {
	raw, err := os.ReadFile(c.path)
	if errors.Is(err, fs.ErrNotExist) {
		t.Logf("%s is not there", c.path)
		return
	}
	if err != nil {
		t.Fatal(err)
	}
	name := filepath.Join(filepath.Base(filepath.Dir(c.path)), c.File)
	m, wrong := parseGuarded(raw)
	nothing := wrong == ErrNothing.Error() && len(c.Expect.Kind)+len(c.Expect.Headers) == 0
	s.sound.add(wrong == "" || nothing, name+": "+wrong)
	if m == nil {
		m = &Message{}
	}
	s.kinds(name, c, m)
	s.replies(name, c, m)
	if c.Expect.Bounce != nil {
		s.bounces(name, c.Expect.Bounce, m)
	}
	s.headers(t, name, c, m)
	s.files(name, c, m)
	s.texts(name, c, m)
	if want := c.Expect.Tags; want != nil {
		s.tags.add(equalTags(*want, m.Tags), name)
	}
}

// parseGuarded parses a mail; wrong tells what no mail may do to the parser.
func parseGuarded(raw []byte) (m *Message, wrong string) {
	defer func() {
		if r := recover(); r != nil {
			m, wrong = nil, "panic"
		}
	}()
	begin := time.Now()
	m, err := NewParser(Options{}).Parse(raw)
	switch {
	case err != nil:
		return nil, err.Error()
	case time.Since(begin) > 10*time.Second:
		return m, "too slow"
	}
	out, err := json.Marshal(m)
	if err != nil {
		return m, err.Error()
	}
	var back Message
	if err := json.Unmarshal(out, &back); err != nil {
		return m, err.Error()
	}
	if again, err := json.Marshal(&back); err != nil || !slices.Equal(again, out) {
		return m, "JSON that reads back as something else"
	}
	return m, invalidString(m)
}
