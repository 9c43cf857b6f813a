-- +goose Up

-- Which mails were processed, by content key: the same mail over two routes,
-- or offered again after a crash, is in here.
CREATE TABLE seen (
	key     TEXT        PRIMARY KEY,
	fate    TEXT        NOT NULL,
	ticket  BIGINT      REFERENCES ticket (number),
	trust   TEXT        NOT NULL,
	raw_sha BYTEA       REFERENCES raw (sha),
	at      TIMESTAMPTZ NOT NULL
);

-- Which copies were seen: one row for every UID, with what became of it.
CREATE TABLE intake (
	mailbox     TEXT        NOT NULL,
	uidvalidity BIGINT      NOT NULL,
	uid         BIGINT      NOT NULL,
	size        BIGINT      NOT NULL,
	received_at TIMESTAMPTZ NOT NULL,
	key         TEXT        NOT NULL,
	fate        TEXT        NOT NULL CHECK (fate IN ('opened', 'joined', 'noted', 'held', 'parked', 'duplicate',
	                                                'confirmed', 'refused', 'quarantined', 'vanished')),
	at          TIMESTAMPTZ NOT NULL,
	PRIMARY KEY (mailbox, uidvalidity, uid)
);
CREATE INDEX intake_key ON intake (key);

-- Where a mail could not be taken: how often that was tried, and why not. A
-- mail leaves here when it is taken or quarantined.
CREATE TABLE intake_try (
	mailbox     TEXT        NOT NULL,
	uidvalidity BIGINT      NOT NULL,
	uid         BIGINT      NOT NULL,
	tries       BIGINT      NOT NULL,
	cause       TEXT        NOT NULL,
	at          TIMESTAMPTZ NOT NULL,
	PRIMARY KEY (mailbox, uidvalidity, uid)
);

-- How far each mailbox was seen, and how many UIDs in between never were:
-- somebody else took those away.
CREATE TABLE mailbox_state (
	mailbox     TEXT   NOT NULL,
	uidvalidity BIGINT NOT NULL,
	uidnext     BIGINT NOT NULL,
	gaps        BIGINT NOT NULL,
	PRIMARY KEY (mailbox, uidvalidity)
);

CREATE TABLE quarantine (
	id          BIGSERIAL PRIMARY KEY,
	mailbox     TEXT        NOT NULL,
	received_at TIMESTAMPTZ NOT NULL,
	sender      TEXT        NOT NULL,
	subject     TEXT        NOT NULL,
	size        BIGINT      NOT NULL,
	cause       TEXT        NOT NULL,
	raw_sha     BYTEA       NOT NULL REFERENCES raw (sha),
	at          TIMESTAMPTZ NOT NULL
);

-- Mails that wait until their sender has confirmed the address.
CREATE TABLE held (
	uid         TEXT        PRIMARY KEY,
	address     TEXT        NOT NULL,
	received_at TIMESTAMPTZ NOT NULL,
	raw_sha     BYTEA       NOT NULL REFERENCES raw (sha),
	key         TEXT        NOT NULL,
	at          TIMESTAMPTZ NOT NULL
);
CREATE INDEX held_address ON held (address);

-- Addresses that were confirmed by their owners.
CREATE TABLE confirmed (
	address TEXT        PRIMARY KEY,
	at      TIMESTAMPTZ NOT NULL
);

-- Who leads a mailbox or a job, where several processes share the database.
CREATE TABLE lease (
	name  TEXT        PRIMARY KEY,
	owner TEXT        NOT NULL,
	until TIMESTAMPTZ NOT NULL
);
