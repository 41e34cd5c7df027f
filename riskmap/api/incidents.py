"""Incidents over HTTP: recorded, known better, planned for; a trial plan writes nothing."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query, Request
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from riskmap.api.deps import Json, actor, client_key, desk, now, once, reading
from riskmap.api.records import version_of
from riskmap.core.grading.ground import Ground
from riskmap.core.response.scenario import Given
from riskmap.errors import Unavailable
from riskmap.flows import incident, respond
from riskmap.flows.grader import Grader
from riskmap.flows.sheet import sheet
from riskmap.store import incidents
from riskmap.store.query import Conn

router = APIRouter(prefix="/api/incidents", tags=["incidents"])

Id = Annotated[int, Field(ge=1, lt=2**62)]
Lon = Annotated[float, Field(ge=-180, le=180, allow_inf_nan=False)]
Lat = Annotated[float, Field(ge=-90, le=90, allow_inf_nan=False)]
Number = Annotated[float, Field(allow_inf_nan=False)]
Text = Annotated[str, Field(max_length=300)]
Long = Annotated[str, Field(max_length=2000)]
People = Annotated[int, Field(ge=0, le=1_000_000)]


class Strict(BaseModel):
    model_config = ConfigDict(extra="forbid")


class Scenario(Strict):
    """What the commander gives; everything left out is taken from the records or assumed, and told. Lengths m, masses t, rate kg/s, wind m/s."""

    kind: Literal["circle", "ring", "polygon", "plume", "fireball", "blast"] | None = None
    radius_m: Number | None = None
    inner_m: Number | None = None
    polygon: Annotated[list[tuple[Lon, Lat]], Field(max_length=500)] | None = None
    substance: Text | None = None
    mass_t: Number | None = None
    rate_kg_s: Number | None = None
    wind_ms: Number | None = None
    wind_from_deg: Number | None = None
    wind_at: AwareDatetime | None = None
    stability: Literal["A", "B", "C", "D", "E", "F"] | None = None
    terrain: Literal["rural", "urban"] | None = None
    level: Annotated[int, Field(ge=1, le=3)] | None = None
    days: Annotated[int, Field(ge=1, le=30)] | None = None
    mode: Literal["walk", "drive"] | None = None
    limit_m: Number | None = None

    def given(self) -> Given:
        told = self.model_dump()
        told["polygon"] = tuple(tuple(p) for p in self.polygon) if self.polygon else None
        return Given(**told)


class Facts(Strict):
    """What is known of an incident; null: nothing new. Loss in 万元."""

    title: Annotated[str, Field(min_length=1, max_length=200)] | None = None
    kind: Annotated[str, Field(max_length=40)] | None = None
    gb6441: Annotated[str, Field(max_length=20)] | None = None
    source: Text | None = None
    cause: Long | None = None
    measures: Long | None = None
    deaths: People | None = None
    serious: People | None = None
    loss_wan: Annotated[float, Field(ge=0, le=1e9, allow_inf_nan=False)] | None = None
    wind_ms: Annotated[float, Field(ge=0, le=75, allow_inf_nan=False)] | None = None
    wind_from_deg: Annotated[float, Field(ge=0, le=360, allow_inf_nan=False)] | None = None
    wind_at: AwareDatetime | None = None


class Happened(Facts):
    """A new incident: at a record, or at a place (WGS 84 degrees). With a scenario its first plan is kept with it."""

    feature_id: Id | None = None
    lon: Lon | None = None
    lat: Lat | None = None
    address: Text | None = None
    happened_at: AwareDatetime | None = None
    reported_at: AwareDatetime | None = None
    exercise: bool = False
    scenario: Scenario | None = None


class Trial(Strict):
    """A plan for the screen: of an incident, or of a place where nothing has been recorded yet."""

    incident: Id | None = None
    feature_id: Id | None = None
    lon: Lon | None = None
    lat: Lat | None = None
    kind: Annotated[str, Field(max_length=40)] | None = None
    happened_at: AwareDatetime | None = None
    scenario: Scenario = Scenario()
    language: Literal["zh-CN", "en"] = "zh-CN"


class Logged(Facts):
    """A line of the log, or facts known better."""

    move: Literal["note", "facts", "close", "reopen"] = "note"
    note: Long | None = None


class Held(Strict):
    """Hold the places of the last plan (no state), or confirm or release what is held."""

    state: Literal["confirmed", "released"] | None = None
    ids: Annotated[list[Id], Field(max_length=2000)] | None = None
    hours: Annotated[float, Field(gt=0, le=240, allow_inf_nan=False)] = incident.HOLD_H


def ground(request: Request) -> Ground | None:
    """The ground of the grades; None while the city is not graded: a plan without people is better than none, and says so."""
    grader: Grader | None = request.app.state.grader
    if grader is None:
        return None
    if grader.graded is None:
        try:
            grader.wait(timeout_s=5.0)
        except (TimeoutError, Unavailable):
            return None
    graded: Any = grader.graded
    return graded.engine.ground if graded is not None else None


@router.get("")
def listed(
    request: Request,
    state: Literal["open", "closed"] | None = None,
    before: Annotated[int, Query(ge=1, lt=2**62)] = incidents.LAST,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
) -> Json:
    """Open before closed, newest first."""
    with reading(request) as conn:
        return Json({"items": incidents.page(conn, state=state, before=before, size=limit)})


@router.post("")
def happened(request: Request, body: Happened) -> Json:
    """Put an incident on record, with its first plan where a scenario is given: both or neither."""
    who, at = actor(request), now()

    def act(conn: Conn) -> tuple[int, Any]:
        told = incident.opened(conn, desk(request), body.model_dump(exclude={"scenario"}), who, at)
        if body.scenario is not None:
            told["plan"] = incident.planned(conn, desk(request), ground(request), told["id"], body.scenario.given(), who, at)[
                "number"
            ]
        return 201, told

    return once(request, ["incident", body.model_dump()], act)


@router.post("/trial")
def trial(request: Request, body: Trial) -> Json:
    """A plan worked out and shown; nothing is written, a repeat is worked out anew."""
    client_key(request)
    at = now()
    with reading(request) as conn:
        given, held = body.scenario.given(), None
        if body.incident is not None:
            held = incident.one(conn, body.incident)
            place = respond.Place(held["lon"], held["lat"], None, held["facts"]["title"])
            if held["feature_id"] is not None:
                record = respond.place_of(conn, desk(request), held["feature_id"])
                place = respond.Place(held["lon"], held["lat"], record.feature_id, record.name, record.layer)
            given, kind, happened_at = incident.with_wind(given, held["facts"], at), held["facts"]["kind"], held["happened_at"]
        else:
            place = incident.place_said(conn, desk(request), body.model_dump())
            kind, happened_at = incident.known_kind(desk(request), body.kind or "accident.chemical"), body.happened_at
        found = respond.made(conn, desk(request), ground(request), place, given, kind, happened_at, at, beside=body.incident)
    told = sheet(desk(request), found["outcome"], held, None, body.language == "en")
    return Json({"inputs": incident.plain(asdict(given)), "outcome": found["outcome"], "sheet": told})


@router.get("/{id}")
def one(request: Request, id: Id, plan: Annotated[int, Query(ge=1, le=100_000)] | None = None) -> Json:
    """The incident as known now, its log, what it holds, and its last plan (or the one asked for) where the reader may see it."""
    with reading(request) as conn:
        found = incident.one(conn, id)
        body = {
            "incident": found,
            "log": incidents.history(conn, id),
            "reservations": incidents.reservations(conn, id),
            "plan": incidents.plan(conn, id, plan),
        }
    return Json(body, headers={"ETag": f'"{found["version"]}"'})


@router.post("/{id}/plan")
def planned(request: Request, id: Id, body: Scenario) -> Json:
    """Make a plan and keep it, numbered and with its hash."""

    def act(conn: Conn) -> tuple[int, Any]:
        made = incident.planned(conn, desk(request), ground(request), id, body.given(), actor(request), now())
        return 201, {k: made[k] for k in ("id", "number", "hash")}

    return once(request, [id, "plan", body.model_dump()], act)


@router.post("/{id}/reservations")
def reserve(request: Request, id: Id, body: Held) -> Json:
    """Hold the places of the last plan, confirm them, give them back."""

    def act(conn: Conn) -> tuple[int, Any]:
        if body.state is None:
            return 201, incident.held_places(conn, id, actor(request), now(), body.hours)
        return 200, incident.turned(conn, id, body.state, body.ids, actor(request), now())

    return once(request, [id, "reserve", body.model_dump()], act)


@router.post("/{id}/log")
def logged(request: Request, id: Id, body: Logged) -> Json:
    """Append to the log; with If-Match only onto that version."""
    said = request.headers.get("If-Match", "")
    version = version_of(said) if said else None

    def act(conn: Conn) -> tuple[int, Any]:
        return 200, incident.moved(conn, desk(request), id, body.move, body.model_dump(), actor(request), now(), version)

    return once(request, [id, "log", version, body.model_dump()], act)
