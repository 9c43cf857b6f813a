-- +goose Up

-- Finished mails on their way out; one recipient a row. The bytes lie in raw
-- and never change.
CREATE TABLE outbox (
	id          BIGSERIAL PRIMARY KEY,
	ticket      BIGINT      REFERENCES ticket (number),
	kind        TEXT        NOT NULL,
	recipient   TEXT        NOT NULL,
	mail_from   TEXT        NOT NULL,
	message_id  TEXT        NOT NULL,
	subject     TEXT        NOT NULL,
	raw_sha     BYTEA       NOT NULL REFERENCES raw (sha),
	cause       TEXT        NOT NULL,
	automatic   BOOLEAN     NOT NULL,
	notice      BOOLEAN     NOT NULL,
	state       TEXT        NOT NULL CHECK (state IN ('waiting', 'sending', 'sent', 'failed', 'dropped')),
	attempts    BIGINT      NOT NULL,
	unsure      BIGINT      NOT NULL,
	created_at  TIMESTAMPTZ NOT NULL,
	next_at     TIMESTAMPTZ NOT NULL,
	lease_by    TEXT        NOT NULL,
	lease_until TIMESTAMPTZ,
	sent_at     TIMESTAMPTZ,
	code        BIGINT      NOT NULL,
	error       TEXT        NOT NULL,
	UNIQUE (message_id, recipient)
);
CREATE INDEX outbox_due ON outbox (next_at, id) WHERE state IN ('waiting', 'sending');
CREATE INDEX outbox_order ON outbox (ticket, recipient, id) WHERE state IN ('waiting', 'sending');
CREATE INDEX outbox_limit ON outbox (recipient, created_at);
CREATE INDEX outbox_ticket ON outbox (ticket);
