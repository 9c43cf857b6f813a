-- +goose Up

-- One-time links to sign in; only their hash is kept.
CREATE TABLE login (
	hash       BYTEA       PRIMARY KEY,
	address    TEXT        NOT NULL,
	created_at TIMESTAMPTZ NOT NULL,
	used_at    TIMESTAMPTZ
);
CREATE INDEX login_address ON login (address, created_at);

CREATE TABLE session (
	hash       BYTEA       PRIMARY KEY,
	address    TEXT        NOT NULL,
	created_at TIMESTAMPTZ NOT NULL,
	seen_at    TIMESTAMPTZ NOT NULL
);
CREATE INDEX session_address ON session (address);
