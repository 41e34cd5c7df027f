-- A table of this transaction's own that takes the checked rows by COPY before they are planned.
-- in:    nothing
-- out:   nothing
-- index: none
CREATE TEMP TABLE staged (
  row_no int, target bigint, code text, name text, parent_code text, stated_district text, district_code text, town_code text, address text,
  verified_on date, lon float8, lat float8, cell bigint, level smallint, missing text[], attributes jsonb, clears text[],
  refused bool, twin_kind text, findings jsonb, raw jsonb, search text,
  met bigint, parent bigint, beside bigint, beside_m float8   -- found by imports_meet and imports_beside
) ON COMMIT DROP
