-- +goose Up

-- When technicians are away. Days are dates by the gateway's clock, as text
-- that sorts: 2026-12-24. An absence that was ended or taken back stays, with
-- ended_at, so that it can be told later why a ticket went to somebody else.
CREATE TABLE absence (
	id         BIGSERIAL PRIMARY KEY,
	technician TEXT        NOT NULL,
	from_day   TEXT        NOT NULL CHECK (length(from_day) = 10),
	to_day     TEXT        CHECK (to_day >= from_day),
	source     TEXT        NOT NULL,
	at         TIMESTAMPTZ NOT NULL,
	ended_at   TIMESTAMPTZ
);
