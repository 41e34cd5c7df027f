-- One cell as graded.
-- in:    cell bigint
-- out:   every column of cell_grade
-- index: cell_grade_pkey
SELECT c.*, r.as_of FROM cell_grade c JOIN grading_run r ON r.id = c.run_id WHERE c.cell = %(cell)s::bigint
