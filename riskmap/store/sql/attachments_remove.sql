-- Take a file away; the row stays.
-- in:    id, change bigint · now timestamptz
-- out:   id, name, hash
-- index: attachment_pkey
UPDATE attachment SET removed_at = %(now)s WHERE id = %(id)s AND change_id = %(change)s AND removed_at IS NULL RETURNING id, name, hash
