package web

import (
	"cmp"
	"net/http"
	"net/url"
	"slices"
	"strconv"

	"respon/tickets"
	"respon/tickets/store"
)

// rowView is a ticket in a list.
type rowView struct {
	Number, URL string
	Subject     string
	Status      statusView
	Priority    tickets.Priority
	Category    string
	Technician  string
	Requester   string
	Entity      string
	Created     moment
	Updated     moment
	Due         due // in the queue
}

func (s *Server) row(q *request, t *tickets.Ticket) rowView {
	number := t.Number.Format(q.catalogue.Gateway.Prefix)
	return rowView{
		Number: number, URL: "/tickets/" + number, Subject: oneLine(t.Subject), Status: q.status(t), Priority: t.Priority,
		Category: q.category(t.Category), Technician: q.technician(t.Technician),
		Requester: named(t.Requester.Name, t.Requester.Address), Entity: t.Requester.Entity,
		Created: q.moment(t.CreatedAt), Updated: q.moment(t.UpdatedAt),
	}
}

// option is a choice of a filter.
type option struct {
	Value, Label string
	Selected     bool
}

// pageLength is how many tickets a page of one's own list holds.
const pageLength = 25

type ticketsView struct {
	layout
	Query    string
	Status   string
	Statuses []option // labelled by the page's texts
	Rows     []rowView
	Count    int
	Filtered bool
	Older    string // URLs of the neighbouring pages; "" if there is none
	Newer    string
}

// statuses reads the filter by state. "pending" are all that somebody still has
// to do something about.
func statuses(value, standard string) (list []tickets.Status, options []option) {
	pending := []tickets.Status{tickets.New, tickets.Open, tickets.Waiting}
	choices := map[string][]tickets.Status{"all": nil, "pending": pending}
	order := []string{"all", "pending"}
	for _, s := range append(pending, tickets.Resolved, tickets.Closed) {
		choices[string(s)] = []tickets.Status{s}
		order = append(order, string(s))
	}
	if _, ok := choices[value]; !ok {
		value = standard
	}
	for _, name := range order {
		options = append(options, option{Value: name, Selected: name == value})
	}
	return choices[value], options
}

// maxQuery bounds the words that are searched for.
const maxQuery = 200

func queryOf(values url.Values) string {
	words := oneLine(values.Get("q"))
	if len(words) > maxQuery {
		words = words[:maxQuery]
	}
	return oneLine(words)
}

// listTickets shows the tickets that the visitor takes part in.
func (s *Server) listTickets(w http.ResponseWriter, q *request) error {
	values := q.URL.Query()
	f := store.Filter{Address: q.visitor.address, Query: queryOf(values), Limit: pageLength}
	view := ticketsView{layout: s.layout(q, "tickets"), Query: f.Query, Status: values.Get("status")}
	f.Statuses, view.Statuses = statuses(view.Status, "all")
	view.Filtered = f.Query != "" || f.Statuses != nil
	page, _ := strconv.Atoi(values.Get("page")) // what is no number is the first page
	page = min(max(page, 1), 1<<20)
	f.Offset = (page - 1) * pageLength
	var list []*tickets.Ticket
	err := s.Store.View(q.Context(), func(tx *store.Tx) (err error) {
		if view.Count, err = tx.Count(q.Context(), f); err != nil {
			return err
		}
		list, err = tx.List(q.Context(), f)
		return err
	})
	if err != nil {
		return err
	}
	for _, t := range list {
		view.Rows = append(view.Rows, s.row(q, t))
	}
	neighbour := func(n int) string {
		values.Set("page", strconv.Itoa(n))
		return "/tickets?" + values.Encode()
	}
	if f.Offset+pageLength < view.Count {
		view.Older = neighbour(page + 1)
	}
	if page > 1 {
		view.Newer = neighbour(page - 1)
	}
	return s.render(w, q, http.StatusOK, "tickets", view)
}

type queueView struct {
	layout
	Query       string
	Statuses    []option // labelled by the page's texts
	Technicians []option
	Categories  []option
	Priorities  []option
	Rows        []rowView
	Overdue     int
	Filtered    bool
	Cut         bool // there are more than are shown
	Load        []loadView
}

type loadView struct {
	Name     string // "" for what nobody has
	Open     int
	Weight   int // of the open ones, in places of the capacity
	Capacity int
	Over     bool
	Away     bool
	Until    day // empty: nobody knows
	URL      string
}

// maxQueue bounds how many tickets one page shows.
const maxQueue = 500

// nobody is how a filter names tickets without technician or category.
const nobody = "-"

// queue shows everyone's tickets, the most urgent first.
func (s *Server) queue(w http.ResponseWriter, q *request) error {
	values := q.URL.Query()
	f := store.Filter{Query: queryOf(values), Limit: maxQueue}
	view := queueView{layout: s.layout(q, "queue"), Query: f.Query}
	f.Statuses, view.Statuses = statuses(values.Get("status"), "pending")
	pick := s.queueFilters(q, &view)
	if t := values.Get("technician"); t != nobody {
		f.Technician = t
	}
	view.Filtered = f.Query != "" || values.Get("status") != "" && values.Get("status") != "pending" ||
		values.Get("technician")+values.Get("category")+values.Get("priority") != ""
	var list []*tickets.Ticket
	var team tickets.Team
	err := s.Store.View(q.Context(), func(tx *store.Tx) (err error) {
		if list, err = tx.List(q.Context(), f); err != nil {
			return err
		}
		if team.Load, err = tx.Load(q.Context()); err != nil {
			return err
		}
		team.Absent, err = tx.Absent(q.Context(), tickets.DayOf(tx.Now, q.catalogue.Gateway.Location))
		return err
	})
	if err != nil {
		return err
	}
	view.Cut = len(list) == maxQueue
	now := s.Now()
	for _, t := range list {
		if !pick(t) {
			continue
		}
		row := s.row(q, t)
		if row.Due = q.due(t, now); row.Due.Overdue {
			view.Overdue++
		}
		view.Rows = append(view.Rows, row)
	}
	slices.SortStableFunc(view.Rows, moreUrgent)
	view.Load = q.load(team)
	return s.render(w, q, http.StatusOK, "queue", view)
}

// load tells what each technician has in hand and who is away, and at the end
// what nobody has.
func (q *request) load(team tickets.Team) (list []loadView) {
	for i := range q.catalogue.Technicians {
		t := &q.catalogue.Technicians[i]
		has := team.Load[t.ID]
		absence, away := team.Absent[t.ID]
		list = append(list, loadView{
			Name: t.Name, Open: has.Open, Weight: has.Weight, Capacity: t.Capacity, Over: has.Weight > t.Capacity,
			Away: away, Until: q.day(absence.To), URL: "/queue?technician=" + url.QueryEscape(t.ID),
		})
	}
	if open := team.Load[""].Open; open > 0 {
		list = append(list, loadView{Open: open, URL: "/queue?technician=" + nobody})
	}
	return list
}

// moreUrgent puts the next target first; then come tickets that wait for their
// requester, and those without a target go by priority.
func moreUrgent(a, b rowView) int {
	switch {
	case a.Due.Kind != "" && b.Due.Kind != "" && a.Due.Stands != b.Due.Stands:
		if a.Due.Stands {
			return 1
		}
		return -1
	case a.Due.Kind != "" && b.Due.Kind != "":
		return cmp.Or(a.Due.at.Compare(b.Due.at), cmp.Compare(a.Priority, b.Priority))
	case a.Due.Kind != "":
		return -1
	case b.Due.Kind != "":
		return 1
	}
	return cmp.Compare(a.Priority, b.Priority)
}

// queueFilters fills in the choices and gives the test that the store's filter
// does not make.
func (s *Server) queueFilters(q *request, v *queueView) (pick func(*tickets.Ticket) bool) {
	values := q.URL.Query()
	technician, category, priority := values.Get("technician"), values.Get("category"), values.Get("priority")
	v.Technicians = append(v.Technicians, option{Value: nobody, Selected: technician == nobody})
	for i := range q.catalogue.Technicians {
		t := &q.catalogue.Technicians[i]
		v.Technicians = append(v.Technicians, option{Value: t.ID, Label: t.Name, Selected: technician == t.ID})
	}
	v.Categories = append(v.Categories, option{Value: nobody, Selected: category == nobody})
	for i := range q.catalogue.Categories {
		c := &q.catalogue.Categories[i]
		v.Categories = append(v.Categories, option{Value: c.ID, Label: c.Name(q.locale), Selected: category == c.ID})
	}
	for _, p := range tickets.Priorities {
		v.Priorities = append(v.Priorities, option{Value: string(p), Label: string(p), Selected: priority == string(p)})
	}
	return func(t *tickets.Ticket) bool {
		return (technician != nobody || t.Technician == "") &&
			(category == "" || category == t.Category || category == nobody && t.Category == "") &&
			(priority == "" || priority == string(t.Priority))
	}
}
