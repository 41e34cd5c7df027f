-- Let the statements of this transaction, and the work between them, take longer than a request may. Never shortens what was granted before.
-- in:    ms bigint
-- out:   set_config
-- index: none
SELECT set_config(name, CASE setting WHEN '0' THEN '0' ELSE greatest(setting::bigint, %(ms)s)::text END, true)
FROM pg_settings WHERE name IN ('statement_timeout', 'idle_in_transaction_session_timeout')
