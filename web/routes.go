package web

import (
	"net/http"
)

// route is a path, what going there means, and who serves it.
type route struct {
	pattern string
	act     act
	handle  func(*Server, http.ResponseWriter, *request) error
	// bare routes are no pages: nobody is asked who they are.
	bare bool
	// files may come with what is sent there.
	files bool
}

// routes is the table of paths. A path with {number} belongs to a ticket, which
// is loaded, and the act on it decided, before its handler is called.
func (s *Server) routes() []route {
	table := []route{
		{pattern: "GET /{$}", act: actPublic, handle: (*Server).home},
		{pattern: "GET /login", act: actPublic, handle: (*Server).askLogin},
		{pattern: "POST /login", act: actPublic, handle: (*Server).sendLogin},
		{pattern: "GET /login/{token}", act: actPublic, handle: (*Server).offerLogin},
		{pattern: "POST /login/{token}", act: actPublic, handle: (*Server).login},
		{pattern: "POST /logout", act: actPublic, handle: (*Server).logout},
		{pattern: "GET /confirm/{token}", act: actPublic, handle: (*Server).offerConfirm},
		{pattern: "POST /confirm/{token}", act: actPublic, handle: (*Server).confirm},

		{pattern: "GET /register", act: actPublic, handle: (*Server).askRegister},
		{pattern: "POST /register", act: actPublic, handle: (*Server).register},
		{pattern: "GET /form/{token}", act: actPublic, handle: (*Server).offerForm},
		{pattern: "POST /form/{token}", act: actPublic, handle: (*Server).fillForm},
		{pattern: "GET /content/{token}", act: actPublic, handle: (*Server).askContent},
		{pattern: "POST /content/{token}", act: actPublic, handle: (*Server).sayContent},
		{pattern: "GET /help", act: actPublic, handle: (*Server).help},
		{pattern: "POST /help", act: actOwn, handle: (*Server).setLocale},

		{pattern: "GET /new", act: actOwn, handle: (*Server).offerNew},
		{pattern: "POST /new", act: actOwn, handle: (*Server).open, files: true},
		{pattern: "GET /tickets", act: actOwn, handle: (*Server).listTickets},
		{pattern: "GET /tickets/{number}", act: actRead, handle: (*Server).showTicket},
		{pattern: "POST /tickets/{number}", act: actWrite, handle: (*Server).addReply, files: true},
		{pattern: "GET /tickets/{number}/files/{message}/{part}", act: actRead, handle: (*Server).file},
		{pattern: "GET /queue", act: actQueue, handle: (*Server).queue},

		{pattern: "GET /static/{file}", act: actPublic, handle: (*Server).static, bare: true},
		{pattern: "GET /healthz", act: actPublic, handle: (*Server).healthz, bare: true},
		{pattern: "GET /readyz", act: actPublic, handle: (*Server).readyz, bare: true},
	}
	if len(s.DemoUsers) > 0 {
		table = append(table, route{pattern: "POST /demo/login", act: actPublic, handle: (*Server).demoLogin})
	}
	return table
}

func noPage(*Server, http.ResponseWriter, *request) error { return errNotFound }

func refuseOrigin(*Server, http.ResponseWriter, *request) error { return errCrossOrigin }
