-- Hold every method until the transaction ends: of two who decide at once one waits and then sees what the other did.
-- in:    nothing
-- out:   id
-- index: method is a handful of rows
SELECT id FROM method ORDER BY id FOR UPDATE
