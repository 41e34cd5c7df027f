"""Major hazards over HTTP: the standard's chemicals and classes, an assessment without saving, and the page of one with its working."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Path, Query, Request
from fastapi.responses import HTMLResponse
from pydantic import Field

from riskmap.api.changes import Lines, Strict, plain_lines
from riskmap.api.deps import Json, actor, desk, now, once, reading, today
from riskmap.api.framed import framed, reader
from riskmap.core import holding
from riskmap.core.chemical import key
from riskmap.flows import assess, form
from riskmap.flows.survey import beijing_day
from riskmap.store import hazards
from riskmap.store.query import Conn

router = APIRouter(tags=["hazards"])


class Asked(Strict):
    """A unit: its chemicals, and the residents within 500 m outside the boundary (null: unknown)."""

    holdings: Lines
    population_500m: Annotated[int, Field(ge=0, le=1_000_000)] | None = None


@router.get("/api/chemicals")
def chemicals(
    request: Request, q: Annotated[str, Query(max_length=100)] = "", limit: Annotated[int, Query(ge=1, le=200)] = 200
) -> Json:
    """The 85 named chemicals of table 1 and the 24 classes of table 2 that hold `q` in a name, an alias, a CAS number or a symbol."""
    tables, text = desk(request).catalogue.standard, key(q)
    named = [{"table": 1, "no": int(row["code"]), "zh": row["zh"], "en": row["en"], "alias": row["alias"], "cas": row["cas"],
              "q_critical_t": row["q_critical_t"], "status": row["status"]} for row in tables.table1
             if text in key(" ".join(row[k] for k in ("zh", "en", "alias", "cas")))]  # fmt: skip
    classes = [{"table": 2, "symbol": row["code"], "zh": row["zh"], "en": row["en"], "group": row["parent"], "q_critical_t": row["q_critical_t"],
                "beta": row["beta"], "status": row["status"]} for row in tables.classes.values()
               if text in key(" ".join(row[k] for k in ("code", "zh", "en", "parent")))]  # fmt: skip
    exact = [n for n in named if text and text in (key(n["zh"]), *map(key, n["alias"].split(";")), n["cas"])]
    return Json({"chemicals": [*exact, *(n for n in named if n not in exact)][:limit], "classes": classes[:limit]})


@router.post("/api/hazards/assess")
def compute(request: Request, body: Asked) -> Json:
    """S, α, β, R and the grade with every line of the working; nothing is saved. `assessment` is null while a line is refused or there is none."""

    def act(conn: Conn) -> tuple[int, Any]:
        found = holding.checked(plain_lines(body.holdings) or [], desk(request).catalogue.standard)
        work = assess.worked(desk(request), found, body.population_500m) if found.holdings else None
        return 200, {"assessment": work, "findings": found.findings, "holdings": found.kept}

    return once(request, body.model_dump(), act)


@router.get("/hazards/{id}", include_in_schema=False)
def page(request: Request, id: Annotated[int, Path(ge=1, lt=2**62)]) -> HTMLResponse:
    """One major hazard: its chemicals, the working of its level, and the assessments before. For the screen and for paper."""
    at = desk(request)
    layer = at.catalogue.layer(at.hazard_layers()[0])
    with reading(request) as conn:
        record = form.record_of(conn, layer, id, actor(request), now())
        lines, kept = hazards.holdings(conn, id), hazards.assessments(conn, id)
    given = [holding.of_record(line) for line in lines]
    checked = holding.checked(given, at.catalogue.standard)
    people = record["attributes"].get("population_500m")
    fresh = assess.worked(at, checked, people) if checked.holdings else None
    standing = kept[0] if kept else None
    same = standing is not None and fresh is not None and (standing["working"]["s"], standing["working"]["r"]) == (fresh["s"], fresh["r"])
    registered = record["attributes"].get("hazard_grade")
    differs = fresh is not None and fresh["grade"] != registered
    return framed(request, "hazard.html", "/", layer=layer, record=record, lines=given, fresh=fresh, kept=kept, same=same, differs=differs,
                  registered=registered, findings=checked.findings, today=today(), day=beijing_day,
                  labels={f.name: (f.label.en if reader(request).language == "en" else f.label.zh) for f in layer.field})  # fmt: skip
