"""A million rows of audit: an edited one, a deleted one and a cut tail are found within a minute each."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from riskmap.flows.seal import Verdict, seal, verify
from riskmap.store.cluster import Dsns
from riskmap.store.database import Database
from riskmap.store.migrate import connect
from tests.flows.test_seal import tamper

pytestmark = pytest.mark.long

ROWS = 1_000_000
MOST_S = 60.0
FILL = """
INSERT INTO audit (at, actor, role, address, request_id, operation, layer, object_id, steward_org, before, after)
SELECT now() - (%(n)s - i) * interval '1 second', 'clerk' || i %% 300, 'district_clerk', '10.0.' || i %% 250 || '.7', md5(i::text), 'feature.update',
       'risk_source', i, 1 + i %% 17, jsonb_build_object('severity', i %% 5, 'name', '液氯储存单元 ' || i),
       jsonb_build_object('severity', (i + 1) %% 5, 'name', '液氯储存单元 ' || i, 'address', '静安里 ' || i || ' 号')
FROM generate_series(1, %(n)s) i
"""


@pytest.mark.timeout(3_600)
def test_what_was_done_to_a_million_rows_is_found_within_a_minute(db: Database, dsns: Dsns, tmp_path: Path) -> None:
    with connect(dsns.superuser) as conn:
        conn.execute(FILL, {"n": ROWS})
    with connect(dsns.superuser) as conn:
        conn.execute("ANALYZE audit")
    begun = time.perf_counter()
    head = None
    while True:
        with db.as_engine() as conn:
            sealed = seal(conn, head is None)
        if sealed is None:
            break
        head = sealed
    print(f"\nsealed {ROWS} in {time.perf_counter() - begun:.1f} s")
    assert head is not None and head.number == ROWS
    heads = tmp_path / "heads.tsv"
    heads.write_text(f"2026-01-01T00:00:00+00:00\t{head.number}\t{head.hash}\n")

    def walked(what: str) -> Verdict:
        begun = time.perf_counter()
        with db.as_engine(write=False) as conn:
            found = verify(conn, heads)
        took = time.perf_counter() - begun
        print(f"{what}: {found.fault or 'whole'} · {found.links} links · {took:.1f} s")
        assert took <= MOST_S, what
        return found

    assert walked("untouched") == Verdict(ROWS, None, None, 0)
    tamper(dsns, f"UPDATE audit SET after = after || '{{\"severity\": 0, \"x\": 1}}' WHERE id = {ROWS - 400}")
    found = walked("edited")
    assert found.audit_id == ROWS - 400 and "edited" in (found.fault or "")
    tamper(dsns, f"UPDATE audit SET after = after - 'x' || jsonb_build_object('severity', (id + 1) % 5) WHERE id = {ROWS - 400}")
    tamper(dsns, f"DELETE FROM audit WHERE id = {ROWS - 300}")
    found = walked("deleted")
    assert found.audit_id == ROWS - 300 and "deleted" in (found.fault or "")
    tamper(dsns, f"DELETE FROM audit_seal WHERE audit_id >= {ROWS - 300}")
    tamper(dsns, f"DELETE FROM audit WHERE id >= {ROWS - 300}")
    found = walked("cut off")
    assert "tail" in (found.fault or "") and found.links == ROWS - 301
