package testservers

import (
	"bufio"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
)

// A PostfixServer is an SMTP server on a loopback port that delivers into the
// Maildirs of a DovecotServer. No mail leaves it for another host.
type PostfixServer struct {
	Host string
	Port int
	Addr string // Host and Port

	home    *home
	proc    *process
	daemons string // folder of master, smtpd, …
	name    string // what it greets with, to be told from others
}

// Postfix starts a server until the test ends. Mails to user@domain, or
// user+detail@domain, of a user of Dovecot's and one of the domains are delivered
// to that user; others are refused.
func Postfix(t testing.TB, d *DovecotServer, domains ...string) *PostfixServer {
	t.Helper()
	return PostfixWith(t, d, "", domains...)
}

// PostfixWith is Postfix with lines of its own at the end of main.cf.
func PostfixWith(t testing.TB, d *DovecotServer, config string, domains ...string) *PostfixServer {
	t.Helper()
	s, err := StartPostfix(d, config, domains...)
	if err != nil {
		giveUp(t, err)
	}
	closeAfter(t, s.Close)
	return s
}

// StartPostfix starts a server of the caller's own, to be closed by him.
func StartPostfix(d *DovecotServer, config string, domains ...string) (_ *PostfixServer, err error) {
	if err := postfixAvailable(); err != nil {
		return nil, err
	}
	s := &PostfixServer{Host: "127.0.0.1", name: strings.ToLower(rand.Text()) + ".testservers.example"}
	if s.home, err = newHome("postfix"); err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, s.home.close())
		}
	}()
	if s.daemons, err = postconf("daemon_directory"); err != nil {
		return nil, err
	}
	if s.Port, err = freePort(); err != nil {
		return nil, err
	}
	s.Addr = net.JoinHostPort(s.Host, strconv.Itoa(s.Port))
	if err = s.prepare(d, config, domains); err != nil {
		return nil, fmt.Errorf("postfix: %w", err)
	}
	return s, s.Start()
}

// postfixAvailable tells why Postfix cannot be started here, or nil. Its master
// starts each of its programs under another user, which takes root.
func postfixAvailable() error {
	for _, name := range []string{"postfix", "postconf"} {
		if _, err := program(name); err != nil {
			return err
		}
	}
	if os.Geteuid() != 0 {
		return fmt.Errorf("postfix can be started by root only: %w", ErrMissing)
	}
	if _, err := user.Lookup("postfix"); err != nil {
		return fmt.Errorf("%w: %w", err, ErrMissing)
	}
	return nil
}

// postconf asks for a default that was chosen when Postfix was compiled.
func postconf(name string) (string, error) {
	path, err := program("postconf")
	if err != nil {
		return "", err
	}
	out, err := exec.Command(path, "-dh", name).Output()
	if err != nil {
		return "", fmt.Errorf("postconf %s: %w", name, err)
	}
	return strings.TrimSpace(string(out)), nil
}

// prepare makes the configuration, the list of mailboxes and the queue.
func (s *PostfixServer) prepare(d *DovecotServer, config string, domains []string) error {
	var mailboxes strings.Builder
	for name := range d.passwords {
		for _, domain := range domains {
			fmt.Fprintf(&mailboxes, "%s@%s %s/Maildir/\n", name, domain, name)
		}
	}
	fill := strings.NewReplacer(
		"DIR", s.home.dir, "NAME", s.name, "HOST", s.Host, "PORT", strconv.Itoa(s.Port),
		"DAEMONS", s.daemons, "DOMAINS", strings.Join(domains, " "),
		"BASE", d.home.path("mail"), "UID", d.owner.Uid, "GID", d.owner.Gid,
	)
	err := errors.Join(
		s.home.write("mailboxes", mailboxes.String(), 0o644),
		s.home.write("main.cf", fill.Replace(postfixMain)+config, 0o644),
		s.home.write("master.cf", fill.Replace(postfixMaster), 0o644),
		os.MkdirAll(s.home.path("spool"), 0o755),
		os.MkdirAll(s.home.path("data"), 0o700),
	)
	if err != nil {
		return err
	}
	owner, err := unprivileged("postfix")
	if err != nil {
		return err
	}
	if err := os.Chown(s.home.path("data"), int(owner.Uid), int(owner.Gid)); err != nil {
		return err
	}
	// It also makes the folders of the queue, each with the owner it wants.
	postfix, err := program("postfix")
	if err != nil {
		return err
	}
	if out, err := exec.Command(postfix, "-c", s.home.dir, "check").CombinedOutput(); err != nil {
		return fmt.Errorf("check: %w\n%s", err, out)
	}
	return nil
}

// postfixMain is main.cf: no DNS, no relaying, no mail to other hosts.
const postfixMain = `
compatibility_level = 3.6
queue_directory = DIR/spool
data_directory = DIR/data
daemon_directory = DAEMONS
maillog_file = /dev/stdout
mail_owner = postfix
inet_interfaces = HOST
inet_protocols = ipv4
myhostname = NAME
smtpd_banner = NAME ESMTP
mydestination =
mynetworks =
alias_maps =
alias_database =
local_recipient_maps =
biff = no
recipient_delimiter = +
virtual_mailbox_domains = DOMAINS
virtual_mailbox_base = BASE
virtual_mailbox_maps = texthash:DIR/mailboxes
virtual_minimum_uid = 1
virtual_uid_maps = static:UID
virtual_gid_maps = static:GID
virtual_mailbox_limit = 0
message_size_limit = 67108864
smtpd_relay_restrictions = reject_unauth_destination
smtpd_peername_lookup = no
smtpd_client_connection_count_limit = 0
smtp_dns_support_level = disabled
default_transport = error:no mail leaves this server
relay_transport = error:no mail leaves this server
in_flow_delay = 0
`

// postfixMaster is master.cf, without chroots: they would want files of /etc.
const postfixMaster = `
HOST:PORT inet  n - n - - smtpd
cleanup   unix  n - n - 0 cleanup
qmgr      unix  n - n 300 1 qmgr
rewrite   unix  - - n - - trivial-rewrite
bounce    unix  - - n - 0 bounce
defer     unix  - - n - 0 bounce
trace     unix  - - n - 0 bounce
verify    unix  - - n - 1 verify
flush     unix  n - n 1000? 0 flush
proxymap  unix  - - n - - proxymap
error     unix  - - n - - error
retry     unix  - - n - - error
virtual   unix  - n n - - virtual
anvil     unix  - - n - 1 anvil
postlog   unix-dgram n - n - 1 postlogd
`

// Start starts a stopped or killed server again, on the same port and queue.
func (s *PostfixServer) Start() (err error) {
	// -s: in the foreground, as "postfix start-fg" has it.
	s.proc, err = s.home.start("postfix", nil, syscall.SIGTERM,
		filepath.Join(s.daemons, "master"), "-c", s.home.dir, "-s")
	if err != nil {
		return err
	}
	if err := s.proc.ready(s.ask); err != nil {
		return errors.Join(err, s.proc.kill())
	}
	return nil
}

// ask reads the greeting, which has a name that only we can know.
func (s *PostfixServer) ask(ctx context.Context) error {
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
	line, err := bufio.NewReader(conn).ReadString('\n')
	if err != nil {
		return err
	}
	if !strings.HasPrefix(line, "220 "+s.name) {
		return fmt.Errorf("greeting %q", line)
	}
	return nil
}

// Stop ends the server; its queue stays.
func (s *PostfixServer) Stop() error { return s.proc.stop(syscall.SIGTERM) }

// Kill ends the server as a crash would; its queue stays.
func (s *PostfixServer) Kill() error { return s.proc.kill() }

// Close ends the server and removes its queue.
func (s *PostfixServer) Close() error {
	return errors.Join(s.proc.kill(), s.home.close())
}

// Log is what the server wrote, for finding out why a mail did not arrive.
func (s *PostfixServer) Log() (string, error) {
	b, err := os.ReadFile(s.proc.logFile)
	return string(b), err
}
