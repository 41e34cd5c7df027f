-- Why records took no confirmation.
-- in:    ids bigint[], versions int[] (pairs) · today date · orgs int[] · all_own bool (who asks speaks for every organisation)
-- out:   id, code, name, layer (null: no such record), why: absent foreign retired moved incomplete waiting today
-- index: feature_pkey, feature_change_open_idx
SELECT a.id, f.code, f.name, f.layer,
       CASE WHEN f.id IS NULL THEN 'absent'
            WHEN NOT (%(all_own)s::bool OR f.steward_org = ANY (%(orgs)s::int[])) THEN 'foreign'
            WHEN f.status = 'retired' THEN 'retired'
            WHEN f.verified_on >= %(today)s::date THEN 'today'
            WHEN f.version <> a.version THEN 'moved'
            WHEN f.status <> 'approved' THEN 'incomplete'
            ELSE 'waiting' END AS why
FROM unnest(%(ids)s::bigint[], %(versions)s::int[]) a (id, version) LEFT JOIN feature f ON f.id = a.id
ORDER BY a.id
