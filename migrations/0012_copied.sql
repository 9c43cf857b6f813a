-- +goose Up

-- The first message of a ticket that a participant may see: who is added later
-- gets no history. 0 is all of them.
ALTER TABLE participant ADD COLUMN since BIGINT NOT NULL DEFAULT 0;
