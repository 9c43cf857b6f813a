package mailbox

import (
	"bufio"
	"context"
	"crypto/tls"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapclient"
	"github.com/emersion/go-sasl"
	"golang.org/x/oauth2"
	"golang.org/x/oauth2/clientcredentials"
)

const (
	dialLimit  = 30 * time.Second
	loginLimit = 60 * time.Second // Dovecot answers a wrong password only after some seconds, more of them each time
	tokenLimit = 30 * time.Second
	keepAlive  = 30 * time.Second
)

// authError is a refused login: trying it again soon could lock the account, and won't help.
type authError struct{ err error }

func (e *authError) Error() string { return "login refused: " + e.err.Error() }
func (e *authError) Unwrap() error { return e.err }

// login makes connections on which nobody is logged in yet, and logs in.
type login struct {
	cfg   Config
	tls   *tls.Config
	token oauth2.TokenSource // keeps a token until it expires; nil after a refusal, so that a fresh one is asked for
}

// dial connects. What it returns is encrypted, unless Security is none.
func (l *login) dial(ctx context.Context) (net.Conn, error) {
	ctx, cancel := context.WithTimeout(ctx, dialLimit)
	defer cancel()
	d := net.Dialer{KeepAliveConfig: net.KeepAliveConfig{Enable: true, Idle: keepAlive, Interval: keepAlive, Count: 3}}
	conn, err := d.DialContext(ctx, "tcp", net.JoinHostPort(l.cfg.Host, strconv.Itoa(l.cfg.Port)))
	if err != nil {
		return nil, err
	}
	return l.secure(ctx, conn)
}

// secure does what Security asks for, and closes the connection if it can't.
func (l *login) secure(ctx context.Context, conn net.Conn) (_ net.Conn, err error) {
	defer func() {
		if err != nil {
			conn.Close() // the error that matters is on its way up
		}
	}()
	switch l.cfg.Security {
	case "none":
		// The name said loopback; the resolver may have said something else.
		if a, ok := conn.RemoteAddr().(*net.TCPAddr); ok && !a.IP.IsLoopback() {
			return nil, fmt.Errorf("%s is %s, not this machine: security none is refused", l.cfg.Host, a.IP)
		}
		return conn, nil
	case "starttls":
		stop := context.AfterFunc(ctx, func() { conn.Close() }) // it ends the reads below
		defer stop()
		if err := startTLS(conn); err != nil {
			return nil, fmt.Errorf("starttls: %w", err)
		}
	}
	t := tls.Client(conn, l.tls)
	if err := t.HandshakeContext(ctx); err != nil {
		return nil, fmt.Errorf("tls: %w", err)
	}
	if l.cfg.Security == "starttls" {
		// The greeting was in the clear; the library waits for one.
		return &greeted{Conn: t, greeting: strings.NewReader("* OK TLS begun\r\n")}, nil
	}
	return t, nil
}

// startTLS asks for TLS in the clear (RFC 9051, 6.2.1). The library could, but waits for ever on an answer cut off at
// the wrong place. Nothing a server says before TLS is kept: a man in the middle could have said it.
func startTLS(conn net.Conn) error {
	r := bufio.NewReaderSize(conn, 8<<10)
	greeting, err := answerLine(r)
	if err != nil {
		return err
	}
	// A server that says PREAUTH can't be asked for TLS any more (RFC 9051, 7.1.4): whoever says it wants us in the clear.
	if !hasPrefixFold(greeting, "* OK") {
		return fmt.Errorf("the server's greeting is no OK: %.80q", greeting)
	}
	if _, err := io.WriteString(conn, "S STARTTLS\r\n"); err != nil {
		return err
	}
	for range 20 {
		line, err := answerLine(r)
		switch {
		case err != nil:
			return err
		case hasPrefixFold(line, "* "):
			continue
		case !hasPrefixFold(line, "S OK"):
			return fmt.Errorf("refused: %.80q", line)
		case r.Buffered() > 0:
			return errors.New("the server went on in the clear after its OK")
		}
		return nil
	}
	return errors.New("no answer in 20 lines")
}

func answerLine(r *bufio.Reader) (string, error) {
	line, err := r.ReadSlice('\n')
	if errors.Is(err, io.EOF) {
		err = io.ErrUnexpectedEOF
	}
	return string(line), err
}

func hasPrefixFold(s, prefix string) bool {
	return len(s) >= len(prefix) && strings.EqualFold(s[:len(prefix)], prefix)
}

// greeted is a connection that says something of its own first.
type greeted struct {
	net.Conn
	greeting *strings.Reader
}

func (g *greeted) Read(b []byte) (int, error) {
	if g.greeting.Len() > 0 {
		return g.greeting.Read(b)
	}
	return g.Conn.Read(b)
}

// login logs in on a new connection.
func (l *login) login(ctx context.Context, s *session) error {
	secret, err := l.secret(ctx)
	if err != nil {
		return err
	}
	err = s.do(ctx, loginLimit, func() error {
		if err := s.c.WaitGreeting(); err != nil {
			return err
		}
		if s.c.State() == imap.ConnStateAuthenticated {
			return errors.New("the server says PREAUTH: it takes anybody for somebody, and we can't know whom")
		}
		return l.present(s.c, secret)
	})
	if err == nil {
		return nil
	}
	if no := refusal(err); no != nil && !passing(no.Code) {
		l.token = nil
		err = &authError{err}
	}
	return censor(err, secret)
}

// present shows the server who we are, by the best means it has.
func (l *login) present(c *imapclient.Client, secret string) error {
	switch caps := c.Caps(); {
	case l.cfg.Auth != "plain":
		return c.Authenticate(&bearer{cfg: l.cfg, token: secret})
	case caps.Has(imap.AuthCap(sasl.Plain)):
		return c.Authenticate(sasl.NewPlainClient("", l.cfg.Username, secret))
	case caps.Has(imap.CapLoginDisabled):
		return errors.New("the server allows no password on this connection; security tls?")
	default:
		return c.Login(l.cfg.Username, secret).Wait()
	}
}

// passing tells the refusals that say nothing about the password (RFC 5530, section 3).
func passing(code imap.ResponseCode) bool {
	switch code {
	case imap.ResponseCodeUnavailable, imap.ResponseCodeInUse, imap.ResponseCodeLimit, imap.ResponseCodeServerBug:
		return true
	}
	return false
}

// secret gives the password or an access token.
func (l *login) secret(ctx context.Context) (string, error) {
	if l.cfg.Auth == "plain" {
		p, err := l.cfg.Password()
		if err != nil {
			return "", fmt.Errorf("password: %w", err)
		}
		return p, nil
	}
	if l.token == nil {
		clientSecret, err := l.cfg.OAuth2.ClientSecret()
		if err != nil {
			return "", fmt.Errorf("oauth2 client secret: %w", err)
		}
		l.token = l.tokens(clientSecret)
	}
	t, err := withContext(ctx, l.token.Token)
	if err != nil {
		l.token = nil
		return "", tokenError(err)
	}
	return t.AccessToken, nil
}

func (l *login) tokens(clientSecret string) oauth2.TokenSource {
	// The source lives longer than any one login, so its context must too; the client's timeout ends a request.
	ctx := context.WithValue(context.Background(), oauth2.HTTPClient, &http.Client{Timeout: tokenLimit})
	cc := clientcredentials.Config{
		ClientID: l.cfg.OAuth2.ClientID, ClientSecret: clientSecret,
		TokenURL: l.cfg.OAuth2.TokenURL, Scopes: l.cfg.OAuth2.Scopes,
	}
	return cc.TokenSource(ctx)
}

// tokenError drops the body of the answer, which may hold anything, and tells a refusal from a hiccup.
func tokenError(err error) error {
	var r *oauth2.RetrieveError
	if !errors.As(err, &r) || r.Response == nil {
		return fmt.Errorf("oauth2 token: %w", err)
	}
	err = fmt.Errorf("oauth2 token: the server says %s %s", r.Response.Status, r.ErrorCode)
	if s := r.Response.StatusCode; s >= 400 && s < 500 && s != http.StatusTooManyRequests {
		return &authError{err}
	}
	return err
}

// withContext runs f, which knows no context, and stops waiting for it when ctx ends.
func withContext[T any](ctx context.Context, f func() (T, error)) (T, error) {
	type result struct {
		v   T
		err error
	}
	c := make(chan result, 1)
	go func() {
		v, err := f()
		c <- result{v, err}
	}()
	select {
	case r := <-c:
		return r.v, r.err
	case <-ctx.Done():
		var zero T
		return zero, ctx.Err()
	}
}

// censor takes the secret out of an error: a server may repeat what it was sent, and errors are logged.
func censor(err error, secret string) error {
	if secret == "" {
		return err
	}
	text := err.Error()
	clean := text
	for _, s := range []string{secret, base64.StdEncoding.EncodeToString([]byte(secret))} {
		clean = strings.ReplaceAll(clean, s, "***")
	}
	if clean == text {
		return err
	}
	if auth := (*authError)(nil); errors.As(err, &auth) {
		return &authError{errors.New(strings.TrimPrefix(clean, "login refused: "))}
	}
	return errors.New(clean)
}

// bearer is the client side of XOAUTH2 (Google's and Microsoft's) and OAUTHBEARER (RFC 7628).
type bearer struct {
	cfg   Config
	token string
}

func (b *bearer) Start() (string, []byte, error) {
	if b.cfg.Auth == "xoauth2" {
		return "XOAUTH2", []byte("user=" + b.cfg.Username + "\x01auth=Bearer " + b.token + "\x01\x01"), nil
	}
	return "OAUTHBEARER", fmt.Appendf(nil, "n,a=%s,\x01host=%s\x01port=%d\x01auth=Bearer %s\x01\x01",
		saslName.Replace(b.cfg.Username), b.cfg.Host, b.cfg.Port, b.token), nil
}

// saslName escapes what separates the fields (RFC 5801, section 4).
var saslName = strings.NewReplacer("=", "=3D", ",", "=2C")

// Next answers the challenge, which can only be the server's reason for a refusal. The dummy lets it say NO (RFC 7628,
// 3.2.3); an empty answer is sent as "=", which Dovecot calls a protocol error.
func (b *bearer) Next([]byte) ([]byte, error) { return []byte{1}, nil }
