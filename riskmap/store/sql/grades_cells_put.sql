-- Store cells as graded, in place of what was there.
-- in:    run bigint · cell, hazard_micro, residents_milli, exposure_milli, coping_micro, risk_micro, level, sources bigint[]
-- out:   rows written
-- index: cell_grade_pkey
INSERT INTO cell_grade (cell, hazard_micro, residents_milli, exposure_milli, coping_micro, risk_micro, level, sources, run_id)
SELECT c.cell, c.hazard, c.residents, c.exposure, c.coping, c.risk, c.level, c.sources, %(run)s::bigint
FROM unnest(%(cell)s::bigint[], %(hazard_micro)s::bigint[], %(residents_milli)s::bigint[], %(exposure_milli)s::bigint[], %(coping_micro)s::bigint[],
            %(risk_micro)s::bigint[], %(level)s::bigint[], %(sources)s::bigint[]) AS c(cell, hazard, residents, exposure, coping, risk, level, sources)
ON CONFLICT (cell) DO UPDATE SET hazard_micro = excluded.hazard_micro, residents_milli = excluded.residents_milli, exposure_milli = excluded.exposure_milli,
  coping_micro = excluded.coping_micro, risk_micro = excluded.risk_micro, level = excluded.level, sources = excluded.sources, run_id = excluded.run_id
