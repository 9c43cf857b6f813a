package store

import (
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// A year's outbox holds hundreds of thousands of mails, and a handful that are
// due: looking for these must not read the others.
func TestClaimReadsOnlyWhatIsDue(t *testing.T) {
	got := plan(t, claimQuery, time.Now(), time.Now(), time.Now(), 10)
	for _, want := range []string{"o USING INDEX outbox_due", "p USING INDEX outbox_order"} {
		if !strings.Contains(got, want) {
			t.Errorf("the plan lacks %q:\n%s", want, got)
		}
	}
	if strings.Contains(got, "TEMP B-TREE") {
		t.Errorf("all due mails are sorted for each claim:\n%s", got)
	}
}

// The load is asked for with every new ticket, and a year's tickets are not
// read for it.
func TestLoadIsCountedFromItsIndex(t *testing.T) {
	if got, want := plan(t, loadQuery), "SCAN ticket USING COVERING INDEX ticket_load"; got != want {
		t.Errorf("the plan is\n%s\nwant %s", got, want)
	}
}

// Each acknowledgement that asks for the category asks for those of before.
func TestCategoriesAreReadFromTheRequestersIndex(t *testing.T) {
	if got, want := plan(t, categoriesQuery, "maria@alfafar.example"), "SEARCH ticket USING INDEX ticket_requester (requester=?)"; got != want {
		t.Errorf("the plan is\n%s\nwant %s", got, want)
	}
}

// What the schedule asks every few seconds finds a handful of tickets without
// reading a year's.
func TestScheduleReadsOnlyWhatIsDue(t *testing.T) {
	for query, want := range map[string]string{
		watchedQuery: "SEARCH ticket USING INDEX ticket_watch", waitingQuery: "SEARCH t USING INDEX ticket_status (status=?)",
		resolvedQuery: "SEARCH ticket USING INDEX ticket_status (status=?)",
	} {
		if got := plan(t, query, time.Now()); !strings.Contains(got, want) || strings.Contains(got, "SCAN") {
			t.Errorf("the plan of %s is\n%s\nwant %s", query, got, want)
		}
	}
}

// plan tells how SQLite goes about a query.
func plan(t *testing.T, query string, args ...any) string {
	t.Helper()
	ctx := t.Context()
	s, err := Open(ctx, "sqlite:"+filepath.Join(t.TempDir(), "respon.db"), time.Now)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	if _, err := s.Migrate(ctx); err != nil {
		t.Fatal(err)
	}
	var steps []struct {
		ID, Parent, Notused int
		Detail              string
	}
	if err := s.read.SelectContext(ctx, &steps, "EXPLAIN QUERY PLAN "+query, args...); err != nil {
		t.Fatal(err)
	}
	var lines []string
	for _, step := range steps {
		lines = append(lines, step.Detail)
	}
	return strings.Join(lines, "\n")
}

// Each new report of a fault asks whether it is one of many.
func TestReportsAreReadFromTheirIndexes(t *testing.T) {
	if got, want := plan(t, generalQuery, "padron"), "USING INDEX ticket_general (category=?)"; !strings.Contains(got, want) {
		t.Errorf("the plan is\n%s\nwant %s", got, want)
	}
	if got, want := plan(t, reportsQuery, "padron", time.Now()), "USING INDEX ticket_category (category=? AND created_at>?)"; !strings.Contains(got, want) {
		t.Errorf("the plan is\n%s\nwant %s", got, want)
	}
}
