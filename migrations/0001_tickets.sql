-- +goose Up

-- One row a sequence. Numbers come out of the transaction that uses them: no
-- gap, no double.
CREATE TABLE counter (
	name  TEXT   PRIMARY KEY,
	value BIGINT NOT NULL
);
INSERT INTO counter (name, value) VALUES ('ticket', 0);

CREATE TABLE ticket (
	number            BIGINT      PRIMARY KEY,
	uid               TEXT        NOT NULL UNIQUE,
	type              TEXT        NOT NULL CHECK (type IN ('incident', 'request')),
	type_known        BOOLEAN     NOT NULL,
	status            TEXT        NOT NULL CHECK (status IN ('new', 'open', 'waiting', 'resolved', 'closed')),
	subject           TEXT        NOT NULL,
	category          TEXT        NOT NULL,
	impact_tag        TEXT        NOT NULL,
	blocks_work       BOOLEAN,
	affects_others    BOOLEAN,
	affects_citizens  BOOLEAN,
	impact            TEXT        NOT NULL CHECK (impact IN ('high', 'medium', 'low')),
	urgency           TEXT        NOT NULL CHECK (urgency IN ('high', 'medium', 'low')),
	priority          TEXT        NOT NULL CHECK (priority IN ('P1', 'P2', 'P3', 'P4', 'P5')),
	priority_why      TEXT        NOT NULL,
	requester         TEXT        NOT NULL,
	requester_name    TEXT        NOT NULL,
	entity            TEXT        NOT NULL,
	locale            TEXT        NOT NULL,
	technician        TEXT        NOT NULL,
	created_at        TIMESTAMPTZ NOT NULL,
	updated_at        TIMESTAMPTZ NOT NULL,
	first_answer_due  TIMESTAMPTZ,
	resolution_due    TIMESTAMPTZ,
	first_answered_at TIMESTAMPTZ,
	resolved_at       TIMESTAMPTZ,
	closed_at         TIMESTAMPTZ,
	merged_into       BIGINT      REFERENCES ticket (number)
);
CREATE INDEX ticket_requester ON ticket (requester, number);
-- The load of each technician is asked for with every new ticket.
CREATE INDEX ticket_load ON ticket (technician) WHERE status IN ('new', 'open', 'waiting');
CREATE INDEX ticket_status ON ticket (status, updated_at);

CREATE TABLE participant (
	ticket   BIGINT      NOT NULL REFERENCES ticket (number),
	address  TEXT        NOT NULL,
	name     TEXT        NOT NULL,
	role     TEXT        NOT NULL CHECK (role IN ('requester', 'cc')),
	added_at TIMESTAMPTZ NOT NULL,
	PRIMARY KEY (ticket, address)
);
CREATE INDEX participant_address ON participant (address, ticket);

-- Raw mails, in and out, whole and compressed (zstd). sha is that of the bytes
-- before compression.
CREATE TABLE raw (
	sha  BYTEA  PRIMARY KEY,
	size BIGINT NOT NULL,
	data BYTEA  NOT NULL
);

CREATE TABLE message (
	id          BIGSERIAL PRIMARY KEY,
	ticket      BIGINT      NOT NULL REFERENCES ticket (number),
	direction   TEXT        NOT NULL CHECK (direction IN ('in', 'out')),
	kind        TEXT        NOT NULL,
	author      TEXT        NOT NULL,
	author_name TEXT        NOT NULL,
	technician  TEXT        NOT NULL,
	message_id  TEXT        NOT NULL,
	in_reply_to TEXT        NOT NULL,
	refs        TEXT        NOT NULL,
	received_at TIMESTAMPTZ NOT NULL,
	subject     TEXT        NOT NULL,
	text        TEXT        NOT NULL,
	reply       TEXT        NOT NULL,
	folded      TEXT        NOT NULL,
	trust       TEXT        NOT NULL,
	internal    BOOLEAN     NOT NULL,
	raw_sha     BYTEA       REFERENCES raw (sha)
);
CREATE INDEX message_ticket ON message (ticket, id);

-- Message-IDs that belong to a ticket: of its own mails, and those they refer
-- to, so that a reply which overtakes its parent finds the ticket too.
CREATE TABLE ticket_ref (
	message_id TEXT    NOT NULL,
	ticket     BIGINT  NOT NULL REFERENCES ticket (number),
	own        BOOLEAN NOT NULL,
	PRIMARY KEY (message_id, ticket)
);

CREATE TABLE attachment (
	message      BIGINT  NOT NULL REFERENCES message (id),
	position     BIGINT  NOT NULL,
	filename     TEXT    NOT NULL,
	content_type TEXT    NOT NULL,
	size         BIGINT  NOT NULL,
	sha256       TEXT    NOT NULL,
	part         TEXT    NOT NULL,
	inline       BOOLEAN NOT NULL,
	content_id   TEXT    NOT NULL,
	PRIMARY KEY (message, position)
);

CREATE TABLE event (
	id     BIGSERIAL PRIMARY KEY,
	ticket BIGINT      NOT NULL REFERENCES ticket (number),
	at     TIMESTAMPTZ NOT NULL,
	actor  TEXT        NOT NULL,
	kind   TEXT        NOT NULL,
	detail TEXT        NOT NULL,
	cause  TEXT        NOT NULL
);
CREATE INDEX event_ticket ON event (ticket, id);

CREATE TABLE link (
	ticket BIGINT NOT NULL REFERENCES ticket (number),
	other  BIGINT NOT NULL REFERENCES ticket (number),
	kind   TEXT   NOT NULL,
	PRIMARY KEY (ticket, other, kind)
);
