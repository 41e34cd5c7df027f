-- D and T of every district as graded now.
-- in:    nothing
-- out:   district_code, d_micro, t_micro
-- index: district_grade_pkey
SELECT district_code, d_micro, t_micro FROM district_grade ORDER BY district_code
