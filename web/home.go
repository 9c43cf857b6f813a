package web

import (
	"bytes"
	"context"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"fmt"
	"net/http"
	"strings"
	"time"
)

type homeView struct {
	layout
	Demo    []DemoUser
	Working bool // the channel
}

// home says how to report, and where the channel stands. What is wrong inside
// is not everybody's to read on a page for clerks: /readyz has it.
func (s *Server) home(w http.ResponseWriter, q *request) error {
	view := homeView{layout: s.layout(q, "home"), Demo: s.DemoUsers, Working: len(s.troubles(q.Context())) == 0}
	return s.render(w, q, http.StatusOK, "home", view)
}

// readyTimeout bounds how long a page waits for the answer.
const readyTimeout = 5 * time.Second

func (s *Server) troubles(ctx context.Context) []error {
	ctx, cancel := context.WithTimeout(ctx, readyTimeout)
	defer cancel()
	return s.Ready(ctx)
}

// healthz says that the process answers, and nothing more.
func (s *Server) healthz(w http.ResponseWriter, _ *request) error {
	return plain(w, http.StatusOK, "ok\n")
}

// readyz says whether mails go in and out, and if not, why.
func (s *Server) readyz(w http.ResponseWriter, q *request) error {
	troubles := s.troubles(q.Context())
	if len(troubles) == 0 {
		return plain(w, http.StatusOK, "ready\n")
	}
	var text strings.Builder
	for _, err := range troubles {
		text.WriteString(oneLine(err.Error()) + "\n")
	}
	return plain(w, http.StatusServiceUnavailable, text.String())
}

func plain(w http.ResponseWriter, status int, text string) error {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.WriteHeader(status)
	_, err := w.Write([]byte(text))
	return err
}

//go:embed static
var static embed.FS

// asset is a static file under a path that changes with its bytes, so that
// browsers may keep it.
type asset struct{ path string }

func loadAsset(name string) (asset, error) {
	data, err := static.ReadFile("static/" + name)
	if err != nil {
		return asset{}, fmt.Errorf("web: %w", err)
	}
	sum := sha256.Sum256(data)
	return asset{path: "/static/" + name + "?v=" + hex.EncodeToString(sum[:6])}, nil
}

func (s *Server) static(w http.ResponseWriter, q *request) error {
	name := "static/" + q.PathValue("file")
	data, err := static.ReadFile(name)
	if err != nil {
		// A bare route has no page for errors.
		http.NotFound(w, q.Request)
		return nil
	}
	sum := sha256.Sum256(data)
	w.Header().Set("Cache-Control", "public, max-age=86400")
	w.Header().Set("ETag", `"`+hex.EncodeToString(sum[:])+`"`)
	http.ServeContent(w, q.Request, name, time.Time{}, bytes.NewReader(data))
	return nil
}
