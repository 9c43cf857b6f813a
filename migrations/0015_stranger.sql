-- +goose Up

-- Letters to people of whom nobody knows that they wrote: they are bounded for
-- each domain and in all, so that forged senders cannot make us flood others.
ALTER TABLE outbox ADD COLUMN stranger BOOLEAN NOT NULL DEFAULT FALSE;
CREATE INDEX outbox_stranger ON outbox (created_at) WHERE stranger;
