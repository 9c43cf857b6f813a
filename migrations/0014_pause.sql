-- +goose Up

-- When the clock of a ticket's targets stood: while it waited for its
-- requester, was resolved or closed. to_at is missing while it stands.
CREATE TABLE pause (
	ticket      BIGINT      NOT NULL REFERENCES ticket (number),
	from_at     TIMESTAMPTZ NOT NULL,
	to_at       TIMESTAMPTZ,
	reminded_at TIMESTAMPTZ,
	PRIMARY KEY (ticket, from_at)
);
INSERT INTO pause (ticket, from_at)
SELECT number, coalesce(resolved_at, updated_at)
FROM ticket
WHERE status IN ('waiting', 'resolved', 'closed');

-- When a ticket's targets have to be looked at next.
ALTER TABLE ticket ADD COLUMN watch_at TIMESTAMPTZ;
UPDATE ticket
SET watch_at = created_at
WHERE status IN ('new', 'open');
CREATE INDEX ticket_watch ON ticket (watch_at) WHERE watch_at IS NOT NULL;

-- What was said of a target: once for each priority that the ticket had, also
-- where two processes look at the same moment.
CREATE TABLE alert (
	ticket   BIGINT      NOT NULL REFERENCES ticket (number),
	target   TEXT        NOT NULL CHECK (target IN ('first_answer', 'resolution')),
	stage    TEXT        NOT NULL CHECK (stage IN ('warning', 'breach')),
	priority TEXT        NOT NULL,
	at       TIMESTAMPTZ NOT NULL,
	PRIMARY KEY (ticket, target, stage, priority)
);
