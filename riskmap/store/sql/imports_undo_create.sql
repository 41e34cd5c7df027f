-- Take the batch's new records out of force; their history stays.
-- in:    batch bigint
-- out:   rows removed
-- index: feature_pkey
DELETE FROM feature f USING feature_version v WHERE v.batch_id = %(batch)s AND v.operation = 'create' AND f.id = v.feature_id
