-- Attempts to sign in since a moment: from an address, from everywhere, and whether the address was turned away already.
-- in:    since timestamptz · address text
-- out:   here int, everywhere int, told bool
-- index: signin_attempt_at_idx
SELECT count(*) FILTER (WHERE NOT refused AND address = %(address)s)::int AS here, count(*) FILTER (WHERE NOT refused)::int AS everywhere,
       coalesce(bool_or(refused AND address = %(address)s), false) AS told
FROM signin_attempt WHERE at > %(since)s
