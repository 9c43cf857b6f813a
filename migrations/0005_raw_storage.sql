-- +goose Up

-- What lies in raw is compressed already: PostgreSQL need not try again.
ALTER TABLE raw ALTER COLUMN data SET STORAGE EXTERNAL;
