"""The demo city: backed up, destroyed, restored on an empty machine; counts, grades, an export and the audit chain are the same."""

from __future__ import annotations

import hashlib
import json
import shutil

import pytest

from tests.long.conftest import Installation


@pytest.mark.long
@pytest.mark.timeout(3600)
def test_backup_destroy_restore_gives_the_same_city(installation: Installation) -> None:
    city = installation
    city.run("demo")
    before = facts(city)
    assert before["count"] == 248_415
    kept = city.var.parent / "elsewhere"
    file = json.loads(city.run("backup", "-o", str(kept), "--json"))["file"]
    city.run("db", "down")
    heads = (city.var / "audit-heads-riskmap.tsv").read_text() if (city.var / "audit-heads-riskmap.tsv").exists() else ""
    shutil.rmtree(city.var)
    told = json.loads(city.run("restore", file, "--json"))
    assert told["differences"] == [] and told["kept"] is None
    (city.var / "audit-heads-riskmap.tsv").write_text(heads)
    assert facts(city) == before
    city.run("verify-audit")
    assert "passed" in city.run("restore", "--drill", file)
    with city.serving():
        assert city.get("/")[0] == 200 and city.ready()["status"] == "ready"
    city.run("db", "status")  # it ran before the page was served, so serving leaves it running
    city.run("db", "down")
    city.run("db", "status", code=1)


def facts(city: Installation) -> dict[str, object]:
    """What a person would compare: the districts' grades, the size of the largest layer, one export to the byte."""
    grades = json.loads(city.run("grade", "--json"))
    out = city.var.parent / "shelter.geojson"
    city.run("export", "shelter", "--format", "geojson", "-o", str(out))
    sources = city.var.parent / "sources.csv"
    city.run("export", "risk_source", "--format", "csv", "-o", str(sources))
    with sources.open(encoding="utf-8-sig") as lines:
        count = sum(1 for _ in lines) - 1
    # The features to the last digit; around them stands the minute of the export.
    digest = hashlib.sha256(json.dumps(json.loads(out.read_text(encoding="utf-8"))["features"]).encode()).hexdigest()
    shown = [{k: d.get(k) for k in ("code", "d", "t", "computed", "shown", "confidence")} for d in grades.get("districts", [])]
    assert len(shown) == 16 and any(d["computed"] for d in shown)
    return {"grades": shown, "export": digest, "count": count}
