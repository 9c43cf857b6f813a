package mailbox

import (
	"bufio"
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"net"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
)

// fakeServer is an IMAP server that does as it is told: well by default, and badly where a script says so.
//
// A script is text. A line "> words" is a command it waits for: the words, split at "…", occur in the command in this
// order. The lines after it are what happens then instead of the usual:
//
//	< text   this line is sent; TAG stands for the command's tag
//	<- text  the same without a line end
//	!close   the connection is closed
//	!silent  nothing more is said, and what comes is read and ignored
//	!usual   the usual answer follows
//
// Each entry serves once, in order of its turn; with ">*" it serves always. "greeting" is a command too.
type fakeServer struct {
	t       testing.TB
	caps    string
	folders map[string]bool

	mu        sync.Mutex
	mails     map[uint32]string // of INBOX
	flagged   map[uint32]bool
	validity  uint32
	next      uint32
	script    []scriptEntry
	heard     []string // commands
	accepted  int      // connections
	announce  chan struct{}
	moved     map[string][]uint32
	conns     sync.WaitGroup
	bodiesOut int // bodies sent
}

type scriptEntry struct {
	words  []string
	always bool
	do     []string
}

var errHangUp = errors.New("hang up")

func newFakeServer(t testing.TB, script string) *fakeServer {
	f := &fakeServer{
		t: t, caps: "IMAP4rev1 AUTH=PLAIN SASL-IR UIDPLUS MOVE IDLE",
		folders: map[string]bool{"INBOX": true}, flagged: make(map[uint32]bool), mails: make(map[uint32]string),
		validity: 7, next: 1, announce: make(chan struct{}, 100), moved: make(map[string][]uint32),
	}
	for range 3 {
		f.add()
	}
	for line := range strings.Lines(script) {
		line = strings.TrimRight(line, "\n")
		line = strings.TrimLeft(line, "\t")
		switch {
		case line == "":
		case strings.HasPrefix(line, ">"):
			words, always := strings.CutPrefix(line[1:], "*")
			f.script = append(f.script, scriptEntry{words: strings.Split(strings.TrimSpace(words), "…"), always: always})
		default:
			e := &f.script[len(f.script)-1]
			e.do = append(e.do, line)
		}
	}
	return f
}

// add puts one more mail into INBOX.
func (f *fakeServer) add() uint32 {
	f.mu.Lock()
	defer f.mu.Unlock()
	uid := f.next
	f.next++
	f.mails[uid] = fmt.Sprintf("Subject: mail %d\r\n\r\nbody of %d\r\n", uid, uid)
	return uid
}

func (f *fakeServer) remove(uid uint32) {
	f.mu.Lock()
	defer f.mu.Unlock()
	delete(f.mails, uid)
}

func (f *fakeServer) uids() []uint32 {
	f.mu.Lock()
	defer f.mu.Unlock()
	return slices.Sorted(maps.Keys(f.mails))
}

func (f *fakeServer) said(words string) (n int) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, c := range f.heard {
		if matches(c, strings.Split(words, "…")) {
			n++
		}
	}
	return n
}

// copies are the mails that were moved or copied, by folder.
func (f *fakeServer) copies() map[string][]uint32 {
	f.mu.Lock()
	defer f.mu.Unlock()
	return maps.Clone(f.moved)
}

func (f *fakeServer) bodies() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.bodiesOut
}

func (f *fakeServer) connections() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.accepted
}

// dial is what the mailbox dials.
func (f *fakeServer) dial(context.Context) (net.Conn, error) {
	client, server := net.Pipe()
	f.mu.Lock()
	f.accepted++
	f.mu.Unlock()
	f.conns.Go(func() { f.serve(server) })
	return client, nil
}

func (f *fakeServer) serve(conn net.Conn) {
	defer conn.Close()
	r := bufio.NewReader(conn)
	s := &fakeSession{f: f, conn: conn, r: r}
	if f.turn(s, "greeting", "") != nil {
		return
	}
	for {
		line, err := r.ReadString('\n')
		if err != nil {
			return
		}
		tag, command, _ := strings.Cut(strings.TrimSpace(line), " ")
		f.mu.Lock()
		f.heard = append(f.heard, command)
		f.mu.Unlock()
		if f.turn(s, command, tag) != nil {
			return
		}
	}
}

// bare is a line without a tag, as in the middle of AUTHENTICATE.
const bare = "a bare line"

func matches(command string, words []string) bool {
	if words[0] == bare {
		return command == ""
	}
	for _, w := range words {
		_, rest, ok := strings.Cut(command, w)
		if !ok {
			return false
		}
		command = rest
	}
	return true
}

// turn answers one command, by the script if it says something on it.
func (f *fakeServer) turn(s *fakeSession, command, tag string) error {
	f.mu.Lock()
	i := slices.IndexFunc(f.script, func(e scriptEntry) bool { return matches(command, e.words) })
	var do []string
	if i >= 0 {
		do = f.script[i].do
		if !f.script[i].always {
			f.script = slices.Delete(f.script, i, i+1)
		}
	}
	f.mu.Unlock()
	if i < 0 {
		do = []string{"!usual"}
	}
	for _, line := range do {
		var err error
		switch {
		case line == "!close":
			err = errHangUp
		case line == "!silent":
			for {
				if _, err := s.r.ReadByte(); err != nil {
					return err
				}
			}
		case line == "!usual":
			err = s.usual(command, tag)
		case strings.HasPrefix(line, "<- "):
			err = s.send(strings.ReplaceAll(line[3:], "TAG", tag))
		default:
			err = s.send(strings.ReplaceAll(strings.TrimPrefix(line, "< "), "TAG", tag) + "\r\n")
		}
		if err != nil {
			return err
		}
	}
	return nil
}

type fakeSession struct {
	f    *fakeServer
	conn net.Conn
	r    *bufio.Reader
}

func (s *fakeSession) send(text string) error {
	_, err := s.conn.Write([]byte(text))
	return err
}

// usual is what a decent server answers.
func (s *fakeSession) usual(command, tag string) error {
	f := s.f
	word, args, _ := strings.Cut(command, " ")
	if word == "UID" {
		word, args, _ = strings.Cut(args, " ")
		word = "UID " + word
	}
	answer := ""
	switch word {
	case "greeting":
		return s.send("* OK ready\r\n")
	case "CAPABILITY":
		answer = "* CAPABILITY " + f.caps + "\r\n"
	case "AUTHENTICATE", "LOGIN", "SUBSCRIBE", "NOOP":
	case "LOGOUT":
		answer = "* BYE\r\n"
	case "SELECT", "EXAMINE":
		f.mu.Lock()
		answer = fmt.Sprintf("* %d EXISTS\r\n* OK [UIDVALIDITY %d] v\r\n* OK [UIDNEXT %d] n\r\n", len(f.mails), f.validity, f.next)
		f.mu.Unlock()
	case "LIST":
		name := strings.Trim(args[strings.LastIndex(args, " ")+1:], `"`)
		f.mu.Lock()
		if f.folders[name] {
			answer = "* LIST () \"/\" " + name + "\r\n"
		}
		f.mu.Unlock()
	case "CREATE":
		f.mu.Lock()
		f.folders[strings.Trim(args, `"`)] = true
		f.mu.Unlock()
	case "IDLE":
		return s.idle(tag)
	default:
		answer = s.mailCommand(word, args)
	}
	return s.send(answer + tag + " OK done\r\n")
}

// mailCommand answers what concerns mails.
func (s *fakeSession) mailCommand(word, args string) (answer string) {
	f := s.f
	f.mu.Lock()
	defer f.mu.Unlock()
	all := slices.Sorted(maps.Keys(f.mails))
	if word == "UID SEARCH" {
		low := uint64(0)
		if _, from, ok := strings.Cut(args, "UID "); ok {
			low, _ = strconv.ParseUint(strings.TrimSuffix(from, ":*"), 10, 32)
		}
		for i, uid := range all {
			last := i == len(all)-1 && low > 0 // "n:*" always names the last
			if (uint64(uid) >= low || last) && (args != "DELETED" || f.flagged[uid]) {
				answer += " " + strconv.Itoa(int(uid))
			}
		}
		return "* SEARCH" + answer + "\r\n"
	}
	set, rest, _ := strings.Cut(args, " ")
	for i, uid := range all {
		if !inSet(set, uid) {
			continue
		}
		raw := f.mails[uid]
		switch {
		case word == "UID FETCH" && strings.Contains(rest, "BODY.PEEK[HEADER]"):
			raw, _, _ = strings.Cut(raw, "\r\n\r\n")
			raw += "\r\n\r\n"
			answer += fmt.Sprintf("* %d FETCH (UID %d BODY[HEADER]<0> {%d}\r\n%s)\r\n", i+1, uid, len(raw), raw)
		case word == "UID FETCH" && strings.Contains(rest, "BODY.PEEK[]"):
			f.bodiesOut++
			answer += fmt.Sprintf("* %d FETCH (UID %d BODY[] {%d}\r\n%s)\r\n", i+1, uid, len(raw), raw)
		case word == "UID FETCH":
			answer += fmt.Sprintf("* %d FETCH (UID %d RFC822.SIZE %d INTERNALDATE \"23-Nov-2026 09:00:00 +0100\")\r\n", i+1, uid, len(raw))
		case word == "UID STORE":
			f.flagged[uid] = true
		case word == "UID COPY":
			f.moved[strings.Trim(rest, `"`)] = append(f.moved[strings.Trim(rest, `"`)], uid)
		case word == "UID MOVE":
			f.moved[strings.Trim(rest, `"`)] = append(f.moved[strings.Trim(rest, `"`)], uid)
			delete(f.mails, uid)
		case word == "UID EXPUNGE" && f.flagged[uid]:
			delete(f.mails, uid)
		}
	}
	return answer
}

func (s *fakeSession) idle(tag string) error {
	if err := s.send("+ idling\r\n"); err != nil {
		return err
	}
	done := make(chan error, 1)
	go func() {
		_, err := s.r.ReadString('\n')
		done <- err
	}()
	for {
		select {
		case err := <-done:
			return cmp.Or(err, s.send(tag+" OK idled\r\n"))
		case <-s.f.announce:
			if err := s.send(fmt.Sprintf("* %d EXISTS\r\n", len(s.f.uids()))); err != nil {
				<-done
				return err
			}
		}
	}
}

// inSet reads "1:3,5".
func inSet(set string, uid uint32) bool {
	for part := range strings.SplitSeq(set, ",") {
		from, to, ok := strings.Cut(part, ":")
		if !ok {
			to = from
		}
		a, _ := strconv.ParseUint(from, 10, 32)
		b, err := strconv.ParseUint(to, 10, 32)
		if err != nil {
			b = 1 << 32 // "*"
		}
		if uint64(uid) >= a && uint64(uid) <= b {
			return true
		}
	}
	return false
}
