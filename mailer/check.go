package mailer

import (
	"context"
	"errors"
	"fmt"
)

// ErrRefused: the relay takes us, but not this recipient.
var ErrRefused = errors.New("the relay refuses the recipient")

// Check logs in and asks whether the relay would take a mail from one address to
// others, without sending one. An error for a recipient is ErrRefused.
func (s *SMTP) Check(ctx context.Context, from string, to ...string) error {
	conn, err := s.dial(ctx)
	if err != nil {
		return classify(err)
	}
	stop := context.AfterFunc(ctx, func() { _ = conn.Close() }) // ends whatever waits; its error is reported there
	defer stop()
	defer func() { _ = conn.Quit() }() // a courtesy
	if err := conn.UpdateDeadline(connectTimeout); err != nil {
		return classify(err)
	}
	for _, a := range to {
		if err := conn.Mail("<" + from + ">"); err != nil {
			return fmt.Errorf("sender %s: %w", from, classify(err))
		}
		if err := conn.Rcpt("<" + a + ">"); err != nil {
			return fmt.Errorf("%w %s: %w", ErrRefused, a, classify(err))
		}
		if err := conn.Reset(); err != nil {
			return classify(err)
		}
	}
	return nil
}
