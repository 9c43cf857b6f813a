-- +goose Up

-- Of a request: that it only suggests something.
ALTER TABLE ticket ADD COLUMN suggestion BOOLEAN NOT NULL DEFAULT FALSE;
