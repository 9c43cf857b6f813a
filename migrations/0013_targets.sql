-- +goose Up

-- When a ticket was last assigned to each technician by rule: of equals, the
-- one who was not chosen for longest gets the next.
CREATE TABLE turn (
	technician TEXT        PRIMARY KEY,
	at         TIMESTAMPTZ NOT NULL
);

-- The load is counted from this index alone. What is resolved or closed has the
-- moment of it.
DROP INDEX ticket_load;
CREATE INDEX ticket_load ON ticket (technician, priority, resolved_at) WHERE resolved_at IS NULL;
