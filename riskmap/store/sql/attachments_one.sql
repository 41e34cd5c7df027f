-- One file; nothing where it is absent, taken away or not the reader's.
-- in:    id bigint
-- out:   id, change_id, kind, name, body
-- index: attachment_pkey
SELECT id, change_id, kind, name, body FROM attachment WHERE id = %(id)s AND removed_at IS NULL
