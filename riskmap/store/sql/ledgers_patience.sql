-- Let the statements of this transaction, and the work between them, take longer than a request may.
-- in:    limit text (such as 600s)
-- out:   set_config, idle
-- index: none
SELECT set_config('statement_timeout', %(limit)s, true), set_config('idle_in_transaction_session_timeout', %(limit)s, true) AS idle
