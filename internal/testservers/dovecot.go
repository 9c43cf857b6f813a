package testservers

import (
	"context"
	"crypto/rand"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/textproto"
	"os"
	"os/user"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
)

// DovecotOptions are for DovecotWith and StartDovecot.
type DovecotOptions struct {
	Users []string
	// TLS adds a port with TLS from the first byte, and STARTTLS on the other,
	// under a certificate signed by itself.
	TLS bool
	// Config is added to dovecot.conf: a quota, a capability less, …
	Config string
}

// A DovecotServer is an IMAP server on a loopback port. Each user has a Maildir.
type DovecotServer struct {
	Host    string
	Port    int
	Addr    string // Host and Port
	TLSPort int    // 0 without DovecotOptions.TLS

	home      *home
	proc      *process
	bin       string
	owner     *user.User // of the Maildirs
	cred      *syscall.Credential
	carrier   carrier
	passwords map[string]string
	config    string
	cert      *x509.Certificate
}

// Dovecot starts a server with these users, each with an empty INBOX and a
// password of his own, until the test ends.
func Dovecot(t testing.TB, users ...string) *DovecotServer {
	t.Helper()
	return DovecotWith(t, DovecotOptions{Users: users})
}

// DovecotWith is Dovecot with more to choose.
func DovecotWith(t testing.TB, o DovecotOptions) *DovecotServer {
	t.Helper()
	s, err := StartDovecot(o)
	if err != nil {
		giveUp(t, err)
	}
	closeAfter(t, s.Close)
	return s
}

// StartDovecot starts a server of the caller's own, to be closed by him.
func StartDovecot(o DovecotOptions) (_ *DovecotServer, err error) {
	bin, err := program("dovecot")
	if err != nil {
		return nil, err
	}
	s := &DovecotServer{Host: "127.0.0.1", bin: bin, passwords: map[string]string{}, config: o.Config}
	if s.home, err = newHome("dovecot"); err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, s.home.close())
		}
	}()
	if err := s.prepare(o); err != nil {
		return nil, fmt.Errorf("dovecot: %w", err)
	}
	if err := s.choosePorts(o.TLS); err != nil {
		return nil, err
	}
	return s, s.Start()
}

// prepare makes all files but dovecot.conf. Dovecot runs without privileges
// even if we have them: one configuration for developers and for CI.
func (s *DovecotServer) prepare(o DovecotOptions) (err error) {
	if s.cred, err = unprivileged("dovecot", "nobody"); err != nil {
		return err
	}
	s.carrier.owner = s.cred
	if s.owner, err = user.Current(); s.cred != nil {
		s.owner, err = user.LookupId(strconv.FormatUint(uint64(s.cred.Uid), 10))
	}
	if err != nil {
		return err
	}
	var accounts strings.Builder
	for _, name := range o.Users {
		if name == "" || strings.ContainsAny(name, "/:\\ \n") || strings.HasPrefix(name, ".") {
			return fmt.Errorf("%q is no name for a user", name)
		}
		s.passwords[name] = rand.Text()
		fmt.Fprintf(&accounts, "%s:{PLAIN}%s\n", name, s.passwords[name])
		for _, sub := range []string{"tmp", "new", "cur"} {
			if err := os.MkdirAll(filepath.Join(s.Maildir(name), sub), 0o700); err != nil {
				return err
			}
		}
	}
	if err := s.home.write("accounts", accounts.String(), 0o600); err != nil {
		return err
	}
	if err := errors.Join(os.Mkdir(s.home.path("run"), 0o755), os.Mkdir(s.home.path("state"), 0o755)); err != nil {
		return err
	}
	if o.TLS {
		if s.cert, err = s.home.certificate("localhost"); err != nil {
			return err
		}
	}
	return s.giveAway()
}

// giveAway makes all files the server's, if it runs as another user.
func (s *DovecotServer) giveAway() error {
	if s.cred == nil {
		return nil
	}
	return filepath.WalkDir(s.home.dir, func(path string, _ os.DirEntry, err error) error {
		if err != nil {
			return err
		}
		return os.Chown(path, int(s.cred.Uid), int(s.cred.Gid))
	})
}

func (s *DovecotServer) choosePorts(withTLS bool) (err error) {
	if s.Port, err = freePort(); err != nil {
		return err
	}
	s.Addr = net.JoinHostPort(s.Host, strconv.Itoa(s.Port))
	if withTLS {
		if s.TLSPort, err = freePort(); err != nil {
			return err
		}
	}
	return s.home.write("dovecot.conf", s.conf(), 0o644)
}

// conf is dovecot.conf. Chroots want root, so each is taken away.
func (s *DovecotServer) conf() string {
	tls := "ssl = no"
	if s.TLSPort != 0 {
		tls = fmt.Sprintf("ssl = yes\nssl_cert = <%s\nssl_key = <%s", s.home.path("cert.pem"), s.home.path("key.pem"))
	}
	group := s.owner.Gid
	if g, err := user.LookupGroupId(group); err == nil {
		group = g.Name
	}
	return strings.NewReplacer(
		"DIR", s.home.dir,
		"USER", s.owner.Username,
		"GROUP", group,
		"UID", s.owner.Uid,
		"GID", s.owner.Gid,
		"HOST", s.Host,
		"TLSPORT", strconv.Itoa(s.TLSPort),
		"PORT", strconv.Itoa(s.Port),
	).Replace(`
protocols = imap
listen = HOST
base_dir = DIR/run
state_dir = DIR/state
log_path = DIR/dovecot.out
disable_plaintext_auth = no
auth_mechanisms = plain login
default_internal_user = USER
default_internal_group = GROUP
default_login_user = USER
default_vsz_limit = 512M
first_valid_uid = 1
mail_max_userip_connections = 200
mail_location = maildir:~/Maildir

service imap-login {
  chroot =
  inet_listener imap {
    port = PORT
  }
  inet_listener imaps {
    port = TLSPORT
    ssl = yes
  }
}
service anvil {
  chroot =
}
service stats {
  chroot =
}
passdb {
  driver = passwd-file
  args = username_format=%u DIR/accounts
}
userdb {
  driver = static
  args = uid=UID gid=GID home=DIR/mail/%u
}
namespace inbox {
  inbox = yes
  separator = /
}
`) + tls + "\n" + s.config + "\n"
}

// Start starts a stopped or killed server again, on the same ports and mails.
func (s *DovecotServer) Start() (err error) {
	s.proc, err = s.home.start("dovecot", s.cred, syscall.SIGTERM, s.bin, "-F", "-c", s.home.path("dovecot.conf"))
	if err != nil {
		return err
	}
	if err := s.proc.ready(s.ask); err != nil {
		return errors.Join(err, s.proc.kill())
	}
	return nil
}

// ask logs in, which nobody's server but ours allows; without users it is
// content with a greeting.
func (s *DovecotServer) ask(ctx context.Context) (err error) {
	conn, err := new(net.Dialer).DialContext(ctx, "tcp", s.Addr)
	if err != nil {
		return err
	}
	defer conn.Close()
	if deadline, ok := ctx.Deadline(); ok {
		if err := conn.SetDeadline(deadline); err != nil {
			return err
		}
	}
	text := textproto.NewConn(conn)
	line, err := text.ReadLine()
	if err != nil {
		return err
	}
	if !strings.HasPrefix(line, "* OK") {
		return fmt.Errorf("greeting %q", line)
	}
	for name, password := range s.passwords {
		if err := text.PrintfLine("a LOGIN %q %q", name, password); err != nil {
			return err
		}
		if line, err = text.ReadLine(); err != nil {
			return err
		}
		if !strings.HasPrefix(line, "a OK") {
			return fmt.Errorf("login as %s: %q", name, line)
		}
		return nil
	}
	return nil
}

// Stop ends the server; its mails stay.
func (s *DovecotServer) Stop() error { return s.proc.stop(syscall.SIGTERM) }

// Kill ends the server as a crash would; its mails stay.
func (s *DovecotServer) Kill() error { return s.proc.kill() }

// Close ends the server and removes its mails.
func (s *DovecotServer) Close() error {
	// Nothing is kept; its own way of ending takes a second.
	return errors.Join(s.proc.kill(), s.home.close())
}

// Password is a user's password, "" if there is no such user.
func (s *DovecotServer) Password(user string) string { return s.passwords[user] }

// CertPool trusts the server's certificate, made out to localhost and
// 127.0.0.1. Nil without DovecotOptions.TLS.
func (s *DovecotServer) CertPool() *x509.CertPool {
	if s.cert == nil {
		return nil
	}
	pool := x509.NewCertPool()
	pool.AddCert(s.cert)
	return pool
}

// TLSAddr is Host and TLSPort.
func (s *DovecotServer) TLSAddr() string {
	return net.JoinHostPort(s.Host, strconv.Itoa(s.TLSPort))
}

// Log is what the server wrote, for finding out why a test failed.
func (s *DovecotServer) Log() (string, error) {
	b, err := os.ReadFile(s.proc.logFile)
	return string(b), err
}

// Maildir is the folder of a user's mails: INBOX itself, and .Name below it.
func (s *DovecotServer) Maildir(user string) string {
	return s.home.path("mail", user, "Maildir")
}

// Deliver puts a mail into a user's INBOX, byte for byte, past SMTP.
func (s *DovecotServer) Deliver(user string, raw []byte) error {
	if s.passwords[user] == "" {
		return fmt.Errorf("dovecot has no user %q", user)
	}
	return s.carrier.deliver(s.Maildir(user), raw)
}

// Mails reads a user's folder ("INBOX", "Processed") past IMAP: the mails'
// bytes, in the order in which they came.
func (s *DovecotServer) Mails(user, folder string) ([][]byte, error) {
	return readMaildir(s.folder(user, folder))
}

// Count is the number of mails in a user's folder. Unlike Mails it can be asked
// while somebody moves them about.
func (s *DovecotServer) Count(user, folder string) (n int, err error) {
	for _, sub := range []string{"new", "cur"} {
		entries, err := os.ReadDir(filepath.Join(s.folder(user, folder), sub))
		if err != nil && !errors.Is(err, os.ErrNotExist) {
			return 0, err
		}
		n += len(entries)
	}
	return n, nil
}

// folder is where the mails of a user's folder lie.
func (s *DovecotServer) folder(user, name string) string {
	if name == "INBOX" {
		return s.Maildir(user)
	}
	return filepath.Join(s.Maildir(user), "."+strings.ReplaceAll(name, "/", "."))
}
