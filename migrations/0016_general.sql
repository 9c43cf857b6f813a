-- +goose Up

-- A ticket that stands for a fault which many report; theirs are below it by
-- links of the kinds parent and child.
ALTER TABLE ticket ADD COLUMN general BOOLEAN NOT NULL DEFAULT FALSE;
CREATE INDEX ticket_general ON ticket (category) WHERE general;

-- The last reports of a category.
CREATE INDEX ticket_category ON ticket (category, created_at) WHERE resolved_at IS NULL AND category <> '';
