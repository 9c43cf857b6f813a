package mailbox

import (
	"bufio"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"errors"
	"io"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

func TestNewRefuses(t *testing.T) {
	good := Config{
		Name: "support", Host: "mail.respon.example", Port: 993, Username: "support", Password: password("x"),
		Processed: "Processed", Quarantine: "Quarantine",
	}
	d := newDesk(nil)
	for _, tt := range []struct {
		name   string
		change func(*Config)
		want   string // part of the error; "" if it is fine
	}{
		{"nothing", func(*Config) {}, ""},
		{"none for another host", func(c *Config) { c.Security = "none" }, "use tls"},
		{"none for a look-alike", func(c *Config) { c.Security, c.Host = "none", "localhost.evil.example" }, "use tls"},
		{"none for 127.0.0.2", func(c *Config) { c.Security, c.Host = "none", "127.0.0.2" }, ""},
		{"none for ::1", func(c *Config) { c.Security, c.Host = "none", "::1" }, ""},
		{"security", func(c *Config) { c.Security = "ssl" }, "tls, starttls, none"},
		{"auth", func(c *Config) { c.Auth = "cram-md5" }, "plain, xoauth2, oauthbearer"},
		{"no password", func(c *Config) { c.Password = nil }, "password"},
		{"no token URL", func(c *Config) { c.Auth = "xoauth2" }, "token URL"},
		{"port", func(c *Config) { c.Port = 0 }, "993"},
		{"poll", func(c *Config) { c.Poll = "often" }, "@every 1m"},
		{"poll the library panics on", func(c *Config) { c.Poll = "TZ=Europe/Madrid" }, "no cron spec"},
		{"poll that never comes", func(c *Config) { c.Poll = "0 0 30 2 *" }, "never comes"},
		{"processed is the folder", func(c *Config) { c.Processed = "inbox" }, "must be others"},
		{"wildcard", func(c *Config) { c.Quarantine = "Quar*" }, "can't be in a name"},
		{"line end in a folder", func(c *Config) { c.Processed = "a\r\nb" }, "can't be in a name"},
		{"missing CA file", func(c *Config) { c.CAFile = "testdata/missing.pem" }, "CA file"},
		{"CA file that is none", func(c *Config) { c.CAFile = "login_test.go" }, "no PEM certificate"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			cfg := good
			tt.change(&cfg)
			_, err := New(cfg, d.take, d, silent(), time.Now)
			if (err == nil) != (tt.want == "") || err != nil && !strings.Contains(err.Error(), tt.want) {
				t.Errorf("got %v, want %q", err, tt.want)
			}
		})
	}
}

func TestTheMailboxNameHoldsTheFolder(t *testing.T) {
	for folder, want := range map[string]string{"": "support", "inbox": "support", "Peticiones": "support/Peticiones"} {
		d := newDesk(nil)
		cfg := Config{Name: "support", Host: "h.example", Port: 993, Username: "u", Password: password("x"), Folder: folder}
		m, err := New(cfg, d.take, d, silent(), time.Now)
		if err != nil {
			t.Fatal(err)
		}
		if m.key != want {
			t.Errorf("folder %q: mailbox %q, want %q", folder, m.key, want)
		}
	}
}

// certificate makes one for localhost, and writes it to a file.
func certificate(t *testing.T) (cert tls.Certificate, file string) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), DNSNames: []string{"localhost"}, IsCA: true, BasicConstraintsValid: true,
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	file = filepath.Join(t.TempDir(), "ca.pem")
	if err := os.WriteFile(file, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}), 0o600); err != nil {
		t.Fatal(err)
	}
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}, file
}

// TestStartTLS: a man in the middle, who speaks before TLS, gets nothing but STARTTLS to read.
func TestStartTLS(t *testing.T) {
	cert, caFile := certificate(t)
	for _, tt := range []struct {
		name    string
		says    []string // after connecting, and after STARTTLS
		tls     bool     // then begins TLS
		wantErr string
	}{
		{name: "decent", says: []string{"* OK hi\r\n", "* CAPABILITY IMAP4rev1\r\nS OK go\r\n"}, tls: true},
		{name: "PREAUTH", says: []string{"* PREAUTH welcome\r\n"}, wantErr: "no OK"},
		{name: "BYE", says: []string{"* BYE no\r\n"}, wantErr: "no OK"},
		{name: "refused", says: []string{"* OK hi\r\n", "S NO not here\r\n"}, wantErr: "refused"},
		{name: "BAD", says: []string{"* OK hi\r\n", "S BAD what\r\n"}, wantErr: "refused"},
		{name: "another tag", says: []string{"* OK hi\r\n", "X OK go\r\n"}, wantErr: "refused"},
		{name: "went on in the clear", says: []string{"* OK hi\r\n", "S OK go\r\n* OK [CAPABILITY IMAP4rev1] trust me\r\n"}, wantErr: "in the clear"},
		{name: "clear text instead of TLS", says: []string{"* OK hi\r\n", "S OK go\r\n", "T1 OK you are in\r\n"}, wantErr: "tls"},
		{name: "cut after OK without a line end", says: []string{"* OK hi\r\n", "S OK go"}, wantErr: "EOF"},
		{name: "a line without end", says: []string{"* OK " + strings.Repeat("x", 10_000)}, wantErr: "buffer full"},
		{name: "chatter", says: []string{"* OK hi\r\n", strings.Repeat("* OK chat\r\n", 30)}, wantErr: "no answer"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			client, server := net.Pipe()
			var heard strings.Builder
			done := make(chan struct{})
			go func() {
				defer close(done)
				defer server.Close()
				r := bufio.NewReader(io.TeeReader(server, &heard))
				for i, text := range tt.says {
					if i > 0 {
						if _, err := r.ReadString('\n'); err != nil {
							return
						}
					}
					if _, err := io.WriteString(server, text); err != nil {
						return
					}
				}
				if tt.tls {
					// Whoever gets here may read the rest.
					secure := tls.Server(server, &tls.Config{Certificates: []tls.Certificate{cert}})
					if err := secure.Handshake(); err != nil {
						t.Errorf("handshake: %v", err)
					}
				}
			}()
			cfg := Config{Name: "s", Host: "localhost", Port: 143, Security: "starttls", CAFile: caFile, Username: "ana", Password: password("geheim")}
			m, err := New(cfg, newDesk(nil).take, newDesk(nil), silent(), time.Now)
			if err != nil {
				t.Fatal(err)
			}
			ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
			defer cancel()
			conn, err := m.login.secure(ctx, client)
			if err == nil {
				conn.Close()
			}
			client.Close()
			<-done
			if (err == nil) != (tt.wantErr == "") || err != nil && !strings.Contains(err.Error(), tt.wantErr) {
				t.Errorf("got %v, want %q", err, tt.wantErr)
			}
			if said := heard.String(); strings.Contains(said, "geheim") || strings.Contains(said, "LOGIN") || strings.Contains(said, "AUTH") {
				t.Errorf("said in the clear: %q", said)
			}
		})
	}
}

// TestStartTLSEndsWithItsContext: silence in the middle of the negotiation doesn't hold a connection for ever.
func TestStartTLSEndsWithItsContext(t *testing.T) {
	client, server := net.Pipe()
	defer server.Close()
	l := &login{cfg: Config{Security: "starttls"}, tls: &tls.Config{ServerName: "localhost"}}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := l.secure(ctx, client); err == nil {
		t.Error("no error")
	}
}

// TestTokens: a token is asked for once, shown in the right form, and asked for anew after a refusal.
func TestTokens(t *testing.T) {
	for auth, want := range map[string]string{
		"xoauth2":     "user=a,n=a\x01auth=Bearer token-1\x01\x01",
		"oauthbearer": "n,a=a=2Cn=3Da,\x01host=localhost\x01port=143\x01auth=Bearer token-1\x01\x01",
	} {
		t.Run(auth, func(t *testing.T) {
			var asked atomic.Int32
			tokens := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if _, secret, _ := r.BasicAuth(); secret != "client secret" && r.FormValue("client_secret") != "client secret" {
					w.WriteHeader(http.StatusUnauthorized)
					return
				}
				n := asked.Add(1)
				w.Header().Set("Content-Type", "application/json")
				io.WriteString(w, `{"access_token":"token-`+string('0'+rune(n))+`","token_type":"Bearer","expires_in":3600}`)
			}))
			defer tokens.Close()
			server := newFakeServer(t, "")
			m := oauthMailbox(t, auth, tokens.URL, server)
			for range 2 {
				s, err := m.connect(t.Context())
				if err != nil {
					t.Fatal(err)
				}
				s.close(t.Context())
			}
			if n := asked.Load(); n != 1 {
				t.Errorf("%d tokens asked for in two logins, want 1", n)
			}
			mech := strings.ToUpper(auth)
			if n := server.said("AUTHENTICATE " + mech + " " + base64.StdEncoding.EncodeToString([]byte(want))); n != 2 {
				t.Errorf("the server did not hear the token twice as it should: %q", server.heard)
			}

			server.conns.Wait() // the connections before have ended: nobody reads the script
			server.script = []scriptEntry{{
				words: []string{"AUTHENTICATE"},
				do:    []string{"< + eyJzdGF0dXMiOiI0MDEifQ=="},
			}, {
				words: []string{bare}, // the dummy answer, which has no tag
				do:    []string{"< T2 NO [AUTHENTICATIONFAILED] expired: token-1"},
			}}
			server.caps = "IMAP4rev1 SASL-IR"
			_, err := m.connect(t.Context())
			var refused *authError
			if !errors.As(err, &refused) || strings.Contains(err.Error(), "token-1") {
				t.Errorf("after an expired token: %v, want a refusal without the token", err)
			}
			s, err := m.connect(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			s.close(t.Context())
			if n := asked.Load(); n != 2 {
				t.Errorf("%d tokens asked for after a refusal, want 2", n)
			}
			server.conns.Wait()
		})
	}
}

func oauthMailbox(t *testing.T, auth, url string, server *fakeServer) *Mailbox {
	t.Helper()
	d := newDesk(nil)
	m, err := New(Config{
		Name: "support", Host: "localhost", Port: 143, Security: "none", Username: "a,n=a", Auth: auth,
		OAuth2: OAuth2{TokenURL: url, ClientID: "respon", ClientSecret: password("client secret")},
	}, d.take, d, silent(), time.Now)
	if err != nil {
		t.Fatal(err)
	}
	m.dial = server.dial
	return m
}

func TestTokenServerSaysNo(t *testing.T) {
	for status, wantRefused := range map[int]bool{401: true, 400: true, 429: false, 500: false, 503: false} {
		tokens := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(status)
			io.WriteString(w, "you sent client secret")
		}))
		server := newFakeServer(t, "")
		m := oauthMailbox(t, "xoauth2", tokens.URL, server)
		_, err := m.connect(t.Context())
		var refused *authError
		if err == nil || errors.As(err, &refused) != wantRefused {
			t.Errorf("status %d: %v; want refused: %v", status, err, wantRefused)
		}
		if strings.Contains(err.Error(), "client secret") {
			t.Errorf("the secret is in the error: %v", err)
		}
		server.conns.Wait()
		tokens.Close()
	}
}

func TestLoginFallsBackToLOGIN(t *testing.T) {
	for caps, want := range map[string]string{
		"IMAP4rev1":                        `LOGIN "support"`,
		"IMAP4rev1 LOGINDISABLED":          "",
		"IMAP4rev1 AUTH=PLAIN":             "AUTHENTICATE PLAIN",
		"IMAP4rev1 AUTH=PLAIN SASL-IR ID ": "AUTHENTICATE PLAIN AHN1",
	} {
		server := newFakeServer(t, "> AUTHENTICATE PLAIN\n!usual")
		if caps == "IMAP4rev1 AUTH=PLAIN" {
			server.script = []scriptEntry{
				{words: []string{"AUTHENTICATE"}, do: []string{"< +"}},
				{words: []string{bare}, do: []string{"< T2 OK in"}}, // the answer to it, which has no tag
			}
		}
		server.caps = strings.TrimSpace(caps)
		d := newDesk(nil)
		cfg := Config{Name: "s", Host: "localhost", Port: 143, Security: "none", Username: "support", Password: password("pw")}
		m, err := New(cfg, d.take, d, silent(), time.Now)
		if err != nil {
			t.Fatal(err)
		}
		m.dial = server.dial
		s, err := m.connect(t.Context())
		if err == nil {
			s.close(t.Context())
		}
		if (err == nil) != (want != "") || want != "" && server.said(want) != 1 {
			t.Errorf("%s: %v, heard %q, want %q", caps, err, server.heard, want)
		}
		server.conns.Wait()
	}
}
