-- What is sold, and who bought it. The constraints here are the guarantee that the rest of the house
-- relies on: whatever the code above does, a row that breaks a promise cannot be written.

CREATE TABLE sales (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    sku         text        NOT NULL,
    name        text        NOT NULL,
    description text,
    image_url   text,
    price       jsonb, -- {"amount": "49.90", "currencyCode": "EUR"}: shown, never reckoned with
    stock       integer     NOT NULL,
    sold        integer     NOT NULL DEFAULT 0,
    -- Grows with every write; the API's revision is made of it and of the clock (model.State.Revision).
    version     bigint      NOT NULL DEFAULT 1,
    starts_at   timestamptz NOT NULL,
    ends_at     timestamptz,
    paused_at   timestamptz,
    ended_at    timestamptz,

    CONSTRAINT stock_in_bounds CHECK (stock BETWEEN 1 AND 100000000),
    CONSTRAINT never_oversold CHECK (sold BETWEEN 0 AND stock),
    CONSTRAINT ends_after_start CHECK (ends_at > starts_at)
);

CREATE TABLE purchases (
    -- No foreign key: it would lock the sale's row once more for each purchase, and that alone made a batch cost
    -- twice as much. A purchase is only ever written by a statement that updates its sale, and sales are not deleted.
    sale_id         bigint      NOT NULL,
    -- 1 for the first unit sold, without gaps: numbered inside the transaction that sells it.
    ordinal         integer     NOT NULL CHECK (ordinal >= 1),
    shopper_id      text        NOT NULL CHECK (char_length(shopper_id) BETWEEN 1 AND 64),
    idempotency_key text        CHECK (char_length(idempotency_key) BETWEEN 1 AND 64),
    purchased_at    timestamptz NOT NULL,

    CONSTRAINT purchases_pkey PRIMARY KEY (sale_id, ordinal),
    -- One unit per shopper. It also finds the purchases of a shopper, sale by sale, so the hot path pays for no
    -- third index.
    CONSTRAINT one_per_shopper UNIQUE (sale_id, shopper_id)
);
