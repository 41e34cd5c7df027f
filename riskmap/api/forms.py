"""The registration forms: plain pages that work without JavaScript. What they save are proposals, by the same flows as the API."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Mapping
from typing import Annotated, Any

import orjson
from fastapi import APIRouter, Path, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from riskmap.api.deps import Json, actor, desk, now, once, reading, settings, today
from riskmap.api.framed import framed, reader
from riskmap.api.posted import Form, Posted
from riskmap.core import form as forms
from riskmap.core.layer import Layer
from riskmap.core.life_cycle import EDITABLE
from riskmap.errors import BadInput, Conflict, Problem
from riskmap.flows import assess, form, propose
from riskmap.page.people import half
from riskmap.store import changes
from riskmap.store.query import Conn

router = APIRouter(include_in_schema=False)

Id = Annotated[int, Path(ge=1, lt=2**62)]
SYSTEMS = ("wgs84", "cgcs2000", "gcj02", "bd09", "EPSG:4548", "EPSG:4527")
MOST = 200


@router.get("/register")
def choose(request: Request) -> HTMLResponse:
    """What may be registered."""
    return framed(request, "register_choose.html", "/register", layers=list(desk(request).catalogue.layers.values()))


@router.get("/register/{layer}")
def blank(request: Request, layer: str) -> Response:
    """The empty form of a layer."""
    declared = desk(request).catalogue.layer(layer)
    with reading(request) as conn:
        return _form(request, conn, declared)


@router.post("/register/{layer}")
def begin(request: Request, layer: str, sent: Form) -> Response:
    """A new record's first save."""
    return _begun(request, desk(request).catalogue.layer(layer), sent, None)


@router.get("/register/{layer}/{id}")
def over(request: Request, layer: str, id: Id) -> Response:
    """The form over a record in force; where its reader has a proposal open on it, that one."""
    declared = desk(request).catalogue.layer(layer)
    with reading(request) as conn:
        record = form.record_of(conn, declared, id, actor(request), now())
        standing = changes.open_of(conn, id)
        if standing:
            mine = standing["maker"] == actor(request).id and standing["state"] in EDITABLE
            return RedirectResponse(f"/drafts/{standing['id']}" if mine else f"/review?id={standing['id']}", status_code=303)
        return _form(request, conn, declared, record=record)


@router.post("/register/{layer}/{id}")
def change(request: Request, layer: str, id: Id, sent: Form) -> Response:
    """The first save of a change."""
    return _begun(request, desk(request).catalogue.layer(layer), sent, id)


@router.get("/drafts")
def mine(request: Request, done: int = 0) -> HTMLResponse:
    """One's own drafts and what came back, with why."""
    who, at = actor(request), now()
    with reading(request) as conn:
        found = changes.page(conn, changes.Asked(EDITABLE, who.id, True), MOST)
        waiting = changes.page(conn, changes.Asked(("submitted",), who.id, True), MOST)
        reasons = {one["id"]: (changes.one(conn, one["id"]) or {}).get("reason") for one in found if one["state"] == "returned"}
    found.sort(key=lambda one: (one["state"] != "returned", -one["waiting_since"].timestamp()))
    return framed(request, "drafts.html", "/drafts", drafts=found, waiting=waiting, reasons=reasons, done=done,
                  layers=desk(request).catalogue.layers, clock=lambda t: _clock(t, at))  # fmt: skip


@router.get("/drafts/{change}")
def go_on(request: Request, change: Id) -> Response:
    """A draft, or what came back, to go on with."""
    with reading(request) as conn:
        held, record = form.draft(conn, desk(request), change, actor(request), now())
        if not held["may"]["edit"]:
            return RedirectResponse(f"/review?id={change}", status_code=303)
        return _form(request, conn, desk(request).catalogue.layer(held["layer"]), held=held, record=record)


@router.post("/drafts/{change}")
def save(request: Request, change: Id, sent: Form) -> Response:
    """Save; with `act=submit` go on to the summary. Where it moved on meanwhile, both versions field by field."""
    at = desk(request)
    with reading(request) as conn:
        held, record = form.draft(conn, at, change, actor(request), now())
    layer = at.catalogue.layer(held["layer"])
    made = form.drawn(at, layer)
    standing = forms.standing(held["values"], record)
    fault: Problem
    try:
        values, note = _typed(request, made, sent, standing)
        base = sent.number("base_version") or None

        def act(conn: Conn) -> tuple[int, Any]:
            version, chemicals = sent.number("version"), form.lines_sent(conn, at, layer, sent, held, record)
            if values or base or note != held["note"] or chemicals is not None:
                version = propose.edit(conn, at, change, version, values, actor(request), now(), base_version=base, note=note,
                                       holdings=chemicals)  # fmt: skip
            else:
                propose.held_at(conn, change, version)
            return 200, {"id": change, "version": version}

        return _after(once(request, [change, sent], act), sent)
    except Conflict as moved:
        if "current" in moved.extra and held["may"]["edit"]:
            return _both(request, layer, made, sent, held, standing)
        fault = moved
    except Problem as wrong:
        fault = wrong
    with reading(request) as conn:
        return _form(request, conn, layer, held=held, record=record, sent=sent, fault=fault)


@router.get("/drafts/{change}/summary")
def summary(request: Request, change: Id) -> Response:
    """What would be handed in, before it is."""
    with reading(request) as conn:
        held, record = form.draft(conn, desk(request), change, actor(request), now())
    if not held["may"]["edit"]:
        return RedirectResponse(f"/review?id={change}", status_code=303)
    return _summary(request, held, record)


@router.post("/drafts/{change}/submit")
def hand_in(request: Request, change: Id, sent: Form) -> Response:
    """Hand it in."""

    def act(conn: Conn) -> tuple[int, Any]:
        return 200, {"id": change, "version": propose.submit(conn, desk(request), change, sent.number("version"), actor(request), now())}

    try:
        once(request, [change, sent], act)
    except Problem as fault:
        if fault.status == 404 or fault.status == 428:
            raise
        with reading(request) as conn:
            held, record = form.draft(conn, desk(request), change, actor(request), now())
        return _summary(request, held, record, fault)
    return RedirectResponse(f"/drafts?done={change}", status_code=303)


@router.post("/drafts/{change}/withdraw")
def give_up(request: Request, change: Id, sent: Form) -> Response:
    """Take it back for good."""
    once(request, [change, sent],
         lambda conn: (200, {"version": propose.withdraw(conn, change, sent.number("version"), actor(request), now())}))  # fmt: skip
    return RedirectResponse("/drafts", status_code=303)


@router.get("/api/place", include_in_schema=True, tags=["city"])
def spot(request: Request, text: str, crs: str = "wgs84") -> Json:
    """A coordinate as people write it, in a named datum → WGS 84, its district, and what there is to doubt about it."""
    return Json(form.spot(desk(request), text[:200], crs[:40]))


def _begun(request: Request, layer: Layer, sent: Posted, feature: int | None) -> Response:
    at = desk(request)
    record = None
    if feature is not None:
        with reading(request) as conn:
            record = form.record_of(conn, layer, feature, actor(request), now())
    try:
        values, note = _typed(request, form.drawn(at, layer), sent, forms.standing({}, record))

        def act(conn: Conn) -> tuple[int, Any]:
            kind = "create" if feature is None else "change"
            id = propose.draft(conn, at, layer, kind, values, actor(request), now(), feature=feature,
                               base_version=sent.number("base") or None, note=note,
                               holdings=form.lines_sent(conn, at, layer, sent, None, record))  # fmt: skip
            return 201, {"id": id, "version": 1}

        return _after(once(request, [layer.name, feature, sent], act), sent)
    except Problem as fault:
        if fault.status in (404, 428):
            raise
        with reading(request) as conn:
            return _form(request, conn, layer, record=record, sent=sent, fault=fault)


def _typed(request: Request, made: list[forms.Section], sent: Posted, standing: Mapping[str, Any]) -> tuple[dict[str, Any], str]:
    """What was changed, and the note; a coordinate pasted in its own box becomes lon and lat in WGS 84."""
    if any(len(v) > 4000 for values in sent.values() for v in values):
        raise BadInput("有一栏太长 / a field is too long", where="form")
    for name in [n.removeprefix("pick.") for n, v in sent.items() if n.startswith("pick.") and v[-1] == "theirs"]:
        if sent.number("base_version"):  # the record's newer value, where the record moved on
            sent[name] = sent.get(f"theirs.{name}", [""])
        else:
            sent.pop(name, None)
    if sent.one("place"):
        found = form.spot(desk(request), sent.one("place"), sent.one("crs") or "wgs84")
        if found["lon"] is None:
            told = found["doubts"][0]
            raise BadInput(told["reason"], where=sent.one("place"), remedy=told["remedy"])
        sent["lon"], sent["lat"] = [str(found["lon"])], [str(found["lat"])]
    values = forms.typed(made, sent, standing, reader(request).language)
    return values, sent.one("note")[:500]


def _after(answer: Any, sent: Posted) -> Response:
    made = orjson.loads(answer.body)
    then = "/summary" if sent.one("act") == "submit" else ""
    return RedirectResponse(f"/drafts/{made['id']}{then}", status_code=303)


def _form(
    request: Request, conn: Conn, layer: Layer, *, held: Mapping[str, Any] | None = None, record: Mapping[str, Any] | None = None,
    sent: Posted | None = None, fault: Problem | None = None,
) -> HTMLResponse:  # fmt: skip
    """The form; `sent` is what was typed when it could not be saved: it stays in the fields."""
    at, language = desk(request), reader(request).language
    made = form.drawn(at, layer)
    values = forms.standing(held["values"] if held else {}, record)
    sent = sent or Posted()
    for name, item in forms.items(made).items():
        if name in sent:
            values[name] = [v for v in sent[name] if v] if item.kind == "many" else sent.one(name)
    findings = list(held["findings"]) if held else []
    shown = form.filled(made, values, findings, language)
    lines = [line for section in shown for line in section["lines"]]
    for line in lines:
        line["lacks"] = line["lacks"] and not (held and line["item"].name in held["computed"])
    folder = settings(request).web_dir
    ledgers = [name for name, one in at.catalogue.ledgers.items()
               if one.layer == layer.name and (folder / "templates" / f"form_{name}.html").is_file()]  # fmt: skip
    scripts = [name for name in ledgers if (folder / "js" / "form" / f"{name}.js").is_file()]
    return framed(
        request, "register.html", "/register", script="form/main.js", leaflet=True, conn=conn,
        status=fault.status if fault else 200, layer=layer, sections=shown, held=held, record=record, matrix=form.matrix(layer),
        ledgers=ledgers, scripts=scripts, standard=at.catalogue.standard, lines=form.lines_of(conn, layer, sent, held, record),
        told=[f for f in findings if f["field"].startswith("holdings") or f["code"].startswith("gb18218")],
        namesake=form.namesake(conn, at, layer, values, record["id"] if record else None, today()),
        refused=[(line["item"], f) for line in lines for f in line["findings"] if f["severity"] == "refuse"],
        lacking=[line["item"] for line in lines if line["lacks"]], filled=sum(bool(line["text"]) for line in lines), total=len(lines),
        rest=[f for f in findings if f["severity"] == "warn" and f["field"] not in forms.items(made) and not f["field"].startswith("holdings")],
        why=held["why"] if held else [], level=held["effective_level"]["new"] if held else None,
        fault=_told(fault, language),
        key=uuid.uuid4().hex, systems=SYSTEMS, place=sent.one("place"), crs=sent.one("crs"),
        note=sent.one("note") or (held["note"] if held else ""), half=lambda text: half_of(text, language),
        steward=(held["steward_name"] if held else record["steward_name"] if record else actor(request).unit),
    )  # fmt: skip


def _both(
    request: Request, layer: Layer, made: list[forms.Section], sent: Posted, held: Mapping[str, Any], standing: Mapping[str, Any]
) -> HTMLResponse:
    """Both versions, field by field, with a choice each: the proposal was saved elsewhere since this page was opened."""
    language = reader(request).language
    values = forms.typed(made, sent, standing, language)
    by_name = forms.items(made)
    rows = [{"name": name, "label": form.named(layer, by_name.get(name), name, language), "mine": value or "",
             "theirs": forms.shown(by_name[name], standing.get(name), language)} for name, value in values.items()]  # fmt: skip
    return framed(request, "conflict.html", "/drafts", status=409, layer=layer, held=held, rows=rows, key=uuid.uuid4().hex,
                  note=sent.one("note"))  # fmt: skip


def _summary(
    request: Request, held: Mapping[str, Any], record: Mapping[str, Any] | None, fault: Problem | None = None
) -> HTMLResponse:
    at, language = desk(request), reader(request).language
    layer = at.catalogue.layer(held["layer"])
    by_name = forms.items(form.drawn(at, layer))
    newer = forms.standing({}, record)
    rows = []
    for one in held["conflict"] if held["stale"] else []:
        name = {"parent_id": "parent_code", "district_code": "district", "town_code": "town"}.get(one["field"], one["field"])
        if name in by_name:
            rows.append({"name": name, "label": one["label"]["en" if language == "en" else "zh"],
                         "theirs": forms.shown(by_name[name], newer.get(name), language),
                         "mine": forms.shown(by_name[name], held["values"].get(name, newer.get(name)), language)})  # fmt: skip
    values = forms.standing(assess.under(held["values"], held["computed"]), record)
    refused = [f for f in held["findings"] if f["severity"] == "refuse"]
    lacking = [item for name, item in by_name.items() if item.required and not forms.shown(item, values.get(name), language)]
    said = {name: {o.code: (o.en or o.zh) if language == "en" else o.zh for o in item.options} for name, item in by_name.items()}
    return framed(request, "summary.html", "/drafts", status=fault.status if fault else 200, held=held, layer=layer, rows=rows, refused=refused,
                  lacking=lacking, said=said, items=by_name, key=uuid.uuid4().hex, half=lambda text: half_of(text, language),
                  doubts=[f for f in held["findings"] if f["severity"] == "warn"],
                  fault=_told(fault, language))  # fmt: skip


def _told(fault: Problem | None, language: str) -> dict[str, Any] | None:
    if fault is None:
        return None
    return {"title": half(fault.title, language), "remedy": half(fault.remedy or "", language), "change": fault.extra.get("change")}


def half_of(text: str, language: str) -> str:
    """A finding's text is written 中文 (English): the reader's half."""
    if " / " in text:
        return half(text, language)
    zh, bracket, en = text.rpartition(" (")
    if not bracket or not en.endswith(")"):
        return text
    return en[:-1] if language == "en" else zh


def _clock(at: dt.datetime, seen: dt.datetime) -> str:
    """A moment in the city's time: the clock of today, else the day before it."""
    local, today_ = (t.astimezone(dt.timezone(dt.timedelta(hours=8))) for t in (at, seen))
    return local.strftime("%H:%M" if local.date() == today_.date() else "%Y-%m-%d %H:%M")
