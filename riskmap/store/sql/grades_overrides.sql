-- Officers' overrides that stood by a time: the newest of each district that is not withdrawn and not past its last day.
-- in:    day date · until timestamptz?
-- out:   code, id, shown, reason, expires_on, actor
-- index: grade_override is small
SELECT DISTINCT ON (o.district_code) o.district_code AS code, o.id, o.shown, o.reason, o.expires_on, o.actor
FROM grade_override o
WHERE o.recorded_at < coalesce(%(until)s::timestamptz, 'infinity') AND o.expires_on >= %(day)s::date
  AND (o.withdrawn_at IS NULL OR o.withdrawn_at >= coalesce(%(until)s::timestamptz, 'infinity'))
ORDER BY o.district_code, o.id DESC
