"""一企一档 as pages: an enterprise found by name or 统一社会信用代码, and its file with all that hangs on it."""

from __future__ import annotations

import datetime as dt
import uuid
from typing import Annotated, Any

from fastapi import APIRouter, Path, Query, Request
from fastapi.responses import HTMLResponse

from riskmap.api.deps import actor, desk, now, reading, today
from riskmap.api.findings import said
from riskmap.api.framed import framed, reader
from riskmap.core.actor import Actor
from riskmap.core.filter import Filter, sort_of
from riskmap.core.life_cycle import PROPOSERS
from riskmap.core.role import may
from riskmap.flows import finding, form
from riskmap.flows.survey import beijing_day
from riskmap.store import confirmations, enterprises, features, findings

router = APIRouter(include_in_schema=False)

LAYER = "enterprise"
MOST = 50


@router.get("/enterprises")
def search(request: Request, q: Annotated[str, Query(max_length=100)] = "") -> HTMLResponse:
    """The enterprises that hold `q` in name, code, address or credit code; the first of all where nothing is asked."""
    with reading(request) as conn:
        asked = Filter(LAYER, q=q.strip())
        found = features.page(conn, asked, sort_of("name"), MOST, None, ["uscc", "industry"], today(), facts=False, mask=None)
        count = features.count(conn, asked, today())
    return framed(request, "enterprises.html", "/enterprises", q=q, found=found.features, count=count, most=MOST)


@router.get("/enterprises/{id}")
def file(
    request: Request, id: Annotated[int, Path(ge=1, lt=2**62)], sitting: uuid.UUID | None = None, left: Annotated[int, Query(ge=0, le=2000)] = 0
) -> HTMLResponse:
    """One enterprise: its sources, hazards, hidden dangers and history, those longest unverified first.

    `sitting`: what was just confirmed on the page, `left` how many took no confirmation.
    """
    at, who = desk(request), actor(request)
    layer = at.catalogue.layer(LAYER)
    with reading(request) as conn:
        record = form.record_of(conn, layer, id, who, now())
        records = enterprises.records(conn, id, today())
        dangers = enterprises.dangers(conn, [r["id"] for r in records], today())
        sat = confirmations.of(conn, sitting) if sitting else None
        asked = findings.Asked(enterprise=id)
        inspections = finding.seen(findings.page(conn, "inspection", asked, MOST), layer, who)
        violations = findings.page(conn, "violation", asked, MOST)
    for one in records:
        one["takes"] = takes(one, who, today())
    english = reader(request).language == "en"
    spelled = {name: {o.code: (o.en or o.zh) if english else o.zh for o in at.catalogue.codes[name]} for name in ("danger_grade", "danger_state")}
    options = {f.name: {o.code: (o.en or o.zh) if english else o.zh for o in at.catalogue.options(f)} for f in layer.field}
    return framed(request, "enterprise.html", "/enterprises", layer=layer, record=record, records=records, dangers=dangers, spelled=spelled,
                  options=options, layers=at.catalogue.layers, named={r["id"]: r["name"] or r["code"] for r in records}, day=beijing_day,
                  hazards=at.hazard_layers(), key=uuid.uuid4().hex, sat=sat, sitting=sitting, left=left, me=who.id,
                  inspections=inspections, violations=violations, found=said(request), reports=may(who.role, "danger.report"),
                  checks=may(who.role, "danger.check"))  # fmt: skip


def takes(record: dict[str, Any], who: Actor, today: dt.date) -> bool:
    """Whether this person may confirm that nothing changed in a record as it stands."""
    if who.role not in PROPOSERS or record["status"] != "approved" or record["change"] is not None:
        return False
    return (record["verified_on"] is None or record["verified_on"] < today) and (
        who.scope == "city" or record["steward_org"] in (who.orgs or (who.org,)))  # fmt: skip
