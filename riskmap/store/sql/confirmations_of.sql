-- What became of a click.
-- in:    sitting uuid
-- out:   actor, recorded_at, records int, undone int
-- index: confirmation_sitting_idx
SELECT min(c.actor) AS actor, min(c.recorded_at) AS recorded_at, count(*)::int AS records, count(c.undone_at)::int AS undone
FROM confirmation c WHERE c.sitting = %(sitting)s::uuid HAVING count(*) > 0
