-- A price is {"amount": "49.90", "currencyCode": "EUR"}, and both are text. Where one was set by hand as the number that it
-- looks like, the program could read no sale at all, and no server started. What stands there already is not looked at.
CREATE DOMAIN price AS jsonb;
ALTER TABLE sales ALTER COLUMN price TYPE price;
ALTER DOMAIN price ADD CONSTRAINT amount_and_currency CHECK (
    VALUE IS NULL
    OR jsonb_typeof(VALUE -> 'amount') IS NOT DISTINCT FROM 'string'
    AND jsonb_typeof(VALUE -> 'currencyCode') IS NOT DISTINCT FROM 'string'
) NOT VALID;
