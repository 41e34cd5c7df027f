-- Let the statements of this transaction run longer than a request may.
-- in:    limit text (such as 600s)
-- out:   set_config
-- index: none
SELECT set_config('statement_timeout', %(limit)s, true)
