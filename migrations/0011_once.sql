-- +goose Up

-- What is done once in a while, by whichever process comes first: when it was
-- done last.
CREATE TABLE once (
	name TEXT        PRIMARY KEY,
	at   TIMESTAMPTZ NOT NULL
);
