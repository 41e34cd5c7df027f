-- Take out cells that no longer have hazard.
-- in:    cell bigint[]
-- out:   rows removed
-- index: cell_grade_pkey
DELETE FROM cell_grade WHERE cell = ANY (%(cell)s::bigint[])
