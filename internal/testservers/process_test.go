package testservers

import (
	"net"
	"strconv"
	"syscall"
	"testing"
)

// A port is handed out once, also while no server listens on it, and a server
// can listen on it again and again.
func TestPortIsKept(t *testing.T) {
	port, err := freePort()
	if err != nil {
		t.Fatal(err)
	}
	for range 2 {
		fd, err := syscall.Socket(syscall.AF_INET, syscall.SOCK_STREAM|syscall.SOCK_CLOEXEC, 0)
		if err != nil {
			t.Fatal(err)
		}
		if err := syscall.Bind(fd, &syscall.SockaddrInet4{Port: port, Addr: [4]byte{127, 0, 0, 1}}); err == nil {
			t.Error("somebody else gets the port")
		}
		if err := syscall.Close(fd); err != nil {
			t.Error(err)
		}
		l, err := net.Listen("tcp", net.JoinHostPort("127.0.0.1", strconv.Itoa(port)))
		if err != nil {
			t.Fatalf("its own server: %v", err)
		}
		if err := l.Close(); err != nil {
			t.Error(err)
		}
	}
}
