-- Take one record out of service; it stays, marked retired.
-- in:    layer text · id bigint · version int · merged_into bigint? (the record that stays) · now timestamptz
-- out:   id, version (nothing where the version is not the one named)
-- index: feature_pkey
UPDATE feature SET status = 'retired', merged_into = coalesce(%(merged_into)s::bigint, merged_into), version = version + 1, recorded_at = %(now)s
WHERE id = %(id)s AND layer = %(layer)s AND version = %(version)s AND status <> 'retired'
RETURNING id, version
