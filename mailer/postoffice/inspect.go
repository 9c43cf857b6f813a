package postoffice

import (
	"errors"
	"fmt"
	"log/slog"
	"net"
	"slices"
	"sync"
	"time"

	"github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapclient"
)

// A Mail lies in a folder.
type Mail struct {
	UID      uint32
	Flags    []string // sorted: \Seen; keywords come in lower case
	Received time.Time
	Raw      []byte
}

// Append puts a mail into a user's folder past SMTP, byte for byte. The folder
// is made if it is missing.
func (p *PostOffice) Append(user, folder string, raw []byte) (err error) {
	defer func() {
		if err != nil {
			err = fmt.Errorf("append to %s of %s: %w", folder, user, err)
		}
	}()
	box, err := p.named(user)
	if err != nil {
		return err
	}
	if err := box.user.Create(folder, nil); err == nil {
		if err := box.user.Subscribe(folder); err != nil {
			return err
		}
	}
	return box.append(folder, slices.Clone(raw), p.now())
}

// Mails lists what lies in a user's folder, in order. A folder that does not
// exist has no mails. Planned faults do not touch it.
func (p *PostOffice) Mails(user, folder string) (_ []Mail, err error) {
	defer func() {
		if err != nil {
			err = fmt.Errorf("mails in %s of %s: %w", folder, user, err)
		}
	}()
	box, err := p.named(user)
	if err != nil {
		return nil, err
	}
	c, err := p.inner.dial()
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, c.Close()) }()
	if err := c.Login(box.account.User, box.account.Password).Wait(); err != nil {
		return nil, err
	}
	if _, err := c.Select(folder, &imap.SelectOptions{ReadOnly: true}).Wait(); err != nil {
		var answer *imap.Error
		if errors.As(err, &answer) && answer.Code == imap.ResponseCodeNonExistent {
			return nil, nil
		}
		return nil, err
	}
	whole := &imap.FetchItemBodySection{Peek: true}
	found, err := c.Fetch(imap.UIDSet{imap.UIDRange{Start: 1}}, &imap.FetchOptions{
		UID: true, Flags: true, InternalDate: true,
		BodySection: []*imap.FetchItemBodySection{whole},
	}).Collect()
	if err != nil {
		return nil, err
	}
	var mails []Mail
	for _, m := range found {
		mail := Mail{UID: uint32(m.UID), Received: m.InternalDate, Raw: m.FindBodySection(whole)}
		for _, flag := range m.Flags {
			mail.Flags = append(mail.Flags, string(flag))
		}
		slices.Sort(mail.Flags)
		mails = append(mails, mail)
	}
	return mails, nil
}

// An inner is an IMAP server without a network: the library shows the contents
// of its folders to IMAP clients only, so we are one.
type inner struct {
	server *imapServer
	calls  chan net.Conn
	once   sync.Once
	closed chan struct{}
}

func startInner(p *PostOffice, log *slog.Logger) *inner {
	in := &inner{calls: make(chan net.Conn), closed: make(chan struct{})}
	in.server = serveIMAP(p, in, capabilities(nil), log)
	return in
}

// dial connects a client.
func (in *inner) dial() (*imapclient.Client, error) {
	theirs, ours := net.Pipe()
	select {
	case in.calls <- theirs:
		return imapclient.New(ours, nil), nil
	case <-in.closed:
		return nil, errors.Join(net.ErrClosed, theirs.Close(), ours.Close())
	}
}

func (in *inner) close() error { return in.server.close() }

// Accept, Close and Addr make it a net.Listener.
func (in *inner) Accept() (net.Conn, error) {
	select {
	case c := <-in.calls:
		return c, nil
	case <-in.closed:
		return nil, net.ErrClosed
	}
}

// Close may be called again, as by the library's server.
func (in *inner) Close() error {
	in.once.Do(func() { close(in.closed) })
	return nil
}

// Addr is no address anybody could dial.
func (in *inner) Addr() net.Addr { return &net.UnixAddr{Name: "postoffice", Net: "pipe"} }
