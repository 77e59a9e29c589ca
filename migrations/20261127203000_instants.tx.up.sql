-- No instant of a sale is infinite. The program can't read one, so a sale that got one by hand kept every server from
-- starting, and those that ran from reading any sale. An infinite end means none, which is NULL.
--
-- As a domain it costs a purchase nothing: a statement checks the columns that it sets.
UPDATE sales SET ends_at = NULL, version = version + 1 WHERE ends_at = 'infinity';

CREATE DOMAIN instant AS timestamptz;
ALTER TABLE sales
    ALTER COLUMN starts_at TYPE instant,
    ALTER COLUMN ends_at TYPE instant,
    ALTER COLUMN paused_at TYPE instant,
    ALTER COLUMN ended_at TYPE instant;
ALTER DOMAIN instant ADD CONSTRAINT is_finite CHECK (isfinite(VALUE));
