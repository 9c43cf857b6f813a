package postoffice

import (
	"errors"
	"log/slog"
	"net"
	"sync"
	"time"

	"github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapserver"
	"github.com/emersion/go-imap/v2/imapserver/imapmemserver"
)

// inbox is the folder that mails are delivered to.
const inbox = "INBOX"

// An imapServer shows the mailboxes to clients.
type imapServer struct {
	office *PostOffice
	log    *slog.Logger
	door   net.Listener
	gate   *gate // the door; nil for the inner server, which suffers no faults
	server *imapserver.Server
	served chan error

	mu       sync.Mutex
	closed   bool
	sessions sync.WaitGroup
}

// serveIMAP serves on a gate, or, for the office's own use, on an inner
// listener whose sessions no fault touches.
func serveIMAP(office *PostOffice, l net.Listener, caps imap.CapSet, log *slog.Logger) *imapServer {
	s := &imapServer{office: office, log: log, door: l, served: make(chan error, 1)}
	s.gate, _ = l.(*gate)
	s.server = imapserver.New(&imapserver.Options{
		NewSession:   s.newSession,
		Caps:         caps,
		Logger:       quietLog{log},
		InsecureAuth: true, // there is no TLS on loopback
	})
	go func() { s.served <- s.server.Serve(l) }()
	return s
}

// capabilities are what Dovecot has of what the library can do. IMAP4rev2 is
// left out on purpose, as no server in the field speaks it.
func capabilities(without []string) imap.CapSet {
	caps := imap.CapSet{}
	for _, c := range []imap.Cap{
		imap.CapIMAP4rev1, imap.CapNamespace, imap.CapUIDPlus, imap.CapESearch,
		imap.CapMove, imap.CapStatusSize, imap.CapChildren,
	} {
		caps[c] = struct{}{}
	}
	for _, name := range without {
		delete(caps, imap.Cap(name))
	}
	return caps
}

func (s *imapServer) newSession(c *imapserver.Conn) (imapserver.Session, *imapserver.GreetingData, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return nil, nil, &imap.Error{Type: imap.StatusResponseTypeBye, Text: "closing"}
	}
	s.sessions.Add(1)
	session := &imapSession{server: s}
	session.conn, _ = c.NetConn().(*conn)
	return session, nil, nil
}

// close ends the server and waits for its sessions.
func (s *imapServer) close() error {
	s.mu.Lock()
	s.closed = true
	s.mu.Unlock()
	err := s.door.Close()
	// Serve's error says that we closed the door, in one of several words. The
	// library wants it to have ended before its server is closed.
	<-s.served
	err = errors.Join(err, s.server.Close())
	s.sessions.Wait()
	return err
}

// An imapSession is the library's session in memory, with what it does wrong
// done right, and with faults. UserSession is nil until somebody logs in; the
// library asks for nothing that needs it before.
type imapSession struct {
	*imapmemserver.UserSession
	server   *imapServer
	conn     *conn // nil in the inner server
	mailbox  *mailbox
	readOnly bool
}

// act does what a command asks, unless a fault comes before, and plays the
// fault that comes after.
func (s *imapSession) act(at Point, do func() error) error {
	if err := s.strike(at, false); err != nil {
		return err
	}
	if err := do(); err != nil {
		return err
	}
	return s.strike(at, true)
}

func (s *imapSession) strike(at Point, late bool) error {
	if s.conn == nil {
		return nil
	}
	user := ""
	if s.mailbox != nil {
		user = s.mailbox.account.User
	}
	return s.conn.strike(at, late, user)
}

// Login takes the user's name or, as mail clients propose it, his address.
func (s *imapSession) Login(user, password string) error {
	box := s.server.office.login(user, password)
	if s.conn != nil {
		who := []string{user}
		if box != nil {
			who = append(who, box.account.User)
		}
		if err := s.conn.strike(IMAPLogin, false, who...); err != nil {
			return err
		}
	}
	if box == nil {
		return imapserver.ErrAuthFailed
	}
	s.mailbox = box
	s.UserSession = imapmemserver.NewUserSession(box.user)
	return s.strike(IMAPLogin, true)
}

// Close ends the session.
func (s *imapSession) Close() error {
	defer s.server.sessions.Done()
	return s.UserSession.Close()
}

// AppendLimit is the size of the largest mail that a client may store.
func (s *imapSession) AppendLimit() uint32 { return maxSize }

// Create makes a folder and subscribes to it, because mail clients show only
// folders subscribed to, and the gateway's are meant to be seen.
func (s *imapSession) Create(name string, o *imap.CreateOptions) error {
	return s.act(IMAPCreate, func() error {
		if err := s.UserSession.Create(name, o); err != nil {
			return err
		}
		return s.UserSession.Subscribe(name)
	})
}

// Delete refuses to delete the INBOX (RFC 3501, section 6.3.4).
func (s *imapSession) Delete(name string) error {
	if name == inbox {
		return refuse("CANNOT", "INBOX stays")
	}
	return s.UserSession.Delete(name)
}

// Rename refuses to rename the INBOX: deliveries would fail for want of it.
func (s *imapSession) Rename(name, to string, o *imap.RenameOptions) error {
	if name == inbox {
		return refuse("CANNOT", "INBOX stays")
	}
	return s.UserSession.Rename(name, to, o)
}

func (s *imapSession) List(w *imapserver.ListWriter, ref string, patterns []string, o *imap.ListOptions) error {
	return s.act(IMAPList, func() error { return s.UserSession.List(w, ref, patterns, o) })
}

// Select counts UIDVALIDITY from when the office opened: a client that
// remembers an earlier office on the same port must not take its UIDs for ours.
func (s *imapSession) Select(name string, o *imap.SelectOptions) (data *imap.SelectData, err error) {
	err = s.act(IMAPSelect, func() error {
		data, err = s.UserSession.Select(name, o)
		return err
	})
	if err != nil {
		if data != nil { // open, but the client is told otherwise
			err = errors.Join(err, s.Unselect())
		}
		return nil, err
	}
	s.readOnly = o.ReadOnly
	data.UIDValidity += s.server.office.validity.Load()
	return data, nil
}

func (s *imapSession) Status(name string, o *imap.StatusOptions) (*imap.StatusData, error) {
	data, err := s.UserSession.Status(name, o)
	if err == nil && o.UIDValidity {
		data.UIDValidity += s.server.office.validity.Load()
	}
	return data, err
}

// Append stamps a mail that brings no time with the office's clock.
func (s *imapSession) Append(name string, r imap.LiteralReader, o *imap.AppendOptions) (data *imap.AppendData, err error) {
	err = s.act(IMAPAppend, func() error {
		stamped := *o
		if stamped.Time.IsZero() {
			stamped.Time = s.server.office.now()
		}
		data, err = s.UserSession.Append(name, r, &stamped)
		return err
	})
	if err != nil {
		return nil, err
	}
	data.UIDValidity += s.server.office.validity.Load()
	return data, nil
}

func (s *imapSession) Search(kind imapserver.NumKind, c *imap.SearchCriteria, o *imap.SearchOptions) (data *imap.SearchData, err error) {
	err = s.act(IMAPSearch, func() error {
		data, err = s.UserSession.Search(kind, c, o)
		return err
	})
	return data, err
}

// announced turns UIDs into the sequence numbers under which this client knows
// them. One that came in after the last word to the client has none yet, and
// the library would answer with number 0, which no client understands.
func (s *imapSession) announced(set imap.NumSet) (imap.NumSet, error) {
	uids, ok := set.(imap.UIDSet)
	if !ok || imap.IsSearchRes(set) {
		return set, nil
	}
	criteria := &imap.SearchCriteria{UID: []imap.UIDSet{uids}}
	data, err := s.UserSession.Search(imapserver.NumKindSeq, criteria, &imap.SearchOptions{})
	if err != nil {
		return nil, err
	}
	return data.All, nil
}

// Fetch marks nothing as read in a folder opened by EXAMINE.
func (s *imapSession) Fetch(w *imapserver.FetchWriter, set imap.NumSet, o *imap.FetchOptions) error {
	if s.conn != nil {
		if f, ok := s.conn.gate.plan.next(IMAPFetch, false, s.mailbox.account.User); ok {
			if !f.Cut || f.CutAfter == 0 {
				if err := s.conn.suffer(f); err != nil {
					return err
				}
			} else {
				s.conn.wait(f.Delay)
				s.conn.limit(f.CutAfter)
			}
		}
	}
	if s.readOnly {
		for _, section := range o.BodySection {
			section.Peek = true
		}
	}
	set, err := s.announced(set)
	if err != nil {
		return err
	}
	if err := s.UserSession.Fetch(w, set, o); err != nil {
		return err
	}
	return s.strike(IMAPFetch, true)
}

func (s *imapSession) Store(w *imapserver.FetchWriter, set imap.NumSet, flags *imap.StoreFlags, o *imap.StoreOptions) error {
	return s.change(IMAPStore, func() error {
		set, err := s.announced(set)
		if err != nil {
			return err
		}
		return s.UserSession.Store(w, set, flags, o)
	})
}

// Expunge leaves a folder opened by EXAMINE alone; the library also asks for it
// at each CLOSE, which there is no error (RFC 3501, section 6.4.2).
func (s *imapSession) Expunge(w *imapserver.ExpungeWriter, uids *imap.UIDSet) error {
	if s.readOnly {
		return nil
	}
	return s.act(IMAPExpunge, func() error { return s.UserSession.Expunge(w, uids) })
}

// change is act for what a folder opened by EXAMINE forbids.
func (s *imapSession) change(at Point, do func() error) error {
	if s.readOnly {
		return refuse("", "folder is read-only")
	}
	return s.act(at, do)
}

func (s *imapSession) Copy(set imap.NumSet, dest string) (data *imap.CopyData, err error) {
	err = s.act(IMAPCopy, func() error {
		data, err = s.copy(set, dest)
		return err
	})
	return data, err
}

// copy holds the mailbox: the library locks two folders one after the other,
// and two copies the other way round would wait for each other for ever.
func (s *imapSession) copy(set imap.NumSet, dest string) (*imap.CopyData, error) {
	s.mailbox.copying.Lock()
	defer s.mailbox.copying.Unlock()
	data, err := s.UserSession.Copy(set, dest)
	if err != nil {
		return nil, err
	}
	data.UIDValidity += s.server.office.validity.Load()
	return data, nil
}

// Move is written anew: the library's tells of each mail's going twice, and
// breaks the connection when there is nothing to move.
func (s *imapSession) Move(w *imapserver.MoveWriter, set imap.NumSet, dest string) error {
	var data *imap.CopyData
	err := s.change(IMAPMove, func() (err error) {
		if data, err = s.copy(set, dest); err != nil || len(data.SourceUIDs) == 0 {
			return err
		}
		deleted := &imap.StoreFlags{Op: imap.StoreFlagsAdd, Silent: true, Flags: []imap.Flag{imap.FlagDeleted}}
		if err := s.UserSession.Store(nil, data.SourceUIDs, deleted, nil); err != nil {
			return err
		}
		return s.UserSession.Expunge(nil, &data.SourceUIDs)
	})
	if err != nil || len(data.SourceUIDs) == 0 {
		return err
	}
	return w.WriteCopyData(data)
}

// idleTick is how late a client in IDLE may hear of what came just before it.
const idleTick = 100 * time.Millisecond

// Idle asks again and again: the library's misses what comes between the last
// command and its own beginning.
func (s *imapSession) Idle(w *imapserver.UpdateWriter, stop <-chan struct{}) error {
	if err := s.strike(IMAPIdle, false); err != nil {
		return err
	}
	for {
		if err := s.Poll(w, true); err != nil {
			return err
		}
		stopped, err := s.idleOnce(w, stop)
		if err != nil {
			return err
		}
		if stopped {
			return s.strike(IMAPIdle, true)
		}
	}
}

// idleOnce idles for a tick, or until the client stops it.
func (s *imapSession) idleOnce(w *imapserver.UpdateWriter, stop <-chan struct{}) (stopped bool, err error) {
	inner, done := make(chan struct{}), make(chan error, 1)
	go func() { done <- s.UserSession.Idle(w, inner) }()
	tick := time.NewTimer(idleTick)
	defer tick.Stop()
	select {
	case <-stop:
		stopped = true
	case <-tick.C:
	}
	close(inner)
	return stopped, <-done
}

// refuse is a NO.
func refuse(code imap.ResponseCode, text string) error {
	return &imap.Error{Type: imap.StatusResponseTypeNo, Code: code, Text: text}
}

var (
	_ imapserver.SessionMove        = (*imapSession)(nil)
	_ imapserver.SessionNamespace   = (*imapSession)(nil)
	_ imapserver.SessionAppendLimit = (*imapSession)(nil)
)
