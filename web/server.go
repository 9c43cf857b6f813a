// Package web holds the pages: rendered on the server, without JavaScript, in
// three languages.
//
// A request walks through routes.go (the table of paths and of who may go
// there), session.go (who asks, and in which language), access.go (the one
// function that decides), its handler, and a view: a plain struct that holds
// only what its reader may see, in words and times ready to be shown. The view
// goes to a template. Handlers return errors; fail turns them into pages.
//
// What it promises:
//
//   - A GET changes nothing: mail scanners open links.
//   - A ticket that is not there and one that somebody may not see give the
//     same answer.
//   - Technicians are known by the present catalogue at each request.
//   - Whether an address is known cannot be read from the sign-in page, nor
//     from how long it takes.
//   - Links are made from the configured base URL or from the path alone,
//     never from what the request says about its host.
package web

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"sync"
	"time"

	"respon/templates"
	"respon/tickets"
	"respon/tickets/desk"
	"respon/tickets/store"
	"respon/tickets/token"
)

// Options are what a server needs. All are required but those said to be
// optional.
type Options struct {
	Store     *store.Store
	Desk      *desk.Desk
	Catalogue func() *tickets.Catalogue // the present one
	Templates func() *templates.Set     // the present ones
	Random    io.Reader                 // for sessions, links and request keys
	Now       func() time.Time
	Log       *slog.Logger
	Listen    string // host:port
	// Listener serves instead of Listen, if it is set. Optional.
	Listener net.Listener

	// Ready gives what keeps the channel from working; nothing if all is well.
	// Its errors are shown to anybody, so they must not hold secrets.
	Ready func(context.Context) []error
	// Part reads an attachment out of a raw mail, by its part number.
	Part func(raw []byte, part string) ([]byte, error)
	// Confirm confirms the address that a token was mailed to. It gives
	// token.ErrInvalid or store.ErrNotFound for a token that is not, or no
	// longer, good.
	Confirm func(ctx context.Context, token string) error

	// Release opens the mails that are held for an address which its owner has
	// just confirmed.
	Release func(ctx context.Context, address string) error
	// Signer opens the links to forms.
	Signer *token.Signer

	// DemoUsers, if there are any, may sign in by a click. Optional.
	DemoUsers []DemoUser
}

// DemoUser is somebody of the demo.
type DemoUser struct {
	Name, Address string
	Role          Role
}

// Role is what somebody is on the pages.
type Role string

// The roles of the demo.
const (
	RoleRequester  Role = "requester"
	RoleTechnician Role = "technician"
)

// Server serves the pages.
type Server struct {
	Options
	style      asset
	background sync.WaitGroup // letters on their way to the outbox
	uploads    chan struct{}  // a place for each upload that is held in memory
}

// maxUploads bounds how many uploads are in memory at the same time.
const maxUploads = 4

// New makes a server. It does not listen yet.
func New(o Options) (*Server, error) {
	switch {
	case o.Store == nil, o.Desk == nil, o.Catalogue == nil, o.Templates == nil, o.Random == nil, o.Now == nil, o.Log == nil,
		o.Ready == nil, o.Part == nil, o.Confirm == nil:
		return nil, errors.New("web: an option is missing")
	}
	s := &Server{Options: o, uploads: make(chan struct{}, maxUploads)}
	var err error
	if s.style, err = loadAsset("style.css"); err != nil {
		return nil, err
	}
	if _, err := s.baseURL(); err != nil {
		return nil, err
	}
	return s, nil
}

func (s *Server) baseURL() (*url.URL, error) {
	u, err := url.Parse(s.Catalogue().Gateway.BaseURL)
	if err != nil || u.Host == "" {
		return nil, fmt.Errorf("base_url %q is no address of a page", s.Catalogue().Gateway.BaseURL)
	}
	return u, nil
}

// Handler gives all routes, with everything around them.
func (s *Server) Handler() http.Handler {
	mux := http.NewServeMux()
	for _, rt := range s.routes() {
		mux.Handle(rt.pattern, s.serve(rt))
	}
	mux.Handle("/", s.serve(route{pattern: "no route", act: actPublic, handle: noPage}))

	protection := http.NewCrossOriginProtection()
	// Behind a proxy that changes Host, an old browser's Origin would not match.
	if u, err := s.baseURL(); err == nil {
		if err := protection.AddTrustedOrigin(u.Scheme + "://" + u.Host); err != nil {
			s.Log.Warn("base_url gives no origin", "err", err)
		}
	}
	protection.SetDenyHandler(s.serve(route{pattern: "cross-origin", act: actPublic, handle: refuseOrigin}))
	return s.secure(protection.Handler(mux))
}

// Timeouts of a connection. A page is written within writeTimeout; a file may
// take longer (writeFileTimeout), since the line may be slow.
const (
	readHeaderTimeout = 5 * time.Second
	readTimeout       = 60 * time.Second
	idleTimeout       = 60 * time.Second
	writeTimeout      = 90 * time.Second // from the end of the header, so it holds the body too
	writeFileTimeout  = 5 * time.Minute
	shutdownTimeout   = 10 * time.Second
	maxHeader         = 16 << 10
)

// Run serves until ctx ends, then lets what is in hand finish. Its errors are named
// by whoever runs it.
func (s *Server) Run(ctx context.Context) error {
	listener := s.Listener
	if listener == nil {
		var err error
		if listener, err = net.Listen("tcp", s.Listen); err != nil {
			return err
		}
	}
	server := &http.Server{
		Handler:           s.Handler(),
		ReadHeaderTimeout: readHeaderTimeout,
		ReadTimeout:       readTimeout,
		WriteTimeout:      writeTimeout,
		IdleTimeout:       idleTimeout,
		MaxHeaderBytes:    maxHeader,
		ErrorLog:          slog.NewLogLogger(s.Log.Handler(), slog.LevelDebug),
	}
	failed := make(chan error, 1)
	go func() { failed <- server.Serve(listener) }()
	select {
	case err := <-failed:
		return err
	case <-ctx.Done():
	}
	end, cancel := context.WithTimeout(context.WithoutCancel(ctx), shutdownTimeout)
	defer cancel()
	err := server.Shutdown(end)
	if err != nil {
		err = errors.Join(fmt.Errorf("requests were cut off at the end: %w", err), server.Close())
	}
	<-failed
	s.background.Wait()
	return err
}
