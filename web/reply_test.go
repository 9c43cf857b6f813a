package web

import (
	"bytes"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"respon/tickets"
	"respon/tickets/store/storetest"
)

func (s *site) lastMessage(n tickets.Number) tickets.Message {
	s.t.Helper()
	list := s.ticket(n).Messages
	return list[len(list)-1]
}

func TestReplyOfTheRequester(t *testing.T) {
	each(t, func(t *testing.T, s *site) {
		s.forest()
		b := s.signedIn(clerk)
		w := b.submit("/tickets/BR-1?lang=en", url.Values{"text": {" #resolve\r\nThe other tray works. \r\n"}, "key": {b.key("/tickets/BR-1")}})
		s.wantRedirect(w, "/tickets/BR-1?sent=1&lang=en#end")
		m := s.lastMessage(1)
		// A requester's # lines are words.
		if m.Reply != "#resolve\nThe other tray works." || m.Kind != tickets.KindReply || m.Internal {
			t.Errorf("message %+v", m)
		}
		if m.Author.Address != clerk || m.Author.Name != "Núria Peris" || m.Trust != tickets.Verified || m.Technician != "" {
			t.Errorf("author %+v, trust %s", m.Author, m.Trust)
		}
		if got := s.ticket(1).Status; got != tickets.Open {
			t.Errorf("ticket is %s", got)
		}
		notices := s.post.of(tickets.NoticeFollowUp)
		if last := notices[len(notices)-1]; last.To.Address != ana || !strings.Contains(last.Text, "other tray works") {
			t.Errorf("notice %+v", last)
		}
		if page := b.get("/tickets/BR-1?sent=1").Body.String(); !strings.Contains(page, "The other tray works.") {
			t.Error("the page does not show the reply")
		}
	})
}

// TestReplyIsThreaded: the answer to a reply from the page stands, in the
// requester's mail client, below the mails before it.
func TestReplyIsThreaded(t *testing.T) {
	each(t, func(t *testing.T, s *site) {
		s.forest()
		s.wantStatus(s.signedIn(clerk).submit("/tickets/BR-1", url.Values{"text": {"It still fails."}}), http.StatusSeeOther)
		page := s.lastMessage(1)
		s.answer(1, ana, "Then we come by.", "Then we come by.")
		answers := s.post.of(tickets.LetterAnswer)
		last := answers[len(answers)-1]
		if last.InReplyTo != page.MessageID || !slices.Contains(last.References, "first-1@client.example") {
			t.Errorf("answer is in reply to %q, below %q; the page's message is %q", last.InReplyTo, last.References, page.MessageID)
		}
	})
}

// TestSentTwice: the same form sent twice is one message, for whoever sent it.
func TestSentTwice(t *testing.T) {
	each(t, func(t *testing.T, s *site) {
		s.forest()
		before := len(s.ticket(1).Messages)
		b := s.signedIn(clerk)
		key := b.key("/tickets/BR-1")
		for range 3 {
			s.wantRedirect(b.submit("/tickets/BR-1", url.Values{"text": {"Thanks."}, "key": {key}}), "/tickets/BR-1?sent=1#end")
		}
		if got := len(s.ticket(1).Messages); got != before+1 {
			t.Errorf("%d messages were added", got-before)
		}
		// The same key of somebody else, or on another ticket, is another one.
		s.wantStatus(s.signedIn(colleague).submit("/tickets/BR-1", url.Values{"text": {"Thanks."}, "key": {key}}), http.StatusSeeOther)
		if got := len(s.ticket(1).Messages); got != before+2 {
			t.Errorf("%d messages were added", got-before)
		}
	})
}

// TestKeyTakesNoMail: nobody can keep a mail from being taken by sending its
// content key from a form before it comes.
func TestKeyTakesNoMail(t *testing.T) {
	each(t, func(t *testing.T, s *site) {
		s.forest()
		s.wantStatus(s.signedIn(clerk).submit("/tickets/BR-1", url.Values{"text": {"x"}, "key": {"mail 99"}}), http.StatusSeeOther)
		s.keys = 98
		if got := s.open("Rosa Camps", stranger, "Mail 99", "Is it taken?"); got.Number != 3 {
			t.Errorf("mail became %d", got.Number)
		}
	})
}

func TestAnswerOfATechnician(t *testing.T) {
	each(t, func(t *testing.T, s *site) {
		s.forest()
		b := s.signedIn(pere)
		w := b.submit("/tickets/BR-2", url.Values{"text": {"#resolver\n#categoria Portales\nDone, Rosa."}})
		s.wantRedirect(w, "/tickets/BR-2?sent=1#end")
		ticket, m := s.ticket(2), s.lastMessage(2)
		if ticket.Status != tickets.Resolved || ticket.Category != "portales" {
			t.Errorf("ticket is %s, category %q", ticket.Status, ticket.Category)
		}
		if m.Reply != "Done, Rosa." || m.Technician != "pere" {
			t.Errorf("message %+v", m)
		}
		letters := s.post.of(tickets.LetterResolved)
		if len(letters) != 1 || letters[0].To.Address != stranger || letters[0].Text != "Done, Rosa." {
			t.Errorf("letters %+v", letters)
		}
	})
}

func TestNoteOfATechnician(t *testing.T) {
	each(t, func(t *testing.T, s *site) {
		s.forest()
		letters := len(s.post.letters)
		s.wantStatus(s.signedIn(pere).submit("/tickets/BR-2", url.Values{"text": {"She is new."}, "note": {"1"}}), http.StatusSeeOther)
		if m := s.lastMessage(2); !m.Internal || m.Kind != tickets.KindNote || m.Reply != "She is new." {
			t.Errorf("message %+v", m)
		}
		if len(s.post.letters) != letters {
			t.Errorf("letters went out: %+v", s.post.letters[letters:])
		}
		if page := s.signedIn(stranger).get("/tickets/BR-2").Body.String(); strings.Contains(page, "She is new.") {
			t.Error("the requester sees the note")
		}
	})
}

// TestOwnTicketOfATechnician: in her own matter a technician is a requester.
func TestOwnTicketOfATechnician(t *testing.T) {
	each(t, func(t *testing.T, s *site) {
		s.open("Pere Mas", pere, "My chair", "It squeaks.")
		s.wantStatus(s.signedIn(pere).submit("/tickets/BR-1", url.Values{"text": {"#close\nMore and more."}}), http.StatusSeeOther)
		if got := s.ticket(1).Status; got != tickets.New {
			t.Errorf("ticket is %s", got)
		}
		if got := len(s.post.of(tickets.LetterAnswer)); got != 0 {
			t.Errorf("%d answers went to himself", got)
		}
	})
}

// What a click would run is not taken, and what was written is kept for another try.
func TestProgramsAreNotTaken(t *testing.T) {
	s := newSite(t, storetest.SQLite(t), func(_ *Options, c *tickets.Catalogue) { c.RefusedFiles = []string{"exe"} })
	s.forest()
	before := len(s.ticket(1).Messages)
	for path, fields := range map[string]map[string]string{"/tickets/BR-1": {"text": "see this"}, "/new": {"subject": "x", "text": "see this"}} {
		w := s.signedIn(clerk).upload(path, fields, upload{"setup.EXE", "application/pdf", []byte("MZ")}, upload{"a.pdf", "application/pdf", []byte("%PDF")})
		s.wantStatus(w, http.StatusUnprocessableEntity)
		if page := w.Body.String(); !strings.Contains(page, "setup.EXE") || strings.Contains(page, "a.pdf") || !strings.Contains(page, "see this</textarea>") {
			t.Errorf("%s:\n%s", path, page)
		}
	}
	if got := len(s.ticket(1).Messages); got != before {
		t.Errorf("%d messages were added", got-before)
	}
}

func TestCommandsThatCannotBeFollowed(t *testing.T) {
	each(t, func(t *testing.T, s *site) {
		s.forest()
		before := s.ticket(2)
		for _, text := range []string{"#resolv\nDone.", "#assign nobody\n#close\nDone.", "#categoria plumbing\nDone.", "#priority P9", "#merge BR-99\nDone.", "#cc nobody\nDone."} {
			w := s.signedIn(pere).submit("/tickets/BR-2", url.Values{"text": {text}, "note": {"1"}})
			s.wantStatus(w, http.StatusUnprocessableEntity)
			line, _, _ := strings.Cut(text, "\n")
			page := w.Body.String()
			if !strings.Contains(page, "<li>"+line+": ") || !strings.Contains(page, text+"</textarea>") || !strings.Contains(page, "checked") {
				t.Errorf("%q: the page neither says what is wrong nor keeps what was written:\n%s", text, page)
			}
		}
		if got := s.post.of(tickets.NoticeCommand); len(got) != 0 {
			t.Errorf("%d letters say what the page has said", len(got))
		}
		after := s.ticket(2)
		if len(after.Messages) != len(before.Messages) || len(after.Events) != len(before.Events) || after.Status != before.Status {
			t.Errorf("something was done: %+v", after)
		}
		// Names are as good as in a mail.
		s.wantRedirect(s.signedIn(pere).submit("/tickets/BR-2", url.Values{"text": {"#assign Ana Soler"}}), "/tickets/BR-2?sent=1#end")
	})
}

func TestEmptyReply(t *testing.T) {
	each(t, func(t *testing.T, s *site) {
		s.forest()
		before := len(s.ticket(1).Messages)
		s.wantStatus(s.signedIn(clerk).submit("/tickets/BR-1", url.Values{"text": {" \r\n\t"}}), http.StatusUnprocessableEntity)
		s.wantStatus(s.signedIn(clerk).upload("/tickets/BR-1", map[string]string{"text": ""}, upload{name: ""}), http.StatusUnprocessableEntity)
		if got := len(s.ticket(1).Messages); got != before {
			t.Errorf("%d messages were added", got-before)
		}
	})
}

func TestReplyToATicketClosedLongAgo(t *testing.T) {
	each(t, func(t *testing.T, s *site) {
		s.forest()
		s.answer(1, ana, "#close", "#close")
		s.clock.add(721 * time.Hour)
		b := s.signedIn(clerk)
		s.wantRedirect(b.submit("/tickets/BR-1", url.Values{"text": {"Again!"}}), "/tickets/BR-3?sent=1#end")
		s.wantStatus(b.get("/tickets/BR-3"), http.StatusOK)
	})
}

func TestFiles(t *testing.T) {
	each(t, func(t *testing.T, s *site) {
		s.forest()
		b := s.signedIn(clerk)
		html := []byte("<script>alert(1)</script>")
		binary := bytes.Repeat([]byte{0, 255, '\r', '\n', '-', '-', '_'}, 500)
		w := b.upload("/tickets/BR-1", map[string]string{"text": "See these.", "key": "k"},
			upload{`C:\Users\nuria\informe "final".html`, "text/html", html},
			upload{"foto niña.png", "image/png", binary},
			upload{"\u202Efdp.exe", "application/x-msdownload", nil})
		s.wantRedirect(w, "/tickets/BR-1?sent=1#end")
		m := s.lastMessage(1)
		if len(m.Attachments) != 3 || len(m.RawSHA) == 0 || m.Reply != "See these." {
			t.Fatalf("message %+v", m)
		}
		notices := s.post.of(tickets.NoticeFollowUp)
		if files := notices[len(notices)-1].Files; len(files) != 2 || !bytes.Equal(files[1].Data, binary) {
			t.Errorf("the technician got %d files", len(files))
		}
		paths := filePath.FindAllString(b.get("/tickets/BR-1").Body.String(), -1)
		paths = paths[len(paths)-3:]
		for i, want := range []struct {
			data              []byte
			contentType, name string
		}{
			{html, "application/octet-stream", `attachment; filename="informe \"final\".html"`},
			{binary, "image/png", "attachment; filename*=utf-8''foto%20ni%C3%B1a.png"},
			{nil, "application/octet-stream", "attachment; filename=fdp.exe"},
		} {
			w := b.get(paths[i])
			s.wantStatus(w, http.StatusOK)
			if !bytes.Equal(w.Body.Bytes(), want.data) {
				t.Errorf("%s has other bytes", paths[i])
			}
			for name, value := range map[string]string{
				"Content-Type": want.contentType, "Content-Disposition": want.name, "X-Content-Type-Options": "nosniff",
				"Content-Security-Policy": "sandbox; default-src 'none'; img-src 'self'", "Cache-Control": "no-store",
			} {
				if got := w.Header().Get(name); got != value {
					t.Errorf("%s: %s is %s, want %s", paths[i], name, got, value)
				}
			}
		}
	})
}

func TestTooLarge(t *testing.T) {
	each(t, func(t *testing.T, s *site) {
		s.forest()
		b := s.signedIn(clerk)
		big := upload{"big.bin", "application/octet-stream", make([]byte, 3_100_000)}
		s.wantStatus(b.upload("/tickets/BR-1", nil, big), http.StatusRequestEntityTooLarge)
		s.wantStatus(b.submit("/tickets/BR-1", url.Values{"text": {strings.Repeat("x", maxText+1)}}), http.StatusRequestEntityTooLarge)
		s.wantStatus(b.upload("/tickets/BR-1", map[string]string{"text": strings.Repeat("x", maxText+1)}), http.StatusRequestEntityTooLarge)
		s.wantStatus(b.submit("/login", url.Values{"address": {strings.Repeat("x", maxForm)}}), http.StatusRequestEntityTooLarge)
		s.wantRedirect(b.upload("/new", map[string]string{"subject": "A picture", "text": strings.Repeat("x", maxForm)}, upload{"a.png", "image/png", make([]byte, 2_900_000)}), "/tickets/BR-3?sent=1#end")
		many := make([]upload, maxFiles+1)
		for i := range many {
			many[i] = upload{"a", "text/plain", []byte("a")}
		}
		s.wantStatus(b.upload("/tickets/BR-1", nil, many...), http.StatusBadRequest)
		r := httptest.NewRequest(http.MethodPost, "/tickets/BR-1", strings.NewReader("--b\r\nnot a part"))
		r.Header.Set("Content-Type", "multipart/form-data; boundary=b")
		s.wantStatus(b.do(r), http.StatusBadRequest)
	})
}

func TestBusy(t *testing.T) {
	each(t, func(t *testing.T, s *site) {
		s.forest()
		for range maxUploads {
			s.server.uploads <- struct{}{}
		}
		w := s.signedIn(clerk).submit("/tickets/BR-1", url.Values{"text": {"x"}})
		s.wantStatus(w, http.StatusServiceUnavailable)
		if w.Header().Get("Retry-After") == "" {
			t.Error("no Retry-After")
		}
	})
}
