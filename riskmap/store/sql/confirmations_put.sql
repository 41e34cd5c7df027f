-- The verified date of the records of a click, as its rows say: renewed, or as it was before where it was just taken back.
-- in:    sitting uuid · now timestamptz (of the step)
-- out:   rows written
-- index: confirmation_sitting_idx, feature_pkey
UPDATE feature f SET verified_on = CASE WHEN c.undone_at IS NULL THEN c.verified_on ELSE c.verified_before END,
                     version = coalesce(c.undone_version, c.version), recorded_at = %(now)s::timestamptz
FROM confirmation c
WHERE c.sitting = %(sitting)s::uuid AND coalesce(c.undone_at, c.recorded_at) = %(now)s::timestamptz AND f.id = c.feature_id
  AND f.version = coalesce(c.undone_version, c.version) - 1
