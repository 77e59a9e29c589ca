-- The planner shall never believe that a sale has few purchases: then the primary key, and a look at each purchase of the
-- sale, would seem as good as the unique index that finds a shopper at once.
ALTER TABLE purchases ALTER COLUMN sale_id SET (n_distinct = 1);
