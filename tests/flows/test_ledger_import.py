"""Files into the ledgers of a real PostGIS: what is taken, everything that is refused, once, and announced."""

from __future__ import annotations

import datetime as dt
import shutil
from decimal import Decimal
from pathlib import Path
from typing import Any

import openpyxl
import psycopg
import pytest

from riskmap import catalogue
from riskmap.core.actor import OFFICER, Actor
from riskmap.errors import BadInput, Conflict, NotFound, SetupError
from riskmap.flows import ledger, register
from riskmap.flows.grade import changed_ids
from riskmap.flows.intake import digest
from riskmap.flows.register import Desk
from riskmap.readers import Limits
from riskmap.settings import settings
from riskmap.store.database import Database
from riskmap.store.places import gazetteer
from tests.api.conftest import Client

CODES = settings().data_dir / "codes"
NOW = dt.datetime(2026, 11, 24, 2, tzinfo=dt.UTC)
AT = {"lon": 116.3381, "lat": 39.7271, "district": "大兴区"}
STOCK = ["储备库编号", "物资编码", "物资名称", "数量", "单位", "批号", "有效期至"]
HOLDING = ["所属编号", "化学品名称", "CAS号", "类别符号", "现存量(t)", "设计最大量"]
DANGER = ["隐患编号", "所属编号", "隐患内容", "隐患级别", "发现日期", "状态", "整改期限", "责任人", "状态日期"]


@pytest.fixture(scope="module")
def shelf() -> ledger.Shelf:
    return ledger.Shelf(catalogue.load(settings().layers_dir, CODES), catalogue.gb18218(CODES))


@pytest.fixture
def place(db: Database, shelf: ledger.Shelf) -> dict[str, int]:
    """A depot DP-1, major hazards MH-1 (500 m: 60 people) and MH-2 (people unknown), a risk source RS-1, in force."""
    source = {"kind": "chemical", "accident_type": "中毒", "likelihood": 4, "severity": 5}
    hazard = {"hazard_grade": "四级"}
    given = [
        ("depot", "DP-1", {"depot_level": "区级"}),
        ("major_hazard", "MH-1", hazard | {"population_500m": 60}),
        ("major_hazard", "MH-2", hazard),
        ("risk_source", "RS-1", source),
    ]
    ids = {}
    with db.as_user(OFFICER, write=True) as conn:
        desk = Desk(shelf.catalogue, gazetteer(conn))
        for step, (layer, code, values) in enumerate(given):
            at = AT | {"lon": AT["lon"] + step / 100, "code": code, "name": f"{layer} {code}", "verified_on": "2026-11-12"}
            ids[code] = register.save(conn, desk, shelf.catalogue.layer(layer), at | values, OFFICER, NOW)
    return ids


def xlsx(path: Path, head: list[str], *rows: list[Any]) -> Path:
    """An office table: a title, a heading, the rows, a note."""
    book = openpyxl.Workbook()
    sheet = book.active
    for row in ([f"{path.stem} 台账"], head, *rows, [], ["填表人：某某"]):
        sheet.append(row)
    book.save(path)
    return path


def csv(path: Path, head: list[str], *rows: list[Any], encoding: str = "gb18030") -> Path:
    path.write_text("\n".join(",".join("" if c is None else str(c) for c in row) for row in (head, *rows)), encoding)
    return path


@pytest.fixture
def bring(db: Database, shelf: ledger.Shelf, place: dict[str, int]) -> Any:
    def act(name: str, path: Path, actor: Actor = OFFICER, now: dt.datetime = NOW, **said: Any) -> dict[str, Any]:
        table = ledger.read(shelf.catalogue, name, path, said.get("mapping", {}), Limits())
        with db.as_user(actor, write=True) as conn:
            return ledger.bring(conn, shelf, name, table, ledger.Source(path.name, digest(path), **said), actor, now)

    return act


def ask(db: Database, text: str, *values: Any) -> list[dict[str, Any]]:
    with db.as_user(OFFICER) as conn:
        return conn.execute(text, values).fetchall()


def told(answer: dict[str, Any]) -> list[tuple[int, str, str]]:
    """(row, column, code) of each refusal; each says why and what to do."""
    assert all(f["reason"] and f["remedy"] for f in answer["refused"])
    return [(f["row"], f["column"], f["code"]) for f in answer["refused"]]


class TestStock:
    LOT = ["DP-1", "1010100", "面粉", "1.2万", "kg", "B1", "2027年3月1日"]

    def test_a_workbook_goes_in_with_its_event_and_audit_row(self, db: Database, bring: Any, place: dict[str, int], tmp_path: Path) -> None:
        path = xlsx(tmp_path / "库存.xlsx", STOCK, self.LOT, ["DP-1", "面粉", None, 0, "kg", "B2", None])
        answer = bring("stock", path)
        assert (answer["state"], answer["counts"], answer["unmapped"]) == ("committed", {"new": 2}, [])
        rows = ask(db, "SELECT n.*, b.import_id FROM stock_now n JOIN stock_batch b USING (id) ORDER BY n.id")
        assert [(r["feature_id"], r["supply_code"], r["supply_name"], r["quantity"], r["unit"], r["batch_no"], r["expires_on"]) for r in rows] == [
            (place["DP-1"], "1010100", "面粉", Decimal("12000.00"), "kg", "B1", dt.date(2027, 3, 1)),
            (place["DP-1"], "1010100", "面粉", 0, "kg", "B2", None),
        ]
        assert {r["import_id"] for r in rows} == {answer["id"]} and not any(r["demo"] for r in rows)
        event = ask(db, "SELECT * FROM event WHERE kind = 'ledger.changed'")
        assert [(e["layer"], e["payload"]["ids"]) for e in event] == [("depot", [place["DP-1"]])]
        with db.as_engine() as conn:
            assert changed_ids(conn, event) == [place["DP-1"]]  # what the grader regrades
        audit = ask(db, "SELECT * FROM audit WHERE operation = 'ledger.import'")
        said = [(a["actor"], a["object_id"], a["after"]["new"], a["after"]["file_hash"]) for a in audit]
        assert said == [("officer", answer["id"], 2, digest(path))]

    def test_twice_is_once(self, db: Database, bring: Any, tmp_path: Path) -> None:
        path = csv(tmp_path / "库存.csv", STOCK, self.LOT)
        first, again = bring("stock", path), bring("stock", path)
        assert again["repeated"] and again["id"] == first["id"] and again["findings"][0]["code"] == "already-imported"
        assert ask(db, "SELECT count(*) AS n, sum(quantity) AS q FROM stock_movement") == [{"n": 1, "q": Decimal("12000.00")}]
        assert len(ask(db, "SELECT 1 FROM event WHERE kind = 'ledger.changed'")) == 1
        # the same lot in another file: known when it says the same, refused when it says otherwise
        same = csv(tmp_path / "又.csv", STOCK, self.LOT, ["DP-1", "1010100", "面粉", "5", "kg", "B9", None])
        assert bring("stock", same)["counts"] == {"new": 1, "unchanged": 1}
        other = csv(tmp_path / "改.csv", STOCK, ["DP-1", "1010100", "面粉", "7", "kg", "B1", "2027-03-01"])
        assert told(bring("stock", other)) == [(2, "数量", "lot-on-record")]

    REFUSED = [
        (["DP-404", "1010100", "面粉", 1, "kg", "A", None], "储备库编号", "record-unknown"),
        ([None, "1010100", "面粉", 1, "kg", "A", None], "储备库编号", "missing"),
        (["DP-1", "9999999", "面粉", 1, "kg", "A", None], "物资编码", "not-an-option"),
        (["DP-1", None, "面粉", 1, "kg", "A", None], "物资编码", "missing"),
        (["DP-1", "1010100", "面粉", "很多", "kg", "A", None], "数量", "not-a-number"),
        (["DP-1", "1010100", "面粉", -5, "kg", "A", None], "数量", "out-of-bounds"),
        (["DP-1", "1010100", "面粉", None, "kg", "A", None], "数量", "missing"),
        (["DP-1", "1010100", "面粉", "不详", "kg", "A", None], "数量", "missing"),
        (["DP-1", "1010100", "面粉", 0.001, "kg", "A", None], "数量", "too-fine"),
        (["DP-1", "1010100", "面粉", 1, None, "A", None], "单位", "missing"),
        (["DP-1", "1010100", "面粉", 1, "kg", "A", "2026-02-30"], "有效期至", "no-such-day"),
        (["DP-1", "1010100", "面粉", 1, "kg", "A", "明年"], "有效期至", "not-a-date"),
        (["DP-1", "1010100", "面粉", 9, "kg", "B1", "2027-03-01"], "批号", "twice-in-file"),
    ]

    @pytest.mark.parametrize("row,column,code", REFUSED, ids=[f"{c}-{i}" for i, (_, _, c) in enumerate(REFUSED)])
    def test_refused_with_its_place_and_nothing_is_stored(
        self, db: Database, bring: Any, tmp_path: Path, row: list[Any], column: str, code: str
    ) -> None:
        path = xlsx(tmp_path / "坏.xlsx", STOCK, self.LOT, row)
        answer = bring("stock", path)
        assert (answer["state"], answer["id"], told(answer)) == ("refused", None, [(4, column, code)])
        assert answer["refused"][0]["value"] == ("" if row[STOCK.index(column)] is None else str(row[STOCK.index(column)]))
        assert ask(db, "SELECT 1 FROM stock_batch") == [] and ask(db, "SELECT 1 FROM import_batch WHERE layer = 'depot.stock'") == []
        assert ask(db, "SELECT 1 FROM event WHERE kind = 'ledger.changed'") == []
        taken = bring("stock", path, partial=True)
        assert (taken["state"], taken["counts"]) == ("committed", {"new": 1, "refused": 1}) and len(ask(db, "SELECT 1 FROM stock_batch")) == 1

    def test_a_mended_file_after_a_partial_one_adds_only_what_was_refused(self, db: Database, bring: Any, tmp_path: Path) -> None:
        head = [self.LOT, ["DP-1", "1010100", "面粉", "很多", "kg", "B2", None]]
        bring("stock", csv(tmp_path / "一.csv", STOCK, *head), partial=True)
        head[1][3] = 30
        assert bring("stock", csv(tmp_path / "二.csv", STOCK, *head))["counts"] == {"new": 1, "unchanged": 1}
        assert ask(db, "SELECT sum(quantity) AS q FROM stock_movement") == [{"q": Decimal("12030.00")}]

    def test_a_dry_run_says_all_and_stores_nothing(self, db: Database, bring: Any, tmp_path: Path) -> None:
        path = csv(tmp_path / "库存.csv", STOCK, self.LOT)
        assert (bring("stock", path, dry_run=True)["state"], ask(db, "SELECT 1 FROM stock_batch")) == ("planned", [])
        assert ask(db, "SELECT 1 FROM event WHERE kind = 'ledger.changed'") == []
        assert bring("stock", path)["state"] == "committed"

    def test_the_database_itself_refuses_negative_stock(self, db: Database, bring: Any, tmp_path: Path) -> None:
        bring("stock", csv(tmp_path / "库存.csv", STOCK, self.LOT))
        begin = """INSERT INTO stock_document (kind, feature_id, steward_org) SELECT 'issue', feature_id, steward_org FROM stock_batch RETURNING id"""
        line = """INSERT INTO stock_line (document_id, steward_org, stock_id, quantity) SELECT %s, steward_org, id, %s FROM stock_batch"""

        def take(amount: int) -> None:
            with db.as_user(OFFICER, write=True) as conn:
                id = conn.execute(begin).fetchone()["id"]
                conn.execute(line, (id, amount))
                conn.execute("UPDATE stock_document SET state = 'posted' WHERE id = %s", (id,))

        take(12000)
        with pytest.raises(psycopg.errors.CheckViolation, match="negative"):
            take(1)
        assert ask(db, "SELECT quantity FROM stock_now") == [{"quantity": 0}]

    def test_whose_depot_it_is_not_may_not_write_on_it(self, db: Database, bring: Any, tmp_path: Path) -> None:
        other = Actor(id="x", name="外区", role="clerk", org=2, orgs=(2,))
        owner = ask(db, "SELECT steward_org FROM feature WHERE code = 'DP-1'")[0]["steward_org"]
        assert owner != other.org
        answer = bring("stock", csv(tmp_path / "库存.csv", STOCK, self.LOT), actor=other)
        assert told(answer) == [(2, "储备库编号", "record-unknown")]

    def test_a_missing_column_and_a_wrong_mapping_are_told_at_once(self, bring: Any, tmp_path: Path) -> None:
        with pytest.raises(BadInput, match="计量单位"):
            bring("stock", csv(tmp_path / "a.csv", STOCK[:4], self.LOT[:4]))
        with pytest.raises(BadInput, match="不存在"):
            bring("stock", csv(tmp_path / "b.csv", STOCK, self.LOT), mapping={"数量": "nonsense"})
        done = bring("stock", csv(tmp_path / "c.csv", STOCK[:4], self.LOT[:4]), mapping={"=kg": "unit"})
        assert done["counts"] == {"new": 1} and done["mapping"]["unit"] == "=kg"

    def test_a_batch_of_a_ledger_is_not_undone(self, db: Database, shelf: ledger.Shelf, bring: Any, tmp_path: Path) -> None:
        batch = bring("stock", csv(tmp_path / "库存.csv", STOCK, self.LOT))["id"]
        with pytest.raises(Conflict, match="只增不删"), db.as_user(OFFICER, write=True) as conn:
            register.undo(conn, Desk(shelf.catalogue, gazetteer(conn)), batch, OFFICER, NOW)


class TestHolding:
    CHLORINE = ["MH-1", "氯", "7782-50-5", None, "3000kg", 50]

    def test_unknown_stays_unknown_and_the_standard_speaks(self, db: Database, bring: Any, place: dict[str, int], tmp_path: Path) -> None:
        answer = bring("holding", xlsx(tmp_path / "化学品.xlsx", HOLDING, self.CHLORINE, ["MH-1", "氨", "7664-41-7", None, None, 1]))
        assert (answer["state"], answer["counts"]) == ("committed", {"new": 2})
        rows = ask(db, "SELECT feature_id, chemical, quantity_t, design_max_t FROM holding ORDER BY id")
        assert [(r["feature_id"], r["chemical"], r["quantity_t"], r["design_max_t"]) for r in rows] == [
            (place["MH-1"], "氯", 3, 50),
            (place["MH-1"], "氨", None, 1),
        ]
        # 60 people: α 1.5 · (β 4 · 50/5 + β 2 · 1/10) = 60.3, so 二级, while 四级 is registered
        assert answer["assessments"] == [
            {"code": "MH-1", "registered": "四级", "s": "10.1", "r": "60.3", "grade": "二级", "is_major": True, "unknown": []}
        ]
        said = [f for f in answer["findings"] if f["code"] == "gb18218-differs"]
        assert [(f["row"], f["column"], f["value"]) for f in said] == [(3, "所属编号", "MH-1")] and "二级" in said[0]["reason"]
        grade = ask(db, "SELECT attributes ->> 'hazard_grade' AS grade, version FROM feature WHERE code = 'MH-1'")
        assert grade == [{"grade": "四级", "version": 1}]  # told, never written

    def test_people_unknown_leaves_the_grade_unknown(self, bring: Any, tmp_path: Path) -> None:
        answer = bring("holding", csv(tmp_path / "h.csv", HOLDING, ["MH-2", *self.CHLORINE[1:]]))
        assert (answer["assessments"][0]["r"], answer["assessments"][0]["grade"]) == (None, None)
        assert [f["code"] for f in answer["findings"] if f["row"]][-1] == "gb18218-unknown"

    def test_another_figure_supersedes_and_the_old_row_stays(self, db: Database, bring: Any, tmp_path: Path) -> None:
        bring("holding", csv(tmp_path / "a.csv", HOLDING, self.CHLORINE))
        more = csv(tmp_path / "b.csv", HOLDING, [*self.CHLORINE[:4], "60", 50])
        answer = bring("holding", more)
        assert answer["counts"] == {"changed": 1} and "over-design" in [f["code"] for f in answer["findings"]]
        rows = ask(db, "SELECT id, quantity_t, supersedes FROM holding ORDER BY id")
        assert [(r["quantity_t"], r["supersedes"]) for r in rows] == [(3, None), (60, rows[0]["id"])]
        assert bring("holding", csv(tmp_path / "c.csv", HOLDING, [*self.CHLORINE[:4], "60.0", "50"]))["counts"] == {"unchanged": 1}

    @pytest.mark.parametrize(
        "row,column,code",
        [
            (["MH-404", "氨", None, None, None, 1], "所属编号", "record-unknown"),
            (["MH-1", None, None, None, None, 1], "化学品名称", "missing"),
            (["MH-1", "氨", "7664-41-8", None, None, 1], "CAS号", "not-a-cas"),
            (["MH-1", "氨", None, "J99", None, 1], "类别符号", "not-an-option"),
            (["MH-1", "氨", None, None, None, None], "设计最大量", "missing"),
            (["MH-1", "氨", None, None, -1, 1], "现存量(t)", "out-of-bounds"),
            (["MH-1", "氨", None, None, None, "约1~2"], "设计最大量", "not-a-number"),
            (["MH-1", "氨", None, None, None, 0.00001], "设计最大量", "too-fine"),
            (["MH-1", "氯", None, None, None, 1], "化学品名称", "twice-in-file"),
        ],
    )
    def test_refused(self, db: Database, bring: Any, tmp_path: Path, row: list[Any], column: str, code: str) -> None:
        answer = bring("holding", csv(tmp_path / "h.csv", HOLDING, self.CHLORINE, row))
        assert (answer["state"], told(answer), ask(db, "SELECT 1 FROM holding")) == ("refused", [(3, column, code)], [])


class TestHiddenDanger:
    OPEN = ["HD-1", "RS-1", "警示标志缺失", "一般", "2026-11-01", "挂账", "2026-12-01", "王一", "2026-11-01"]

    def row(self, **other: Any) -> list[Any]:
        return [other.get(head, cell) for head, cell in zip(DANGER, self.OPEN, strict=True)]

    def test_new_then_another_state(self, db: Database, bring: Any, place: dict[str, int], tmp_path: Path) -> None:
        first = bring("hidden_danger", csv(tmp_path / "a.csv", DANGER, self.OPEN, encoding="utf-8-sig"))
        assert first["counts"] == {"new": 1}
        later = csv(tmp_path / "b.csv", DANGER, self.row(状态="已销账", 状态日期=""), self.row(隐患编号="HD-2", 隐患级别="重大事故隐患"))
        assert bring("hidden_danger", later)["counts"] == {"new": 1, "changed": 1}
        rows = ask(db, "SELECT code, feature_id, grade, state, deadline_on, person FROM hidden_danger_now ORDER BY code")
        day = dt.date(2026, 12, 1)
        assert [tuple(r.values()) for r in rows] == [
            ("HD-1", place["RS-1"], "general", "closed", day, "王一"),
            ("HD-2", place["RS-1"], "major", "listed", day, "王一"),
        ]
        events = ask(db, "SELECT state, happened_on FROM hidden_danger_event WHERE steward_org IS NOT NULL ORDER BY id")
        assert ("closed", dt.date(2026, 11, 24)) in [tuple(e.values()) for e in events] and len(events) == 3
        again = csv(tmp_path / "c.csv", DANGER, self.row(状态="已销账", 状态日期="2026-11-24"))
        assert bring("hidden_danger", again)["counts"] == {"unchanged": 1}

    def test_no_deadline_is_told(self, bring: Any, tmp_path: Path) -> None:
        answer = bring("hidden_danger", csv(tmp_path / "a.csv", DANGER, self.row(整改期限="")))
        assert answer["counts"] == {"new": 1} and "no-deadline" in [f["code"] for f in answer["findings"]]

    @pytest.mark.parametrize(
        "other,column,code",
        [
            ({"所属编号": "RS-404"}, "所属编号", "record-unknown"),
            ({"隐患编号": ""}, "隐患编号", "missing"),
            ({"隐患级别": "特大"}, "隐患级别", "not-an-option"),
            ({"状态": "不清楚"}, "状态", "not-an-option"),
            ({"发现日期": "2026-13-01"}, "发现日期", "no-such-day"),
            ({"发现日期": "2027-01-01", "状态日期": "", "整改期限": ""}, "发现日期", "in-the-future"),
            ({"整改期限": "2026-10-01"}, "整改期限", "before-found"),
            ({"状态日期": "2026-10-01"}, "状态日期", "before-found"),
            ({"隐患编号": "HD-0"}, "隐患编号", "twice-in-file"),
            ({"隐患编号": "HD-9", "隐患内容": "灭火器过期"}, "隐患内容", "not-rewritten"),
            ({"隐患编号": "HD-9", "状态日期": "2026-11-02"}, "状态日期", "stale"),
        ],
    )
    def test_refused(self, db: Database, bring: Any, tmp_path: Path, other: dict[str, str], column: str, code: str) -> None:
        bring("hidden_danger", csv(tmp_path / "before.csv", DANGER, self.row(隐患编号="HD-9", 状态日期="2026-11-03")))
        answer = bring("hidden_danger", csv(tmp_path / "h.csv", DANGER, self.row(隐患编号="HD-0"), self.row(**other)))
        assert answer["state"] == "refused" and (3, column, code) in told(answer) and {r for r, _, _ in told(answer)} == {3}
        assert len(ask(db, "SELECT 1 FROM hidden_danger")) == 1


def test_a_retired_record_takes_nothing(db: Database, shelf: ledger.Shelf, bring: Any, place: dict[str, int], tmp_path: Path) -> None:
    with db.as_user(OFFICER, write=True) as conn:
        register.retire(conn, shelf.catalogue.layer("depot"), place["DP-1"], 1, OFFICER, NOW)
    assert told(bring("stock", csv(tmp_path / "s.csv", STOCK, TestStock.LOT))) == [(2, "储备库编号", "record-retired")]


def test_a_declaration_is_strict(tmp_path: Path) -> None:
    shutil.copytree("layers/depot", tmp_path / "depot")
    path = tmp_path / "depot" / "stock.toml"
    text = path.read_text("utf-8")
    assert list(catalogue.load(tmp_path, CODES).ledgers) == ["stock"]
    for wrong in ("colour = 'red'\n" + text, text.replace('"depot"', '"shelter"'), text.replace('"supply"', '"nothing"')):
        path.write_text(wrong, "utf-8")
        with pytest.raises(SetupError, match="ledger"):
            catalogue.load(tmp_path, CODES)


def test_no_such_ledger(bring: Any, tmp_path: Path) -> None:
    with pytest.raises(NotFound, match="台账"):
        bring("gold", csv(tmp_path / "s.csv", STOCK, TestStock.LOT))


def test_over_http(db: Database, place: dict[str, int], tmp_path: Path) -> None:
    from riskmap.api.app import create_app

    good = csv(tmp_path / "s.csv", STOCK, TestStock.LOT).read_bytes()
    bad = csv(tmp_path / "b.csv", STOCK, ["DP-404", *TestStock.LOT[1:]]).read_bytes()
    with Client(create_app(settings(), db, grading=False), raise_server_exceptions=False) as client:

        def send(content: bytes, query: str = "", **more: Any) -> Any:
            return client.post(f"/api/ledgers/stock/imports{query}", files={"file": ("s.csv", content, "text/csv")}, **more)

        refused = send(bad)
        assert refused.status_code == 422 and refused.json()["findings"][0]["code"] == "record-unknown"
        assert send(good, "?dry_run=true").json()["state"] == "planned" and ask(db, "SELECT 1 FROM stock_batch") == []
        key = {"headers": {"Idempotency-Key": "one-and-the-same"}}
        first, replay, again = send(good, **key), send(good, **key), send(good)
        assert (first.status_code, replay.status_code, again.status_code) == (201, 201, 200)
        assert replay.json() == first.json() and again.json()["repeated"] and len(ask(db, "SELECT 1 FROM stock_batch")) == 1
        assert client.post("/api/ledgers/gold/imports", files={"file": ("s.csv", good, "text/csv")}).status_code == 404
        card = client.get(f"/api/layers/depot/features/{place['DP-1']}").json()
        assert "面粉" in str(card)
