-- Cells written by runs after one; all of them when after is 0.
-- in:    after bigint (run)
-- out:   cell, residents_milli, risk_micro, level, sources
-- index: none; a scan of the table
SELECT c.cell, c.residents_milli, c.risk_micro::bigint AS risk_micro, c.level::bigint AS level, c.sources::bigint AS sources
FROM cell_grade c WHERE c.run_id > %(after)s::bigint ORDER BY c.cell
