-- +goose Up

-- What is known of a person beside her tickets. An empty locale was not chosen.
CREATE TABLE person (
	address       TEXT        PRIMARY KEY,
	name          TEXT        NOT NULL,
	entity        TEXT        NOT NULL,
	locale        TEXT        NOT NULL,
	registered_at TIMESTAMPTZ,
	updated_at    TIMESTAMPTZ NOT NULL
);
