package mailbox

import (
	"context"
	"errors"
	"fmt"

	"github.com/emersion/go-imap/v2"
)

// refusedInRow is how many single moves may be refused before the rest is left for later.
const refusedInRow = 3

// move moves settled mails to the folder of their verdict. A refusal is no error: the mails stay where they are and the
// move is tried again after a while. An error means that the connection is of no more use.
func (m *Mailbox) move(ctx context.Context, s *session, v Verdict, uids []uint32) error {
	target := m.target(v)
	err := m.moveOnce(ctx, s, target, uids)
	if err == nil || !alive(err) {
		return err
	}
	if len(uids) == 1 {
		m.putOff(target, uids, err)
		return nil
	}
	// One mail may be the trouble of all.
	refused := 0
	for i, uid := range uids {
		if refused == refusedInRow {
			m.putOff(target, uids[i:], err)
			return nil
		}
		switch err = m.moveOnce(ctx, s, target, []uint32{uid}); {
		case err == nil:
			refused = 0
		case !alive(err):
			return err
		default:
			refused++
			m.putOff(target, []uint32{uid}, err)
		}
	}
	return nil
}

func (m *Mailbox) moveOnce(ctx context.Context, s *session, target string, uids []uint32) error {
	if err := s.ensure(ctx, target); err != nil {
		return err
	}
	err := s.relocate(ctx, target, uids)
	if alive(err) {
		// Somebody may have deleted the folder meanwhile. Servers disagree on how they say so, so look.
		delete(s.ensured, target)
		if made, lerr := s.make(ctx, target); lerr != nil {
			return lerr
		} else if made {
			err = s.relocate(ctx, target, uids)
		}
	}
	if err != nil {
		return err
	}
	for _, uid := range uids {
		k := m.folder.know(uid)
		k.moved, k.after = true, m.now().Add(retryPause)
	}
	return nil
}

func (m *Mailbox) putOff(target string, uids []uint32, err error) {
	for _, uid := range uids {
		m.folder.know(uid).after = m.now().Add(m.pause())
	}
	m.log.Warn("settled mails could not be moved; they stay where they are until it works",
		"folder", target, "mails", len(uids), "uid", uids[0], "err", err)
}

// relocate moves mails by the best means the server has. The library's Move must not be used without the capability:
// it would delete the mails even if the copy was refused.
func (s *session) relocate(ctx context.Context, target string, uids []uint32) error {
	set := uidSet(uids)
	return s.do(ctx, 2*commandLimit, func() error {
		if s.caps.Has(imap.CapMove) {
			// A mail that vanished meanwhile is not an error, by the RFC and by the servers.
			_, err := s.c.Move(set, target).Wait()
			return err
		}
		if _, err := s.c.Copy(set, target).Wait(); err != nil {
			return err
		}
		deleted := &imap.StoreFlags{Op: imap.StoreFlagsAdd, Silent: true, Flags: []imap.Flag{imap.FlagDeleted}}
		if err := s.c.Store(set, deleted, nil).Close(); err != nil {
			return err
		}
		if !s.caps.Has(imap.CapUIDPlus) {
			return nil // EXPUNGE would also take what others have flagged
		}
		return s.c.UIDExpunge(set).Close()
	})
}

// ensure sees to it that a folder is there, once for each connection.
func (s *session) ensure(ctx context.Context, name string) error {
	if s.ensured[name] {
		return nil
	}
	_, err := s.make(ctx, name)
	if err == nil {
		s.ensured[name] = true
	}
	return err
}

// make makes a folder that isn't there.
func (s *session) make(ctx context.Context, name string) (made bool, err error) {
	there, err := s.exists(ctx, name)
	if err != nil || there {
		return false, err
	}
	err = s.do(ctx, commandLimit, func() error { return s.c.Create(name, nil).Wait() })
	if err != nil {
		return false, fmt.Errorf("create folder %s: %w", name, err)
	}
	// Mail programs show what is subscribed. One that shows all doesn't need it, so a refusal is no matter.
	err = s.do(ctx, commandLimit, func() error { return s.c.Subscribe(name).Wait() })
	if alive(err) {
		err = nil
	}
	return true, err
}

// exists asks for this one name: LIST "*" would fail on any other folder with a name the library can't read.
func (s *session) exists(ctx context.Context, name string) (there bool, err error) {
	err = s.do(ctx, commandLimit, func() error {
		list, err := s.c.List("", name, nil).Collect()
		for _, l := range list {
			if sameFolder(l.Mailbox, name) && selectable(l.Attrs) {
				there = true
			}
		}
		return err
	})
	if err != nil {
		return false, fmt.Errorf("list folder %s: %w", name, err)
	}
	return there, nil
}

func selectable(attrs []imap.MailboxAttr) bool {
	for _, a := range attrs {
		if a == imap.MailboxAttrNonExistent || a == imap.MailboxAttrNoSelect {
			return false
		}
	}
	return true
}

// Facts are what Check found.
type Facts struct {
	Move, UIDPlus, Idle bool     // what the server can
	Mails               int      // in the folder
	Missing             []string // folders that aren't there; they are made when first needed
}

// Check logs in and looks around without changing anything, for respon doctor.
func (m *Mailbox) Check(ctx context.Context) (f Facts, err error) {
	// The login keeps a token, which belongs to Run.
	check := &Mailbox{cfg: m.cfg, login: &login{cfg: m.cfg, tls: m.login.tls}, dial: m.dial}
	s, err := check.connect(ctx)
	if err != nil {
		return f, err
	}
	defer s.close(ctx)
	f = Facts{Move: s.caps.Has(imap.CapMove), UIDPlus: s.caps.Has(imap.CapUIDPlus), Idle: s.caps.Has(imap.CapIdle)}
	for _, name := range []string{m.cfg.Folder, m.cfg.Processed, m.cfg.Quarantine} {
		if name == "" {
			continue
		}
		there, err := s.exists(ctx, name)
		if err != nil {
			return f, err
		}
		if !there {
			f.Missing = append(f.Missing, name)
		}
	}
	err = s.do(ctx, commandLimit, func() error {
		sel, err := s.c.Select(m.cfg.Folder, &imap.SelectOptions{ReadOnly: true}).Wait()
		if err == nil && sel.UIDValidity == 0 {
			err = errors.New("the server gives no UIDVALIDITY")
		}
		f.Mails = int(sel.NumMessages)
		return err
	})
	if err != nil {
		return f, fmt.Errorf("select %s: %w", m.cfg.Folder, err)
	}
	return f, nil
}
