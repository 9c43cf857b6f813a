-- +goose Up

-- From which network a link was asked for, to bound how many one may ask for; it
-- goes with the row after some days.
ALTER TABLE login ADD COLUMN source TEXT NOT NULL DEFAULT '';
ALTER TABLE registration ADD COLUMN source TEXT NOT NULL DEFAULT '';
CREATE INDEX login_source ON login (source, created_at) WHERE source <> '';
CREATE INDEX registration_source ON registration (source, created_at) WHERE source <> '';
