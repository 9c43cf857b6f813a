-- +goose Up

-- People who asked to be registered, until they follow the link that was sent
-- to the address they gave. Only the link's hash is kept.
CREATE TABLE registration (
	hash       BYTEA       PRIMARY KEY,
	address    TEXT        NOT NULL,
	name       TEXT        NOT NULL,
	entity     TEXT        NOT NULL,
	locale     TEXT        NOT NULL,
	created_at TIMESTAMPTZ NOT NULL,
	used_at    TIMESTAMPTZ
);
CREATE INDEX registration_address ON registration (address, created_at);
