# ruff: noqa: F811
"""Mended in place, a plan is what an upload of the mended file would be; nobody but its maker mends it, and only before it is handed in."""

from __future__ import annotations

import csv
import io
import random
from pathlib import Path

import pytest

from riskmap.core.actor import OFFICER, Actor
from riskmap.errors import BadInput, Conflict, Forbidden, NotFound, Precondition
from riskmap.flows import batch, intake, mend, register
from riskmap.flows.mend import Edit
from riskmap.readers import Limits
from riskmap.settings import settings
from riskmap.store import imports, plans
from riskmap.store.plans import Asked
from tests.flows.test_propose import NOW, People, desk, people  # noqa: F401 - fixtures

HEADINGS = ("编号", "风险源名称", "类别", "可能事故", "可能性", "后果", "经度", "纬度", "行政区", "核验日期")
KINDS = ("危险化学品", "加油站", "没有这一类", "")
FAULTS = {"可能性": ("9", "", "三"), "后果": ("7", ""), "可能事故": ("瓦斯外星", ""), "核验日期": ("2026-13-02", ""), "经度": ("39.7", "1", ""),
          "行政区": ("朝阳区", "火星区"), "类别": KINDS, "风险源名称": ("", "氨罐 1")}  # fmt: skip


def lines(n: int, seed: int = 7) -> list[dict[str, str]]:
    """A clerk's table with faults and rows that stand twice."""
    dice = random.Random(seed)
    out: list[dict[str, str]] = []
    for i in range(n):
        values = (f"RS-T-{i:04d}", f"氨罐 {i}", "危险化学品", "中毒", str(dice.randint(1, 5)), str(dice.randint(1, 5)),
                  f"{116.30 + dice.random() * 0.1:.6f}", f"{39.70 + dice.random() * 0.05:.6f}", "大兴区", "2026-11-12")  # fmt: skip
        row = dict(zip(HEADINGS, values, strict=True))
        if dice.random() < 0.3:
            heading = dice.choice(list(FAULTS))
            row[heading] = dice.choice(FAULTS[heading])
        if out and dice.random() < 0.15:
            twin = dice.choice(out)
            for heading in dice.choice((("编号",), ("经度", "纬度"), ("经度", "纬度", "风险源名称"))):
                row[heading] = twin[heading]
        out.append(row)
    return out


def uploaded(db, desk, who: Actor, rows: list[dict[str, str]], tmp_path: Path, **more) -> dict:
    text = io.StringIO()
    writer = csv.DictWriter(text, list(rows[0]))
    writer.writeheader()
    writer.writerows(rows)
    path = tmp_path / "upload"
    path.write_bytes(text.getvalue().encode("utf-8-sig"))
    asked = intake.Asked("risk_source", "大兴.csv", **more)
    table = intake.read(desk, path, asked, Limits.of(settings()))
    checked = intake.inspect(desk, table, asked)
    with db.as_user(who, write=True) as conn:
        return intake.plan(conn, desk, path, table, checked, asked, who)


def stands(db, who: Actor, id: int) -> dict[int, tuple]:
    """The plan as it stands: row → what it would do and what is said."""
    with db.as_user(who) as conn:
        found = plans.page(conn, id, Asked(), 10_000)
    return {r["row_no"]: (r["outcome"], r["feature_id"], r["base_version"], r["payload"], r["difference"], r["steward_org"],
                          sorted(repr(f) for f in r["findings"]), r["cells"]) for r in found}  # fmt: skip


def mended(db, desk, who: Actor, made: dict, edit: Edit) -> dict:
    with db.as_user(who, write=True) as conn:
        done = mend.mend(conn, desk, made["id"], made["plan_hash"], edit, who, 100.0)
    made.update({k: done[k] for k in ("plan_hash", "counts")})
    return done


@pytest.mark.parametrize("seed", range(6))
def test_mended_in_place_is_as_uploaded_mended(db, desk, people, tmp_path, seed) -> None:
    dice = random.Random(seed)
    rows = lines(60, seed)
    first = uploaded(db, desk, OFFICER, lines(20, seed + 1), tmp_path)  # something in force to meet
    with db.as_user(OFFICER, write=True) as conn:
        register.commit(conn, desk, first["id"], first["plan_hash"], OFFICER, NOW)
    made = uploaded(db, desk, people.clerk, rows, tmp_path)
    for _ in range(8):
        edits = {}
        for i in dice.sample(range(len(rows)), dice.randint(1, 4)):
            heading = dice.choice(HEADINGS)
            value = dice.choice([r[heading] for r in rows] + list(FAULTS.get(heading, ())))
            rows[i][heading] = value
            edits[i + 2] = {heading: value}
        mended(db, desk, people.clerk, made, Edit(edits))
    fresh = uploaded(db, desk, people.clerk, rows, tmp_path)
    assert made["counts"] == fresh["counts"]
    ours, theirs = stands(db, people.clerk, made["id"]), stands(db, people.clerk, fresh["id"])
    assert ours.keys() == theirs.keys()
    for n in theirs:
        assert ours[n][:-1] == theirs[n][:-1], n
        assert {h: str(v) for h, v in ours[n][-1].items()} == {h: str(v) for h, v in theirs[n][-1].items()}
    assert made["plan_hash"] == fresh["plan_hash"]  # what would be committed is the same to the letter


def test_what_a_cell_was_is_kept_until_it_is_put_back(db, desk, people, tmp_path) -> None:
    made = uploaded(db, desk, people.clerk, [r | {"可能性": "9"} for r in lines(3)], tmp_path)
    assert mended(db, desk, people.clerk, made, Edit({2: {"可能性": "3"}}))["counts"] == made["counts"]
    with db.as_user(people.clerk) as conn:
        row = plans.page(conn, made["id"], Asked(row=2), 1)[0]
        assert (row["cells"]["可能性"], str(row["was"]["可能性"])) == ("3", "9")
    mended(db, desk, people.clerk, made, Edit({2: {"可能性": "9"}}))
    with db.as_user(people.clerk) as conn:
        assert plans.page(conn, made["id"], Asked(row=2), 1)[0]["was"] == {}


def test_one_value_for_every_row_of_a_filter(db, desk, people, tmp_path) -> None:
    rows = [r | {"可能性": "3", "可能事故": "瓦斯外星" if i % 3 == 0 else "中毒"} for i, r in enumerate(lines(30, 99))]
    made = uploaded(db, desk, people.clerk, rows, tmp_path)
    with db.as_user(people.clerk) as conn:
        bad = [one for one in plans.faults(conn, made["id"]) if one["rows"] >= 10 and one["severity"] == "refuse"]
        assert bad and plans.count(conn, made["id"], Asked(code=bad[0]["code"]))[0] == bad[0]["rows"]
    every = Asked(at_heading="可能事故", equals="瓦斯外星")
    done = mended(db, desk, people.clerk, made, Edit({}, every, {"可能事故": "中毒"}))
    assert len(done["mended"]) == 10
    fresh = uploaded(db, desk, people.clerk, [r | {"可能事故": "中毒"} for r in rows], tmp_path)
    assert made["plan_hash"] == fresh["plan_hash"]


def test_the_doctors_proposals_are_taken_together(db, desk, people, tmp_path) -> None:
    rows = lines(12, 5)
    for i, r in enumerate(rows):
        r |= {"编号": "", "风险源名称": f"罐 {i} 号", "可能性": "3", "后果": "4", "类别": "危险化学品", "可能事故": "中毒", "行政区": "大兴区",
              "核验日期": "2026-11-12", "经度": f"{116.30 + i / 100:.4f}", "纬度": "39.7265"}  # fmt: skip
    swapped = [r | {"经度": r["纬度"], "纬度": r["经度"]} if i % 4 == 0 else r for i, r in enumerate(rows)]
    made = uploaded(db, desk, people.clerk, swapped, tmp_path)
    assert made["counts"]["refused"] == 3
    done = mended(db, desk, people.clerk, made, Edit({}, Asked(code="swapped"), {}, "swapped"))
    assert len(done["mended"]) == 3 and made["counts"] == {"new": 12}
    assert made["plan_hash"] == uploaded(db, desk, people.clerk, rows, tmp_path)["plan_hash"]


def test_a_column_the_file_lacks_is_added(db, desk, people, tmp_path) -> None:
    rows = [{k: v for k, v in r.items() if k != "可能事故"} for r in lines(6, 3)]
    made = uploaded(db, desk, people.clerk, rows, tmp_path)
    heading = desk.catalogue.layer("risk_source").fields()["accident_type"].label.zh
    mended(db, desk, people.clerk, made, Edit({}, Asked(), {heading: "中毒"}))
    fresh = uploaded(db, desk, people.clerk, [r | {heading: "中毒"} for r in rows], tmp_path)
    assert made["plan_hash"] == fresh["plan_hash"]


def test_who_may_mend_and_when(db, desk, people: People, tmp_path) -> None:
    made = uploaded(db, desk, people.clerk, lines(8), tmp_path)
    edit = Edit({2: {"可能性": "3"}})
    with pytest.raises(Forbidden), db.as_user(people.reviewer, write=True) as conn:
        mend.mend(conn, desk, made["id"], made["plan_hash"], edit, people.reviewer, 100.0)
    with pytest.raises(Precondition):
        mended(db, desk, people.clerk, made | {"plan_hash": "another plan"}, edit)
    for wrong, fault in ((Edit({99: {"可能性": "3"}}), NotFound), (Edit({2: {"不是列": "3"}}), BadInput), (Edit({}), BadInput),
                         (Edit({2: {"可能性": "x" * 3000}}), BadInput), (Edit({}, Asked(code="no-such")), BadInput)):  # fmt: skip
        with pytest.raises(fault):
            mended(db, desk, people.clerk, made, wrong)
    with db.as_user(people.clerk, write=True) as conn:
        done = batch.submit(conn, desk, made["id"], made["plan_hash"], people.clerk, NOW, note="已核对")
    made["plan_hash"] = done["plan_hash"]
    with pytest.raises(Conflict):
        mended(db, desk, people.clerk, made, edit)
    with db.as_user(people.reviewer, write=True) as conn:
        batch.send_back(conn, desk, made["id"], made["plan_hash"], "缺核验日期", people.reviewer, NOW)
        held = imports.lock(conn, made["id"])
    assert held and held["state"] == "returned"
    with db.as_user(people.clerk) as conn:
        n = next(r["row_no"] for r in plans.page(conn, made["id"], Asked(), 100) if r["change_id"] is None)
    assert mended(db, desk, people.clerk, made, Edit({n: {"可能性": "2"}}))["state"] == "planned"
    with db.as_user(OFFICER) as conn:
        told = conn.execute("SELECT after FROM audit WHERE operation = 'import.mend' ORDER BY id DESC LIMIT 1").fetchone()
    assert told and told["after"]["plan_hash"] == made["plan_hash"]
