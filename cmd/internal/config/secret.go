package config

import "log/slog"

// masked is all that one ever sees of a secret.
const masked = "***"

// Secret is a text that must not be seen in a log, an error or a dump. Who
// needs the text itself converts: string(s).
type Secret string

// String hides it from fmt's %s and %v.
func (Secret) String() string { return masked }

// GoString hides it from %#v.
func (Secret) GoString() string { return masked }

// LogValue hides it from slog.
func (Secret) LogValue() slog.Value { return slog.StringValue(masked) }

// MarshalText hides it from JSON and the like.
func (Secret) MarshalText() ([]byte, error) { return []byte(masked), nil }
