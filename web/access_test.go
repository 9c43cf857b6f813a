package web

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"respon/tickets"
)

// Words that stand in one place each, and where nobody else may read them.
const (
	canaryWords  = "kingfisher-of-the-clerk"
	canaryNote   = "heron-of-the-note"
	canaryFile   = "egret-of-the-notes-file"
	canaryNotice = "bittern-of-the-quoted-notice"
	canaryEvent  = "nobody but technicians reads events"
	canaryOther  = "osprey-of-another-town"
	canaryLate   = "swift-of-later-on"
)

// forest makes two tickets: BR-1, with all that a requester must not see, and
// BR-2, another town's.
func (s *site) forest() {
	s.open("Núria Peris", clerk, "Printer", canaryWords,
		tickets.Attachment{Filename: "screen.png", ContentType: "image/png", Data: []byte("png")})
	in := tickets.Incoming{
		Arrival: s.arrival(), Author: s.person("Tomàs Roig", colleague), Text: "Me too.", Reply: "Me too.", At: s.clock.now(), Why: canaryEvent,
	}
	if _, err := s.desk.FollowUp(s.t.Context(), 1, in); err != nil {
		s.t.Fatal(err)
	}
	s.addParticipant(1, tickets.Participant{Name: "Tomàs Roig", Address: colleague, Role: tickets.RoleCc})
	s.addParticipant(1, tickets.Participant{Name: "Soler, Ana", Address: ana, Role: tickets.RoleCc})
	s.answer(1, ana, "#note\n"+canaryNote, "#note\n"+canaryNote,
		tickets.Attachment{Filename: canaryFile + ".txt", ContentType: "text/plain", Data: []byte(canaryFile)})
	s.answer(1, ana, "Please try the other tray.",
		"Please try the other tray.\n\n"+ana+" wrote:\n> "+canaryNotice,
		tickets.Attachment{Filename: "manual.pdf", ContentType: "application/pdf", Data: []byte("%PDF")})
	s.answer(1, ana, "", "only a signature and "+canaryNotice,
		tickets.Attachment{Filename: "second.pdf", ContentType: "application/pdf", Data: []byte("%PDF")})
	s.open("Rosa Camps", stranger, "Scanner", canaryOther)
	s.addParticipant(1, tickets.Participant{Address: newcomer, Role: tickets.RoleCc, Since: s.lastMessage(1).ID + 1})
	in.Arrival, in.Text, in.Reply = s.arrival(), canaryLate, canaryLate
	if _, err := s.desk.FollowUp(s.t.Context(), 1, in); err != nil {
		s.t.Fatal(err)
	}
}

// roles are those who come to the pages, and what they may see of BR-1.
func (s *site) roles() map[string]*browser {
	return map[string]*browser{
		"nobody": s.browser(), "requester": s.signedIn(clerk), "participant": s.signedIn(colleague), "newcomer": s.signedIn(newcomer),
		"neighbour": s.signedIn(neighbour), "stranger": s.signedIn(stranger), "technician": s.signedIn(pere),
	}
}

// trip is what each role is answered on a path. Who is not named gets the
// answer of "others".
type trip struct {
	path string
	want map[string]int
}

const (
	ok       = http.StatusOK
	elsewere = http.StatusSeeOther
	missing  = http.StatusNotFound
)

// trips has every route, with paths for each kind of ticket. A route that is
// registered and not here fails the test.
func trips(noteFile, openFile string) map[string][]trip {
	everybody := map[string]int{"others": ok}
	part := map[string]int{"nobody": elsewere, "requester": ok, "participant": ok, "newcomer": ok, "technician": ok, "others": missing}
	early := map[string]int{"nobody": elsewere, "requester": ok, "participant": ok, "technician": ok, "others": missing}
	technicians := map[string]int{"nobody": elsewere, "technician": ok, "others": missing}
	none := map[string]int{"nobody": elsewere, "others": missing}
	write := map[string]int{"requester": elsewere, "participant": elsewere, "newcomer": elsewere, "technician": elsewere, "nobody": elsewere, "others": missing}
	return map[string][]trip{
		"GET /{$}":              {{"/", everybody}},
		"GET /login":            {{"/login", everybody}},
		"POST /login":           {{"/login", map[string]int{"others": http.StatusUnprocessableEntity}}},
		"GET /login/{token}":    {{"/login/x", everybody}},
		"POST /login/{token}":   {{"/login/x", map[string]int{"others": http.StatusGone}}},
		"GET /confirm/{token}":  {{"/confirm/x", everybody}},
		"POST /confirm/{token}": {{"/confirm/x", map[string]int{"others": http.StatusGone}}},
		"GET /register":         {{"/register", everybody}},
		"POST /register":        {{"/register", map[string]int{"others": http.StatusUnprocessableEntity}}},
		"GET /form/{token}":     {{"/form/x", map[string]int{"others": http.StatusGone}}},
		"POST /form/{token}":    {{"/form/x", map[string]int{"others": http.StatusGone}}},
		"GET /content/{token}":  {{"/content/x", map[string]int{"others": http.StatusGone}}},
		"POST /content/{token}": {{"/content/x", map[string]int{"others": http.StatusGone}}},
		"GET /help":             {{"/help", everybody}},
		"POST /help":            {{"/help", map[string]int{"nobody": elsewere, "others": http.StatusBadRequest}}},
		"GET /new":              {{"/new", map[string]int{"nobody": elsewere, "others": ok}}},
		"POST /new":             {{"/new", map[string]int{"nobody": elsewere, "others": http.StatusUnprocessableEntity}}},
		"POST /demo/login":      {{"/demo/login", map[string]int{"others": missing}}},
		"GET /static/{file}":    {{"/static/style.css", everybody}, {"/static/none.css", map[string]int{"others": missing}}},
		"GET /healthz":          {{"/healthz", everybody}},
		"GET /readyz":           {{"/readyz", everybody}},
		"GET /tickets":          {{"/tickets", map[string]int{"nobody": elsewere, "others": ok}}},
		"GET /queue":            {{"/queue", technicians}},
		"GET /tickets/{number}": {
			{"/tickets/BR-1", part}, {"/tickets/br-1", part}, {"/tickets/1", part},
			{"/tickets/BR-2", map[string]int{"nobody": elsewere, "stranger": ok, "technician": ok, "others": missing}},
			{"/tickets/BR-99", none}, {"/tickets/x", none}, {"/tickets/BR-1%00", none}, {"/tickets/-1", none},
		},
		"POST /tickets/{number}": {{"/tickets/BR-1", write}, {"/tickets/BR-99", none}},
		"GET /tickets/{number}/files/{message}/{part}": {
			{openFile, early}, {noteFile, technicians},
			{strings.Replace(openFile, "BR-1", "BR-2", 1), none}, // of another ticket than the path says
			{"/tickets/BR-1/files/999/2", none}, {"/tickets/BR-1/files/1/9", none}, {"/tickets/BR-1/files/x/2", none},
		},
		// Last, since it ends the session.
		"POST /logout": {{"/logout", map[string]int{"others": elsewere}}},
	}
}

var filePath = regexp.MustCompile(`/tickets/BR-1/files/\d+/[\d.]+`)

func TestEveryRouteForEveryRole(t *testing.T) {
	each(t, func(t *testing.T, s *site) {
		s.forest()
		openFile := filePath.FindString(s.signedIn(clerk).get("/tickets/BR-1").Body.String())
		noteFile := ""
		for _, f := range filePath.FindAllString(s.signedIn(pere).get("/tickets/BR-1").Body.String(), -1) {
			if strings.Contains(s.signedIn(pere).get(f).Body.String(), canaryFile) {
				noteFile = f
			}
		}
		if openFile == "" || noteFile == "" {
			t.Fatal("the pages link no files")
		}
		roles, table := s.roles(), trips(noteFile, openFile)
		registered := map[string]bool{}
		for _, rt := range s.server.routes() {
			registered[rt.pattern] = true
			if len(table[rt.pattern]) == 0 {
				t.Errorf("route %s has no line in the table of this test", rt.pattern)
			}
			if rt.pattern == "POST /logout" {
				continue
			}
			for _, trip := range table[rt.pattern] {
				s.travel(rt.pattern, trip, roles)
			}
		}
		for _, trip := range table["POST /logout"] {
			s.travel("POST /logout", trip, roles)
		}
		for pattern := range table {
			if !registered[pattern] {
				t.Errorf("the table has %s, which is no route", pattern)
			}
		}
	}, demo)
}

func (s *site) travel(pattern string, trip trip, roles map[string]*browser) {
	s.t.Helper()
	method, _, _ := strings.Cut(pattern, " ")
	for role, b := range roles {
		w := b.submitOr(method, trip.path, url.Values{"text": {"hello"}})
		want, ok := trip.want[role]
		if !ok {
			want = trip.want["others"]
		}
		if w.Code != want {
			s.t.Errorf("%s %s as %s: %d, want %d", method, trip.path, role, w.Code, want)
		}
		if role == "nobody" && want == elsewere && pattern != "POST /logout" && w.Header().Get("Location") != "/login" {
			s.t.Errorf("%s as nobody leads to %q", trip.path, w.Header().Get("Location"))
		}
	}
}

func (b *browser) submitOr(method, path string, fields url.Values) *httptest.ResponseRecorder {
	if method == http.MethodGet {
		return b.get(path)
	}
	return b.submit(path, fields)
}

// TestForbiddenIsMissing: what is not there and what one may not see give the
// same answer, byte for byte.
func TestForbiddenIsMissing(t *testing.T) {
	each(t, func(t *testing.T, s *site) {
		s.forest()
		b := s.signedIn(stranger)
		forbidden, missing := b.get("/tickets/BR-1"), b.get("/tickets/BR-7")
		s.wantStatus(forbidden, http.StatusNotFound)
		same := strings.ReplaceAll(forbidden.Body.String(), "BR-1", "BR-7")
		if same != missing.Body.String() {
			t.Errorf("forbidden:\n%s\nmissing:\n%s", same, missing.Body)
		}
		if f, m := forbidden.Header(), missing.Header(); len(f) != len(m) {
			t.Errorf("headers differ: %v, %v", f, m)
		}
	})
}

// TestCanaries walks all that each role can reach, and looks for words that
// are not hers.
func TestCanaries(t *testing.T) {
	each(t, func(t *testing.T, s *site) {
		s.forest()
		all := []string{canaryWords, canaryNote, canaryFile, canaryNotice, canaryEvent, canaryOther, canaryLate, ana}
		allowed := map[string][]string{
			"nobody": nil, "neighbour": nil, "requester": {canaryWords, canaryLate}, "participant": {canaryWords, canaryLate}, "stranger": {canaryOther},
			"newcomer": {canaryLate}, // of what came before she was added, nothing
			// Also what her letters quoted, and her colleague's address.
			"technician": all,
		}
		for role, b := range s.roles() {
			seen := b.walk()
			for _, word := range all {
				may := false
				for _, a := range allowed[role] {
					may = may || a == word
				}
				if got := strings.Contains(seen, word); got != may {
					t.Errorf("%s sees %q: %t, want %t", role, word, got, may)
				}
			}
		}
	})
}

var link = regexp.MustCompile(`href="(/[^"#]*)"`)

// walk follows every link from the front page, and every search.
func (b *browser) walk() string {
	b.t.Helper()
	var seen strings.Builder
	todo, done := []string{"/", "/tickets", "/queue", "/tickets/BR-1", "/tickets/BR-2"}, map[string]bool{}
	for _, words := range []string{canaryWords, canaryNote, canaryNotice, canaryOther, canaryLate, "heron"} {
		todo = append(todo, "/tickets?q="+url.QueryEscape(words), "/queue?q="+url.QueryEscape(words))
	}
	for len(todo) > 0 {
		path := todo[0]
		todo = todo[1:]
		if done[path] || strings.Contains(path, "lang=") || len(done) > 200 {
			continue
		}
		done[path] = true
		page := b.get(path).Body.String()
		// What was searched for stands in its box, and in links to other languages.
		if _, query, ok := strings.Cut(path, "?q="); ok {
			words, err := url.QueryUnescape(query)
			if err != nil {
				b.t.Fatal(err)
			}
			page = strings.ReplaceAll(strings.ReplaceAll(page, `value="`+words+`"`, ""), "q="+query, "")
		}
		seen.WriteString(page)
		for _, m := range link.FindAllStringSubmatch(page, -1) {
			todo = append(todo, strings.ReplaceAll(m[1], "&amp;", "&"))
		}
	}
	return seen.String()
}

// TestSearchFindsNoNotes: a search over one's own tickets does not answer
// whether a note has a word.
func TestSearchFindsNoNotes(t *testing.T) {
	each(t, func(t *testing.T, s *site) {
		s.forest()
		b := s.signedIn(clerk)
		if page := b.get("/tickets?q=kingfisher").Body.String(); !strings.Contains(page, "/tickets/BR-1") {
			t.Error("her own words are not found")
		}
		if page := b.get("/tickets?q=heron").Body.String(); strings.Contains(page, "/tickets/BR-1") {
			t.Error("a note was found")
		}
		if page := s.signedIn(newcomer).get("/tickets?q=kingfisher").Body.String(); strings.Contains(page, "/tickets/BR-1") {
			t.Error("words of before she was added were found")
		}
		if page := b.get("/tickets?q=osprey").Body.String(); strings.Contains(page, "/tickets/BR-2") {
			t.Error("another's ticket was found")
		}
	})
}
