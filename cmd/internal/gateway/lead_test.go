package gateway

import (
	"testing"

	"respon/internal/testservers"
)

// Of two processes over one PostgreSQL one reads the mailbox. The other takes over
// at once when the first ends, and soon when it is killed; meanwhile nothing is lost.
func TestTwoProcessesOneMailbox(t *testing.T) {
	url := testservers.Postgres(t)
	const each = 10
	b := newBurst(t, url, each)
	first := serve(t, b.config)
	b.await()
	second := serve(t, b.config)
	eventually(t, patience, "the second waits", func() bool { return second.log.contains("another process reads the mailbox") })
	b.more(each)
	b.await()
	if second.log.contains("mailbox connected") {
		t.Error("both processes read the mailbox")
	}
	first.stop()
	b.more(each)
	b.await()
	if !second.log.contains("mailbox connected") {
		t.Error("who took the mails?")
	}
	third := serve(t, b.config)
	eventually(t, patience, "the third waits", func() bool { return third.log.contains("another process reads the mailbox") })
	second.kill()
	b.more(each)
	b.await()
	third.stop()
	for _, problem := range b.proof().problems() {
		t.Error(problem)
	}
}
