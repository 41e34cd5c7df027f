-- Take one record out of service; it stays, marked retired.
-- in:    layer text · id bigint · version int · now timestamptz
-- out:   id, version (nothing where the version is not the one named)
-- index: feature_pkey
UPDATE feature SET status = 'retired', version = version + 1, recorded_at = %(now)s
WHERE id = %(id)s AND layer = %(layer)s AND version = %(version)s AND status <> 'retired'
RETURNING id, version
