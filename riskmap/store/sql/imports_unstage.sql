-- The staging table has served; the same transaction may plan again.
-- in:    nothing
-- out:   nothing
-- index: none
DROP TABLE staged
