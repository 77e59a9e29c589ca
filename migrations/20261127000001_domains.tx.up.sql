-- The bounds of single columns, as domains. PostgreSQL reads a table's CHECK constraints from their text for every
-- statement that writes to it, and so for every batch of purchases; a domain's it keeps in memory, ready to be asked.
-- What one column says of another stays with the table.
--
-- A column becomes of a domain before that has its constraint, so that no table is rewritten. Nor is one read through:
-- the constraints that are dropped have held every row so far (NOT VALID), and new ones are checked.

CREATE DOMAIN stock_units AS integer;
CREATE DOMAIN ordinal AS integer;
CREATE DOMAIN token_subject AS text;
CREATE DOMAIN idempotency_key AS text;

ALTER TABLE sales
    DROP CONSTRAINT stock_in_bounds,
    ALTER COLUMN stock TYPE stock_units;
ALTER TABLE purchases
    DROP CONSTRAINT purchases_ordinal_check,
    DROP CONSTRAINT purchases_shopper_id_check,
    DROP CONSTRAINT purchases_idempotency_key_check,
    ALTER COLUMN ordinal TYPE ordinal,
    ALTER COLUMN shopper_id TYPE token_subject,
    ALTER COLUMN idempotency_key TYPE idempotency_key;
ALTER TABLE sale_changes
    DROP CONSTRAINT sale_changes_changed_by_check,
    ALTER COLUMN changed_by TYPE token_subject;

ALTER DOMAIN stock_units ADD CONSTRAINT stock_in_bounds CHECK (VALUE BETWEEN 1 AND 100000000) NOT VALID;
ALTER DOMAIN ordinal ADD CONSTRAINT counts_from_one CHECK (VALUE >= 1) NOT VALID;
ALTER DOMAIN token_subject ADD CONSTRAINT subject_in_bounds CHECK (char_length(VALUE) BETWEEN 1 AND 64) NOT VALID;
ALTER DOMAIN idempotency_key ADD CONSTRAINT key_in_bounds CHECK (char_length(VALUE) BETWEEN 1 AND 64) NOT VALID;
