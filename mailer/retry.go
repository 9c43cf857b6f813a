package mailer

import "time"

// maxAge is how long a mail is tried before it is given up.
const maxAge = 5 * 24 * time.Hour

// unsurePause is how long to wait after a connection was lost behind the final
// dot: the relay may have taken the mail and be slow to say so (RFC 5321,
// section 4.5.3.2.6 grants it ten minutes).
const unsurePause = 10 * time.Minute

// delay is the pause after so many attempts: by the schedule, the last step
// repeating, 10 % more or less so that mails which failed together do not come
// back together. spread is in [0, 1).
func delay(schedule []time.Duration, attempts int, spread float64) time.Duration {
	if len(schedule) == 0 {
		return time.Minute
	}
	d := schedule[min(max(attempts, 1), len(schedule))-1]
	return time.Duration(float64(d) * (0.9 + 0.2*spread))
}

// breakerPause is how long a relay is left alone after so many failures in a
// row to reach it at all.
func breakerPause(failures int) time.Duration {
	steps := [...]time.Duration{30 * time.Second, time.Minute, 2 * time.Minute, 5 * time.Minute}
	return steps[min(max(failures, 1), len(steps))-1]
}

// loginPause is how long a relay is left alone that refuses our password: few
// enough tries in an hour that it locks no account.
func loginPause(failures int) time.Duration {
	steps := [...]time.Duration{time.Minute, 5 * time.Minute, 15 * time.Minute}
	return steps[min(max(failures, 1), len(steps))-1]
}
