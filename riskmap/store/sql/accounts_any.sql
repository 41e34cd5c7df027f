-- Whether anybody has an account.
-- in:    nothing
-- out:   any bool
-- index: account_pkey
SELECT EXISTS (SELECT 1 FROM account) AS "any"
