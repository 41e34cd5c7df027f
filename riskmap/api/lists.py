"""三张清单: the page of risks, hidden dangers and violations by district and enterprise; as a file and on paper, audited."""

from __future__ import annotations

import re
import uuid
from typing import Annotated, Any, Literal
from urllib.parse import urlencode

from fastapi import APIRouter, Body, Query, Request
from fastapi.responses import HTMLResponse, Response
from pydantic import BaseModel, ConfigDict, Field

from riskmap.api import findings
from riskmap.api.dangers import words
from riskmap.api.deps import Json, actor, client_key, desk, now, reading, today, writing
from riskmap.api.framed import framed, reader
from riskmap.api.leaving import attached, mark
from riskmap.api.posted import Form
from riskmap.core.role import may
from riskmap.errors import BadInput
from riskmap.flows import lists
from riskmap.flows.lists import Asked
from riskmap.store import features, journal
from riskmap.writers import Column

router = APIRouter()

PAGE = 50
MOST = 100_000
PAPER = 2_000
Name = Literal["districts", "enterprises", "risks", "dangers", "violations", "inspections"]
TITLES = {"districts": "三张清单（按区）", "enterprises": "三张清单（按企业）", "risks": "风险清单", "dangers": "隐患清单",
          "violations": "违法行为清单", "inspections": "检查清单"}  # fmt: skip
FIRM_FIGURES = "risks 风险 r1 Ⅰ级 r2 Ⅱ级 open 未销账隐患 major 重大隐患 overdue 超期隐患 violations 违法行为 amount_yuan 金额（元）"
# column and heading in turn, by list
HEADINGS = {
    "districts": "district 所在区 risks 风险 r1 Ⅰ级 r2 Ⅱ级 r3 Ⅲ级 r4 Ⅳ级 r9 未定级 open 未销账隐患 major 重大隐患 overdue 超期隐患 "
    "violations 违法行为 amount_yuan 金额（元）",
    "enterprises": "name 企业名称 code 企业编号 district 所在区 " + FIRM_FIGURES,
    "risks": "name 风险源名称 code 风险源编号 parent_name 所属单位 effective 等级 sector 类别 accident 可能事故类型 likelihood 可能性L "
    "severity 后果S measures 管控措施 regulator 主管（监管）单位 contact 责任人 district 所在区 address 地址 open 未销账隐患 "
    "verified_on 核验日期 state 状态",
    "dangers": "title 隐患内容 code 隐患编号 grade 隐患级别 state 状态 late 超期 feature_name 风险源 feature_code 风险源编号 district 所在区 "
    "found_on 发现日期 deadline_on 整改期限 unit 责任单位 person 整改责任人",
    "violations": "enterprise_name 企业名称 feature_name 对象 feature_code 对象编号 district 所在区 kind 违法类型 fact 违法行为 basis 依据 "
    "measure 处理措施 amount_yuan 金额（元） unit 决定单位 document 文书号 day 决定日期",
    "inspections": "enterprise_name 企业名称 feature_name 对象 feature_code 对象编号 district 所在区 kind 检查类别 unit 检查单位 "
    "inspectors 检查人员 result 检查结果 findings 发现的问题 hung 对应的隐患 day 检查日期",
}
DATES = frozenset({"found_on", "deadline_on", "verified_on", "day"})
NUMBERS = frozenset({"risks", "r1", "r2", "r3", "r4", "r9", "open", "major", "overdue", "violations", "amount_yuan", "likelihood", "severity"})
LEVELS = {1: "Ⅰ", 2: "Ⅱ", 3: "Ⅲ", 4: "Ⅳ"}
CURSOR = re.compile(r"[A-Za-z0-9_-]{0,200}")


class Wanted(BaseModel):
    """The filter of the page, in its words."""

    model_config = ConfigDict(extra="forbid")
    format: Literal["xlsx", "csv"] = "xlsx"
    filters: dict[str, Annotated[str, Field(max_length=200)]] = {}


def asked_of(given: dict[str, str]) -> Asked:
    """The filter out of a query or a form. Raises BadInput naming what is not taken."""
    unknown = sorted(set(given) - {"district", "enterprise", "q", "level", "state"})
    if unknown:
        raise BadInput("没有这个筛选 / no such filter", where=", ".join(unknown)[:80])
    district, enterprise, q = given.get("district", ""), given.get("enterprise", ""), given.get("q", "").strip()
    if not re.fullmatch(r"(\d{6}|-)?", district):
        raise BadInput("区划代码为六位数字，- 为未知 / a district is six digits, - is unknown", where="district")
    if not re.fullmatch(r"[1-9]\d{0,17}|", enterprise):
        raise BadInput("须为编号 / a number", where="enterprise")
    if len(q) > 100 or "\x00" in q:
        raise BadInput("搜索词过长或含非法字符 / search text too long or illegal", where="q")
    levels = [v for v in given.get("level", "").split(",") if v]
    if any(v not in ("0", "1", "2", "3", "4") for v in levels):
        raise BadInput("等级为 1–4，0 为未定级 / a level is 1 to 4, 0 is none", where="level")
    state = given.get("state", "") or "open"
    if state not in ("open", "overdue", "closed", "all"):
        raise BadInput("没有这个状态 / no such state", where="state", remedy="open, overdue, closed, all")
    return Asked(district, int(enterprise) if enterprise else None, q, tuple(int(v) for v in levels) or None, state)


def _cursor(text: str, name: str) -> str:
    day = r"\d{4}-\d\d-\d\d"
    shapes = {"dangers": rf"[01]_({day}|infinity)_\d{{1,18}}", "violations": rf"{day}_\d{{1,18}}", "inspections": rf"{day}_\d{{1,18}}"}
    if text and not re.fullmatch(shapes.get(name, CURSOR.pattern), text):
        raise BadInput("翻页参数无效 / not a cursor of ours", where="cursor", remedy="从第一页开始 / begin at the first page")
    return text


def _given(request: Request) -> dict[str, str]:
    return {k: v for k, v in request.query_params.items() if v and k in ("district", "enterprise", "q", "level", "state")}


Cursor = Annotated[str, Query(max_length=200)]


@router.get("/api/lists/{name}", tags=["lists"])
def listed(
    request: Request, name: Name, district: str = "", enterprise: str = "", q: str = "", level: str = "", state: str = "",
    limit: Annotated[int, Query(ge=1, le=200)] = PAGE, cursor: Cursor = "",
) -> Json:  # fmt: skip
    """Rows of a list, with their count where it is counted; figures by district and by enterprise are whole."""
    asked = asked_of(_given(request))
    with reading(request) as conn:
        found = lists.page(conn, desk(request), name, asked, actor(request), today(), limit, _cursor(cursor, name))
    return Json({"items": [{k: v for k, v in row.items() if k != "n"} for row in found.rows], "count": found.count, "next": found.cursor})


@router.post("/api/lists/{name}/export", tags=["lists"])
def export(request: Request, name: Name, body: Annotated[Wanted, Body()]) -> Response:
    """The whole list under its filter; written into the audit first."""
    client_key(request)
    return _leave(request, name, asked_of({k: v for k, v in body.filters.items() if v}), body.format, body.filters)


@router.get("/lists", include_in_schema=False)
def page(request: Request, list: Name = "districts", cursor: Cursor = "") -> HTMLResponse:
    """Figures by district and enterprise, and each of the lists."""
    given, at = _given(request), desk(request)
    asked, firm = asked_of(given), None
    with reading(request) as conn:
        found = lists.page(conn, at, list, asked, actor(request), today(), PAGE, _cursor(cursor, list))
        if asked.enterprise is not None:
            firm = features.one(conn, lists.FIRM, asked.enterprise, today())
        english = reader(request).language == "en"
        places = {d.code: (d.name_en if english else d.name) or d.name for d in at.gazetteer.districts}
        said = words(request) | findings.said(request) | {"district": places}
        return framed(request, "lists.html", "/lists", conn=conn, list=list, names=lists.LISTS, found=found, given=given, asked=asked, firm=firm,
                      said=said, exports=may(actor(request).role, "export.run"), key=uuid.uuid4().hex, cursor=cursor, today=today(),
                      page_size=PAGE, map=_on_map(asked, list),
                      link=lambda **more: "?" + urlencode({k: v for k, v in {**given, "list": list, **more}.items() if v}))  # fmt: skip


@router.post("/lists/export", include_in_schema=False)
def leave(request: Request, sent: Form) -> Response:
    """As a file; or on paper, as a page of its own."""
    name, form = sent.one("list"), sent.one("format")
    if name not in TITLES or form not in ("xlsx", "csv", "print"):
        raise BadInput("没有这个清单或格式 / no such list or form", where="list")
    given = {k: sent.one(k) for k in ("district", "enterprise", "q", "level", "state") if sent.one(k)}
    return _leave(request, name, asked_of(given), form, given)


def _leave(request: Request, name: str, asked: Asked, form: str, given: dict[str, str]) -> Response:
    who, at = actor(request), now()
    told = HEADINGS[name].split()
    kind = lambda n: "date" if n in DATES else "number" if n in NUMBERS else "text"  # noqa: E731
    columns = [Column(n, label, kind(n)) for n, label in zip(told[::2], told[1::2], strict=True)]
    with writing(request) as conn:
        rows: list[dict[str, Any]] = []
        cursor, most = "", PAPER if form == "print" else MOST
        while len(rows) < most:
            found = lists.page(conn, desk(request), name, asked, who, today(), min(5_000, most - len(rows)), cursor)
            rows += [_spelled(request, name, row) for row in found.rows]
            if not found.cursor:
                break
            cursor = found.cursor
        more = bool(found.cursor)
        said = {"list": name, "filters": given, "cut": more}
        if form != "print":
            return attached(request, conn, "lists.export", form, TITLES[name], columns, rows, said)
        journal.audit(conn, who, "lists.print", after=said | {"rows": len(rows)})
        return framed(request, "list_print.html", "/lists", conn=conn, title=TITLES[name], columns=columns, rows=rows, given=given,
                      more=more, mark=mark(who.unit, who.name, at))  # fmt: skip


def _spelled(request: Request, name: str, row: Any) -> dict[str, Any]:
    """A row in words, for what leaves."""
    said, codes = words(request), desk(request).catalogue.codes
    spell = lambda of: {o.code: o.zh for o in codes[of]}  # noqa: E731
    out = dict(row)
    out["district"] = said["district"].get(row.get("district_code") or row.get("district") or "", None)
    if name == "districts":
        out["district"] = out["district"] or "未知"
    if name == "risks":
        out |= {"effective": LEVELS.get(row["effective_level"], "未定级"), "sector": said["sector"].get(row.get("kind"), row.get("kind")),
                "accident": row.get("accident_type"), "open": (row.get("dangers") or {}).get("open"),
                "state": {"approved": "在册", "incomplete": "待补", "retired": "停用"}[row["status"]]}  # fmt: skip
        accident = {o.code: o.zh for o in codes["accident_type"]}
        out["accident"] = accident.get(row.get("accident_type"), row.get("accident_type"))
    if name == "dangers":
        late = "是" if row["overdue"] else "否" if row["deadline_on"] or row["ended"] else "期限未知"
        out |= {"late": late} | {k: said[k].get(row[k], row[k]) for k in ("grade", "state")}
    if name == "violations":
        out |= {k: spell(f"violation_{k}").get(row[k], row[k]) for k in ("kind", "measure")}
    if name == "inspections":
        out |= {"kind": spell("inspection_kind").get(row["kind"], row["kind"]), "result": {"sound": "未发现问题", "found": "发现问题"}[row["result"]],
                "hung": [f"{d['title']}（{d['code']}）" for d in row["dangers"]]}  # fmt: skip
    if out.get("amount_yuan") is not None:
        out["amount_yuan"] = float(out["amount_yuan"])
    return out


def _on_map(asked: Asked, name: str) -> str:
    """The map that shows the same risks; empty where it has no word for the filter."""
    if name != "risks" or asked.enterprise is not None or asked.district == "-":
        return ""
    parts = [f"f.level={','.join(map(str, asked.level))}"] if asked.level else []
    parts += [f"f.district={asked.district}"] if asked.district else []
    return "/?" + "&".join(["l=risk_source", *parts])
