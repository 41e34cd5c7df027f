-- The rows of a plan that are asked for; what is not asked costs nothing.
-- in:    batch bigint · row int? · outcome text[]? · code text? (of a finding) · heading text? (of a finding) · fault bool? (refused, incomplete or in doubt)
--        contains text?, at_heading text? (a cell under this heading contains it) · equals text? (… is exactly it)
-- index: import_row_pkey, import_row_outcome_idx
r.batch_id = %(batch)s
%given(row) AND r.row_no = %(row)s
%given(outcome) AND r.outcome = ANY (%(outcome)s::text[])
%given(fault) AND r.findings <> '[]'
%given(code) AND r.findings @> jsonb_build_array(jsonb_build_object('code', %(code)s::text))
%given(heading) AND r.findings @> jsonb_build_array(jsonb_build_object('column', %(heading)s::text))
%given(contains) AND position(lower(%(contains)s::text) IN lower(coalesce(r.raw -> 'cells' ->> %(at_heading)s::text, ''))) > 0
%given(equals) AND coalesce(r.raw -> 'cells' ->> %(at_heading)s::text, '') = %(equals)s::text
