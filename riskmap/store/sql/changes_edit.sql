-- Save a proposal that is not handed in.
-- in:    id bigint · version int · base_version int? · payload, findings jsonb · now timestamptz
-- out:   version (nothing where it moved on)
-- index: feature_change_pkey
UPDATE feature_change SET payload = %(payload)s, findings = %(findings)s, base_version = %(base_version)s, version = version + 1, edited_at = %(now)s
WHERE id = %(id)s AND version = %(version)s
RETURNING version
