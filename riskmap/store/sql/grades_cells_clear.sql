-- Empty the cells before a full write.
-- in:    nothing
-- out:   rows removed
-- index: none
DELETE FROM cell_grade
