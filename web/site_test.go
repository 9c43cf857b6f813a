package web

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"mime"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"net/mail"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"respon/templates"
	"respon/tickets"
	"respon/tickets/desk"
	"respon/tickets/hours"
	"respon/tickets/store"
	"respon/tickets/store/storetest"
	"respon/tickets/token"
)

// The people of these tests.
const (
	clerk     = "nuria@alfafar.example" // ticket 1
	colleague = "tomas@alfafar.example" // takes part in ticket 1
	newcomer  = "sara@alfafar.example"  // takes part in ticket 1, but not from the beginning
	neighbour = "vera@alfafar.example"  // of the same entity, in no ticket
	stranger  = "rosa@burjassot.example"
	ana       = "ana.soler@dival.example"
	pere      = "pere.mas@dival.example"
)

// clock is one that tests set.
type clock struct{ at atomic.Pointer[time.Time] }

func (c *clock) now() time.Time { return *c.at.Load() }

func (c *clock) add(d time.Duration) {
	t := c.now().Add(d)
	c.at.Store(&t)
}

// composer remembers the letters that it was asked for.
type composer struct {
	mu      sync.Mutex
	letters []tickets.Letter
	wait    chan struct{} // if set, composing waits for it
}

func (c *composer) Compose(l tickets.Letter) (tickets.Mail, error) {
	if c.wait != nil && l.Kind == tickets.LetterLogin {
		<-c.wait
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.letters = append(c.letters, l)
	id := fmt.Sprintf("letter-%d@dival.example", len(c.letters))
	text := "letter " + string(l.Kind) + " " + l.Text
	return tickets.Mail{
		MessageID: id, From: "desk@dival.example", To: l.To.Address, Subject: "letter", Text: text,
		Raw: []byte("Message-ID: <" + id + ">\r\n\r\n" + text + "\r\n"),
	}, nil
}

func (c *composer) of(kind tickets.LetterKind) (list []tickets.Letter) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, l := range c.letters {
		if l.Kind == kind {
			list = append(list, l)
		}
	}
	return list
}

// site is a whole server over a fresh database.
type site struct {
	signer    *token.Signer
	released  []string
	t         *testing.T
	server    *Server
	handler   http.Handler
	store     *store.Store
	desk      *desk.Desk
	clock     *clock
	post      *composer
	catalogue atomic.Pointer[tickets.Catalogue]
	troubles  []error
	confirmed []string
	log       *lockedBuffer
	keys      int
}

type lockedBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *lockedBuffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *lockedBuffer) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

func newCatalogue(t *testing.T) *tickets.Catalogue {
	t.Helper()
	madrid, err := time.LoadLocation("Europe/Madrid")
	if err != nil {
		t.Fatal(err)
	}
	calendar, err := hours.New(hours.Spec{
		Days: []time.Weekday{time.Monday, time.Tuesday, time.Wednesday, time.Thursday, time.Friday},
		From: 8 * 60, To: 15 * 60, Location: madrid,
	})
	if err != nil {
		t.Fatal(err)
	}
	sla := map[tickets.Priority]tickets.Target{}
	for i, p := range tickets.Priorities {
		sla[p] = tickets.Target{FirstAnswer: time.Duration(i+1) * time.Hour, Resolution: time.Duration(i+1) * 4 * time.Hour}
	}
	return &tickets.Catalogue{
		Gateway: tickets.Gateway{
			Address: "desk@dival.example", Name: "Batlia Respon", Phone: "96 000 0000", Prefix: "BR", Locale: tickets.Spanish,
			Location: madrid, BaseURL: "http://127.0.0.1:8080", PlusAddressing: true,
		},
		Policy: tickets.PolicyConfirm, MaxSize: 2_000_000,
		Entities: []tickets.Entity{
			{Name: "Ajuntament d'Alfafar", Domains: []string{"alfafar.example"}, Locale: tickets.Valencian},
			{Name: "Ajuntament de Burjassot", Domains: []string{"burjassot.example"}},
		},
		Categories: []tickets.Category{
			{ID: "contabilidad", Names: map[tickets.Locale]string{tickets.Spanish: "Contabilidad", tickets.Valencian: "Comptabilitat", tickets.English: "Accounting"}, Technicians: []string{"ana"}},
			{ID: "portales", Names: map[tickets.Locale]string{tickets.Spanish: "Portales"}},
		},
		Technicians: []tickets.Technician{
			{ID: "ana", Name: "Ana Soler", Email: ana, Capacity: 20, Default: true},
			{ID: "pere", Name: "Pere Mas", Email: pere, Capacity: 1, Locale: tickets.Valencian},
		},
		SLA: sla, Hours: calendar, Limits: tickets.Limits{AutomaticPerSender: 5},
		Life: tickets.Lifecycle{ReopenWindow: 720 * time.Hour},
	}
}

func newSite(t *testing.T, url string, change ...func(*Options, *tickets.Catalogue)) *site {
	t.Helper()
	begin := time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC) // a Monday
	s := &site{t: t, clock: &clock{}, post: &composer{}, log: &lockedBuffer{}}
	s.clock.at.Store(&begin)
	catalogue := newCatalogue(t)
	s.store = storetest.Open(t, url, s.clock.now)
	words, err := templates.Load("")
	if err != nil {
		t.Fatal(err)
	}
	signer, err := token.New(bytes.Repeat([]byte("k"), 32), nil)
	if err != nil {
		t.Fatal(err)
	}
	log := slog.New(slog.NewTextHandler(s.log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	s.desk = &desk.Desk{Store: s.store, Composer: s.post, Catalogue: s.catalogue.Load, NewUID: signer.NewUID, Log: log}
	o := Options{
		Store: s.store, Desk: s.desk, Catalogue: s.catalogue.Load, Templates: func() *templates.Set { return words }, Random: rand.Reader, Now: s.clock.now,
		Log: log, Listen: "127.0.0.1:0", Part: flatPart,
		Ready: func(context.Context) []error { return s.troubles },
		Confirm: func(_ context.Context, link string) error {
			if link != "good" {
				return fmt.Errorf("confirm: %w", token.ErrInvalid)
			}
			s.confirmed = append(s.confirmed, link)
			return nil
		},
		Release: func(_ context.Context, address string) error {
			s.released = append(s.released, address)
			return nil
		},
		Signer: signer,
	}
	s.signer = signer
	for _, f := range change {
		f(&o, catalogue)
	}
	s.catalogue.Store(catalogue)
	if s.server, err = New(o); err != nil {
		t.Fatal(err)
	}
	s.handler = s.server.Handler()
	t.Cleanup(s.server.background.Wait)
	return s
}

// flatPart reads a part out of a mail that has no parts within parts.
func flatPart(raw []byte, part string) ([]byte, error) {
	m, err := mail.ReadMessage(bytes.NewReader(raw))
	if err != nil {
		return nil, err
	}
	_, params, err := mime.ParseMediaType(m.Header.Get("Content-Type"))
	if err != nil {
		return nil, err
	}
	reader := multipart.NewReader(m.Body, params["boundary"])
	for i := 1; ; i++ {
		p, err := reader.NextRawPart()
		if err != nil {
			return nil, err
		}
		if strconv.Itoa(i) == part {
			return io.ReadAll(base64.NewDecoder(base64.StdEncoding, p))
		}
	}
}

// mailOf writes a mail with a text and files, as a person's client would.
func mailOf(c *tickets.Catalogue, from, text string, files ...tickets.Attachment) (raw []byte, listed []tickets.Attachment) {
	in := tickets.Incoming{
		Arrival:   tickets.Arrival{Key: keyPrefix + strings.Repeat("ab", 32)},
		MessageID: "mail@client.example", Author: tickets.Author{Person: tickets.Person{Address: from}}, Text: text,
	}
	for i, f := range files {
		f.Part, f.Size = strconv.Itoa(i+2), int64(len(f.Data))
		in.Attachments = append(in.Attachments, f)
	}
	raw, err := asMail(c, &in)
	if err != nil {
		panic(err) // nothing of the outside is in it
	}
	return raw, in.Attachments
}

// person is somebody who writes, as the intake would know her.
func (s *site) person(name, address string) tickets.Author {
	c := s.catalogue.Load()
	a := tickets.Author{Person: c.Person(name, address), Trust: tickets.Verified}
	if tech := c.TechnicianByAddress(address); tech != nil {
		a.Technician = tech.ID
	}
	return a
}

func (s *site) arrival() tickets.Arrival {
	s.keys++
	return tickets.Arrival{Mailbox: "support", Key: fmt.Sprintf("mail %d", s.keys)}
}

// open opens a ticket by mail.
func (s *site) open(name, address, subject, text string, files ...tickets.Attachment) *tickets.Ticket {
	s.t.Helper()
	in := tickets.Incoming{
		Arrival: s.arrival(), Author: s.person(name, address), Subject: subject, Text: text, Reply: text, At: s.clock.now(),
	}
	in.MessageID = fmt.Sprintf("first-%d@client.example", s.keys)
	if len(files) > 0 {
		in.Raw, in.Attachments = mailOf(s.catalogue.Load(), address, text, files...)
	}
	t, err := s.desk.Open(s.t.Context(), in)
	if err != nil {
		s.t.Fatal(err)
	}
	return t
}

// answer is a technician's mail on a ticket; whole is all of it.
func (s *site) answer(n tickets.Number, technician, text, whole string, files ...tickets.Attachment) {
	s.t.Helper()
	cmds, rest, problems := tickets.ParseCommands(text)
	in := tickets.Incoming{Arrival: s.arrival(), Author: s.person("", technician), Text: whole, Reply: rest, At: s.clock.now()}
	if len(files) > 0 {
		in.Raw, in.Attachments = mailOf(s.catalogue.Load(), technician, whole, files...)
	}
	if _, err := s.desk.Answer(s.t.Context(), n, in, cmds, problems); err != nil {
		s.t.Fatal(err)
	}
}

// ticket reads a ticket with its thread and trail.
func (s *site) ticket(n tickets.Number) (t *tickets.Ticket) {
	s.t.Helper()
	err := s.store.View(s.t.Context(), func(tx *store.Tx) (err error) {
		if t, err = tx.Ticket(s.t.Context(), n); err != nil {
			return err
		}
		if t.Messages, err = tx.Messages(s.t.Context(), n); err != nil {
			return err
		}
		t.Events, err = tx.Events(s.t.Context(), n)
		return err
	})
	if err != nil {
		s.t.Fatal(err)
	}
	return t
}

// browser is somebody who looks at the pages.
type browser struct {
	*site
	cookie string // of the session
	wanted string // of the ticket that was asked for before
	header http.Header
	remote string // address and port that it connects from
}

func (s *site) browser() *browser {
	return &browser{site: s, header: http.Header{}, remote: "127.0.0.1:4711"}
}

// signedIn is a browser with a session for the address.
func (s *site) signedIn(address string) *browser {
	s.t.Helper()
	b := s.browser()
	cookie, hash, err := s.server.secret()
	if err == nil {
		err = s.desk.BeginSession(s.t.Context(), hash, address)
	}
	if err != nil {
		s.t.Fatal(err)
	}
	b.cookie = cookieName(s.catalogue.Load()) + "=" + cookie
	return b
}

func (b *browser) do(r *http.Request) *httptest.ResponseRecorder {
	b.t.Helper()
	r.RemoteAddr = b.remote
	for name, values := range b.header {
		r.Header[name] = values
	}
	for _, cookie := range []string{b.cookie, b.wanted} {
		if cookie != "" {
			r.Header.Add("Cookie", cookie)
		}
	}
	w := httptest.NewRecorder()
	b.handler.ServeHTTP(w, r)
	for _, c := range w.Result().Cookies() {
		kept := &b.cookie
		if c.Name == wantedCookie(b.catalogue.Load()) {
			kept = &b.wanted
		}
		if *kept = c.Name + "=" + c.Value; c.MaxAge < 0 {
			*kept = ""
		}
	}
	return w
}

func (b *browser) get(path string) *httptest.ResponseRecorder {
	b.t.Helper()
	return b.do(httptest.NewRequest(http.MethodGet, path, nil))
}

func (b *browser) submit(path string, fields url.Values) *httptest.ResponseRecorder {
	b.t.Helper()
	r := httptest.NewRequest(http.MethodPost, path, strings.NewReader(fields.Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	return b.do(r)
}

// upload is a file chosen in a form.
type upload struct {
	name, contentType string
	data              []byte
}

func (b *browser) upload(path string, fields map[string]string, files ...upload) *httptest.ResponseRecorder {
	b.t.Helper()
	var body bytes.Buffer
	w := multipart.NewWriter(&body)
	for name, value := range fields {
		if err := w.WriteField(name, value); err != nil {
			b.t.Fatal(err)
		}
	}
	for _, f := range files {
		part, err := w.CreatePart(map[string][]string{
			"Content-Disposition": {mime.FormatMediaType("form-data", map[string]string{"name": "files", "filename": f.name})},
			"Content-Type":        {f.contentType},
		})
		if err == nil {
			_, err = part.Write(f.data)
		}
		if err != nil {
			b.t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		b.t.Fatal(err)
	}
	r := httptest.NewRequest(http.MethodPost, path, &body)
	r.Header.Set("Content-Type", w.FormDataContentType())
	return b.do(r)
}

var keyField = regexp.MustCompile(`name="key" value="([^"]+)"`)

// key reads the request key out of a ticket's page.
func (b *browser) key(path string) string {
	b.t.Helper()
	m := keyField.FindStringSubmatch(b.get(path).Body.String())
	if m == nil {
		b.t.Fatalf("%s has no request key", path)
	}
	return m[1]
}

func (s *site) wantStatus(w *httptest.ResponseRecorder, status int) {
	s.t.Helper()
	if w.Code != status {
		s.t.Fatalf("status %d, want %d\n%s\n%s", w.Code, status, w.Body, s.log)
	}
}

func (s *site) wantRedirect(w *httptest.ResponseRecorder, to string) {
	s.t.Helper()
	s.wantStatus(w, http.StatusSeeOther)
	if got := w.Header().Get("Location"); got != to {
		s.t.Fatalf("redirect to %q, want %q", got, to)
	}
}

// each runs f over a site on each database.
func each(t *testing.T, f func(t *testing.T, s *site), change ...func(*Options, *tickets.Catalogue)) {
	t.Helper()
	storetest.EachURL(t, func(t *testing.T, url string) { f(t, newSite(t, url, change...)) })
}

func demo(o *Options, _ *tickets.Catalogue) {
	o.DemoUsers = []DemoUser{{"Núria Peris", clerk, RoleRequester}, {"Ana Soler", ana, RoleTechnician}}
}

var errTrouble = errors.New("mailbox support: login refused")

func (s *site) addParticipant(n tickets.Number, p tickets.Participant) {
	s.t.Helper()
	err := s.store.Tx(s.t.Context(), func(tx *store.Tx) error { return tx.AddParticipant(s.t.Context(), n, p) })
	if err != nil {
		s.t.Fatal(err)
	}
}
