-- +goose Up

CREATE INDEX ticket_merged ON ticket (merged_into) WHERE merged_into IS NOT NULL;

-- What technicians' mails did, for as long as it can be taken back.
CREATE TABLE receipt (
	code       TEXT        PRIMARY KEY,
	technician TEXT        NOT NULL,
	ticket     BIGINT      REFERENCES ticket (number),
	undo       TEXT        NOT NULL,
	until      TIMESTAMPTZ NOT NULL,
	undone_at  TIMESTAMPTZ
);
