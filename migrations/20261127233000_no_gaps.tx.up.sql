-- Purchases are only ever inserted, and found by their indexes: the vacuum that PostgreSQL runs after many inserts does
-- nothing for selling. It does harm: it makes known what little room is left in each page, and then a shorter row (a client
-- that sends no key after one that did) is put into the gap of an old page, and the next one into the next: each reads a
-- page, and writes all of it to the log. After ten million purchases the next hundred thousand were sold at 0.4 of the rate.
ALTER TABLE purchases SET (autovacuum_vacuum_insert_threshold = -1);
