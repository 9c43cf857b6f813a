-- +goose Up

-- What the requester said when it was resolved: whether she is content.
ALTER TABLE ticket ADD COLUMN satisfied BOOLEAN;
ALTER TABLE ticket ADD COLUMN satisfied_at TIMESTAMPTZ;
