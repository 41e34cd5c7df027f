-- What a restored database must have in common with the one it came from, besides its rows.
-- in:    nothing
-- out:   migrations text[] · postgis text · grades text (md5 of the districts' grades) · audit_links bigint · audit_hash text
-- index: audit_seal_number_key
SELECT (SELECT coalesce(array_agg(name ORDER BY number), '{}') FROM schema_migration) AS migrations,
       (SELECT extversion FROM pg_extension WHERE extname = 'postgis') AS postgis,
       (SELECT md5(coalesce(string_agg(concat_ws('|', district_code, d_micro, t_micro, computed, shown, confidence), ';'
               ORDER BY district_code), '')) FROM district_grade) AS grades,
       coalesce((SELECT max(number) FROM audit_seal), 0) AS audit_links,
       coalesce((SELECT hash FROM audit_seal ORDER BY number DESC LIMIT 1), '') AS audit_hash
