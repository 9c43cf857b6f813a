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
	if err := s.read.SelectContext(ctx, &steps, "EXPLAIN QUERY PLAN "+claimQuery, time.Now(), time.Now(), time.Now(), 10); err != nil {
		t.Fatal(err)
	}
	var plan []string
	for _, step := range steps {
		plan = append(plan, step.Detail)
	}
	got := strings.Join(plan, "\n")
	for _, want := range []string{"o USING INDEX outbox_due", "p USING INDEX outbox_order"} {
		if !strings.Contains(got, want) {
			t.Errorf("the plan lacks %q:\n%s", want, got)
		}
	}
	if strings.Contains(got, "TEMP B-TREE") {
		t.Errorf("all due mails are sorted for each claim:\n%s", got)
	}
}
