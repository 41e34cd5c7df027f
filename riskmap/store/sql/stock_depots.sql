-- Depots one may see: for choosing where a transfer goes.
-- in:    ids bigint[]?
-- out:   id, code, name, steward_org, steward
-- index: feature_layer_idx, feature_pkey
SELECT f.id, f.code, f.name, f.steward_org, o.name AS steward
FROM feature f JOIN org o ON o.id = f.steward_org
WHERE f.layer = 'depot' AND f.status <> 'retired' AND (%(ids)s::bigint[] IS NULL OR f.id = ANY (%(ids)s::bigint[]))
ORDER BY f.name, f.id
LIMIT 2000
