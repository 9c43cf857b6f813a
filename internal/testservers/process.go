package testservers

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

const (
	// startLimit is generous: a busy CI machine may start many servers at once.
	startLimit = 60 * time.Second
	// stopLimit is what a server gets to end by itself before it is killed.
	stopLimit = 10 * time.Second
	// pollEvery is how often a condition is looked at while waiting for it.
	pollEvery = 10 * time.Millisecond
)

// A home is the folder of one server, with the keeper that removes it.
type home struct {
	dir    string
	keeper *exec.Cmd
	alive  io.WriteCloser // the keeper acts when this is closed
}

// keeper waits until its standard input ends, which is when we close it or
// when this process is gone, however it went. Then it ends the server of each
// *.pid file (a signal and a process group) in the folder, for which it has five
// seconds to tidy up, and removes the folder. The second removal is for what a
// dying server still wrote during the first.
const keeper = `
trap '' HUP INT TERM QUIT
cat >/dev/null
for f in "$1"/*.pid; do
	[ -f "$f" ] || continue
	read -r signal pid <"$f"
	kill -"$signal" "$pid"
	for i in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 21 22 23 24 25; do
		kill -0 "$pid" && sleep 0.2 || break
	done
	kill -KILL -- "-$pid"
done
rm -rf -- "$1" || { sleep 1; rm -rf -- "$1"; }
`

// newHome makes a folder that every user can reach, since servers started by
// root go on as users of their own.
func newHome(name string) (*home, error) {
	dir, err := os.MkdirTemp(reachableTemp(), "respon-"+name+"-")
	if err != nil {
		return nil, err
	}
	h := &home{dir: dir}
	if err := h.prepare(); err != nil {
		return nil, errors.Join(fmt.Errorf("folder of %s: %w", name, err), os.RemoveAll(dir))
	}
	return h, nil
}

func (h *home) prepare() error {
	if err := os.Chmod(h.dir, 0o755); err != nil {
		return err
	}
	h.keeper = exec.Command("/bin/sh", "-c", keeper, "keeper", h.dir)
	// A Ctrl-C in the terminal is for the tests, not for who cleans up after them.
	h.keeper.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	h.keeper.Dir = "/"
	var err error
	if h.alive, err = h.keeper.StdinPipe(); err != nil {
		return err
	}
	return h.keeper.Start()
}

// close removes the folder and kills what still runs in it.
func (h *home) close() error {
	return errors.Join(h.alive.Close(), h.keeper.Wait())
}

// path names a file in the folder.
func (h *home) path(elem ...string) string {
	return filepath.Join(append([]string{h.dir}, elem...)...)
}

// write makes a file in the folder, and the folders above it.
func (h *home) write(name, content string, mode os.FileMode) error {
	path := h.path(name)
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return err
	}
	return os.WriteFile(path, []byte(content), mode)
}

// reachableTemp is the folder for temporary files, or /tmp where that one is
// closed to other users or so deep that names of sockets (108 bytes) get too long.
func reachableTemp() string {
	dir, err := filepath.Abs(os.TempDir())
	if err != nil || len(dir) > 40 {
		return "/tmp"
	}
	for d := dir; d != "/"; d = filepath.Dir(d) {
		info, err := os.Stat(d)
		if err != nil || info.Mode().Perm()&0o001 == 0 {
			return "/tmp"
		}
	}
	return dir
}

// A process is a server's main process. It leads a session, and with it a
// process group, of its own, so that its children can be killed with it.
type process struct {
	name    string
	pidFile string
	logFile string
	cmd     *exec.Cmd
	done    chan struct{} // closed when it has ended
}

// start runs a server in its home. cred is nil or the user it shall run as.
// death is the signal it gets when this process dies.
func (h *home) start(name string, cred *syscall.Credential, death syscall.Signal, argv ...string) (*process, error) {
	p := &process{
		name:    name,
		pidFile: h.path(name + ".pid"),
		logFile: h.path(name + ".out"),
		cmd:     exec.Command(argv[0], argv[1:]...),
		done:    make(chan struct{}),
	}
	out, err := os.OpenFile(p.logFile, os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o644)
	if err != nil {
		return nil, err
	}
	defer out.Close() // the server has its own descriptor by then
	if cred != nil {  // it may want to open it again
		if err := out.Chown(int(cred.Uid), int(cred.Gid)); err != nil {
			return nil, err
		}
	}
	p.cmd.Stdout, p.cmd.Stderr = out, out
	p.cmd.Dir = h.dir
	p.cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Credential: cred, Pdeathsig: death}
	if err := p.cmd.Start(); err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	go func() {
		defer close(p.done)
		// How it ended is of no interest: who waits for it wants it gone, and
		// who does not expect it to end reports its log.
		_ = p.cmd.Wait()
	}()
	entry := fmt.Sprintf("%d %d\n", death, p.cmd.Process.Pid)
	if err := os.WriteFile(p.pidFile, []byte(entry), 0o644); err != nil {
		return nil, errors.Join(err, p.kill())
	}
	return p, nil
}

// ready waits until ask succeeds, and gives up when the server has ended or
// the deadline is past; the error has the end of the server's log.
func (p *process) ready(ask func(context.Context) error) error {
	ctx, cancel := context.WithTimeout(context.Background(), startLimit)
	defer cancel()
	err := poll(ctx, func() (bool, error) {
		select {
		case <-p.done:
			return false, errors.New("ended at once")
		default:
			return true, ask(ctx)
		}
	})
	if err != nil {
		return fmt.Errorf("%s did not start: %w\n%s", p.name, err, p.tail())
	}
	return nil
}

// stop ends the server by a signal, and by force if it takes too long.
func (p *process) stop(sig syscall.Signal) error {
	children := descendants(p.cmd.Process.Pid)
	if err := p.cmd.Process.Signal(sig); err != nil && !errors.Is(err, os.ErrProcessDone) {
		return err
	}
	timer := time.NewTimer(stopLimit)
	defer timer.Stop()
	select {
	case <-p.done:
	case <-timer.C:
	}
	if err := p.kill(); err != nil {
		return err
	}
	// Dovecot's master ends at once and leaves those who serve a connection up
	// to ten seconds; whoever stops a server wants it gone.
	return p.end(children)
}

// kill ends the server and its children as a power cut would: at once.
// The group alone is not enough: each backend of PostgreSQL leads a session of
// its own and would go on to commit for a moment.
func (p *process) kill() error {
	pid := p.cmd.Process.Pid
	select {
	case <-p.done: // the number may be another's by now
	default:
		// Stopped first, so that it has no further children while we count them.
		_ = syscall.Kill(pid, syscall.SIGSTOP) // gone meanwhile is as good
		children := descendants(pid)
		_ = syscall.Kill(-pid, syscall.SIGKILL) // likewise
		<-p.done
		if err := p.end(children); err != nil {
			return err
		}
	}
	if err := os.Remove(p.pidFile); err != nil && !errors.Is(err, os.ErrNotExist) {
		return err
	}
	return nil
}

// descendants lists the children of a process, their children, and so on. It
// knows only Linux; elsewhere the list is empty.
func descendants(pid int) []int {
	var all []int
	// A process that ends meanwhile has no file and no children.
	list, _ := os.ReadFile(fmt.Sprintf("/proc/%d/task/%[1]d/children", pid))
	for _, field := range strings.Fields(string(list)) {
		if child, err := strconv.Atoi(field); err == nil {
			all = append(append(all, child), descendants(child)...)
		}
	}
	return all
}

// end kills the server's children and waits until they are gone.
func (p *process) end(pids []int) error {
	for _, pid := range pids {
		_ = syscall.Kill(pid, syscall.SIGKILL) // gone meanwhile is as good
	}
	ctx, cancel := context.WithTimeout(context.Background(), stopLimit)
	defer cancel()
	return poll(ctx, func() (bool, error) {
		for _, pid := range pids {
			stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
			// A zombie has ended; in a container nobody may ever collect it.
			if err == nil && !strings.Contains(string(stat), ") Z ") {
				return true, fmt.Errorf("%s: process %d does not end", p.name, pid)
			}
		}
		return false, nil
	})
}

// tail is the end of what the server wrote.
func (p *process) tail() string {
	b, err := os.ReadFile(p.logFile)
	if err != nil {
		return err.Error()
	}
	lines := strings.Split(strings.TrimSpace(string(b)), "\n")
	return strings.Join(lines[max(0, len(lines)-15):], "\n")
}

// poll asks until the answer is nil, asking again makes no sense, or ctx ends.
func poll(ctx context.Context, ask func() (again bool, err error)) error {
	tick := time.NewTicker(pollEvery)
	defer tick.Stop()
	for {
		again, err := ask()
		if err == nil || !again {
			return err
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return err
		}
	}
}

// FreeAddress gives a loopback address that nobody listens on, for a server that
// is started as a program of its own and may be started again.
func FreeAddress(tb testing.TB) string {
	tb.Helper()
	port, err := freePort()
	if err != nil {
		tb.Fatal(err)
	}
	return net.JoinHostPort("127.0.0.1", strconv.Itoa(port))
}

// freePort finds a loopback port that nobody has, and keeps it for this process's
// servers, so that one which is stopped and started again finds it still free. It looks
// below the range from which Linux serves outgoing connections (32768 and up).
//
// The port is kept by a socket that is bound to it and never listens. It was bound
// without SO_REUSEADDR, which fails if anybody is there, be it another process that
// looks for a port like this; it has the option afterwards, so that servers, all of
// which set it, may bind beside it. It ends with the process.
func freePort() (int, error) {
	var last error
	for range 100 {
		port := 20000 + rand.IntN(12000)
		fd, err := syscall.Socket(syscall.AF_INET, syscall.SOCK_STREAM|syscall.SOCK_CLOEXEC, 0)
		if err != nil {
			return 0, fmt.Errorf("no free port: %w", err)
		}
		err = syscall.Bind(fd, &syscall.SockaddrInet4{Port: port, Addr: [4]byte{127, 0, 0, 1}})
		if err == nil {
			err = syscall.SetsockoptInt(fd, syscall.SOL_SOCKET, syscall.SO_REUSEADDR, 1)
		}
		if err == nil {
			return port, nil
		}
		last = errors.Join(err, syscall.Close(fd))
	}
	return 0, fmt.Errorf("no free port: %w", last)
}
