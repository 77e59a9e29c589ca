-- Who changed a sale, when, and to what: one row for each operator's change, written in the transaction that makes it.
CREATE TABLE sale_changes (
    sale_id    bigint      NOT NULL REFERENCES sales (id),
    version    bigint      NOT NULL, -- of the sale, as the change left it
    revision   bigint      NOT NULL, -- as the API says it, at that moment
    kind       text        NOT NULL
        CHECK (kind IN ('SCHEDULED', 'RESCHEDULED', 'PAUSED', 'RESUMED', 'ENDED', 'RESTOCKED')),
    changed_by text        NOT NULL CHECK (char_length(changed_by) BETWEEN 1 AND 64),
    changed_at timestamptz NOT NULL,
    stock      integer     NOT NULL,
    sold       integer     NOT NULL,
    starts_at  timestamptz NOT NULL,
    ends_at    timestamptz,

    PRIMARY KEY (sale_id, version)
);
