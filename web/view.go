package web

import (
	"bytes"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
	"unicode"

	"respon/tickets"
)

// layout is what every page shows around its own matter.
type layout struct {
	Locale    tickets.Locale
	Page      string // name of the page, for the navigation; "" if it is not in it
	Style     string
	Gateway   tickets.Gateway
	Languages []languageLink
	Visitor   visitorView
	Lang      string // asked for by the visitor, and kept in links
}

// visitorView is who looks at the page; empty for nobody.
type visitorView struct {
	Address    string
	Technician string // her name, if she is one
}

type languageLink struct {
	Locale  tickets.Locale
	URL     string
	Current bool
}

// Link is a path of ours that keeps the chosen language.
func (l layout) Link(path string) string { return withLanguage(path, l.Lang) }

// PhoneDigits is the phone number as a link wants it.
func (l layout) PhoneDigits() string {
	return strings.Map(func(r rune) rune {
		if r == '+' || r >= '0' && r <= '9' {
			return r
		}
		return -1
	}, l.Gateway.Phone)
}

// link does the same for redirects.
func (q *request) link(path string) string { return withLanguage(path, string(q.chosen)) }

func withLanguage(path, lang string) string {
	if lang == "" {
		return path
	}
	path, fragment, hasFragment := strings.Cut(path, "#")
	sign := "?"
	if strings.Contains(path, "?") {
		sign = "&"
	}
	path += sign + "lang=" + url.QueryEscape(lang)
	if hasFragment {
		path += "#" + fragment
	}
	return path
}

// layout makes what surrounds the page with this name.
func (s *Server) layout(q *request, page string) layout {
	l := layout{
		Locale: q.locale, Page: page, Style: s.style.path, Gateway: q.catalogue.Gateway,
		Visitor: visitorView{Address: q.visitor.address}, Lang: string(q.chosen),
	}
	if q.visitor.technician != nil {
		l.Visitor.Technician = q.visitor.technician.Name
	}
	for _, locale := range tickets.Locales {
		query := q.URL.Query()
		query.Set("lang", string(locale))
		// A path with a scheme or host before it would lead elsewhere.
		u := url.URL{Path: "/" + strings.TrimLeft(q.URL.Path, "/"), RawQuery: query.Encode()}
		l.Languages = append(l.Languages, languageLink{Locale: locale, URL: u.String(), Current: locale == q.locale})
	}
	return l
}

// render shows a view. It is made whole first: a page with an error in the
// middle is never sent.
func (s *Server) render(w http.ResponseWriter, q *request, status int, name string, view any) error {
	var page bytes.Buffer
	if err := s.Templates().Page(&page, name, string(q.locale), view); err != nil {
		return err
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Header().Set("Content-Language", string(q.locale))
	w.Header().Set("Vary", "Accept-Language, Cookie")
	w.WriteHeader(status)
	_, err := w.Write(page.Bytes())
	return err
}

// statusView is the status of a ticket, and whether the reader is who it waits for.
type statusView struct {
	tickets.Status
	ForYou bool
}

func (q *request) status(t *tickets.Ticket) statusView {
	return statusView{t.Status, t.Status == tickets.Waiting && q.visitor.address == t.Requester.Address}
}

// moment is a time as it is shown, and as programs read it.
type moment struct{ Text, ISO string }

// moment shows a time by the gateway's clock on the wall.
func (q *request) moment(t time.Time) moment {
	local := t.In(q.catalogue.Gateway.Location)
	form := "02/01/2006 15:04"
	if q.locale == tickets.English {
		form = "2 Jan 2006, 15:04" // 02/01 is read in two ways
	}
	return moment{Text: local.Format(form), ISO: local.Format(time.RFC3339)}
}

// day is a date as it is shown, and as programs read it.
type day struct{ Text, ISO string }

func (q *request) day(d tickets.Day) day {
	at, err := time.Parse(time.DateOnly, string(d))
	if err != nil {
		return day{}
	}
	form := "02/01/2006"
	if q.locale == tickets.English {
		form = "2 Jan 2006"
	}
	return day{Text: at.Format(form), ISO: string(d)}
}

// due is the next target of a ticket.
type due struct {
	Kind    string // first_answer, resolution; "" if there is none
	At      moment
	Overdue bool
	Stands  bool // its clock does, while the requester is waited for
	at      time.Time
}

func (q *request) due(t *tickets.Ticket, now time.Time) due {
	if !t.Status.Pending() {
		return due{}
	}
	next := func(kind string, at *time.Time) due {
		if at == nil {
			return due{}
		}
		return due{Kind: kind, At: q.moment(*at), Overdue: now.After(*at) && !t.Paused(), Stands: t.Paused(), at: *at}
	}
	if t.FirstAnsweredAt == nil && t.FirstAnswerDue != nil {
		return next("first_answer", t.FirstAnswerDue)
	}
	return next("resolution", t.ResolutionDue)
}

// word names one of a group of kinds in the reader's language. A kind that the
// words do not know yet is shown as it is, rather than no page at all.
func (s *Server) word(q *request, group, kind string) string {
	key := "page." + group + "." + kind
	if text := s.Templates().Text(string(q.locale), key); text != key {
		return text
	}
	return kind
}

// category names a ticket's category; "" if it has none.
func (q *request) category(id string) string {
	if c := q.catalogue.CategoryByID(id); c != nil {
		return c.Name(q.locale)
	}
	return id
}

// technician names who has a ticket; "" if nobody does.
func (q *request) technician(id string) string {
	if t := q.catalogue.TechnicianByID(id); t != nil {
		return t.Name
	}
	return id
}

// length writes a number of bytes for people.
func length(n int64) string {
	switch {
	case n < 1000:
		return strconv.FormatInt(n, 10) + " B"
	case n < 1000*1000:
		return strconv.FormatInt((n+500)/1000, 10) + " kB"
	default:
		return strconv.FormatInt((n+500_000)/1_000_000, 10) + " MB"
	}
}

// oneLine makes text of the outside harmless to the line it is shown in:
// without control characters, and without those that turn its direction, which
// make "fdp.exe" of "exe.pdf".
func oneLine(s string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case unicode.IsSpace(r):
			return ' '
		case unicode.IsControl(r), r >= 0x202A && r <= 0x202E, r >= 0x2066 && r <= 0x2069, r == 0x200E, r == 0x200F, r == 0x061C:
			return -1
		}
		return r
	}, strings.ToValidUTF8(s, "\uFFFD"))
}
