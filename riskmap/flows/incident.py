"""An incident as a record: opened, known better, noted, planned for, its places held and given back, closed. Each in one transaction, audited."""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from decimal import Decimal
from typing import Any

import orjson

from riskmap.core.actor import Actor
from riskmap.core.grading.ground import Ground
from riskmap.core.response.scenario import Given
from riskmap.core.response.severity import proposed
from riskmap.errors import BadInput, Conflict, NotFound
from riskmap.flows.register import Desk
from riskmap.flows.respond import Place, made, place_of
from riskmap.store import incidents, journal
from riskmap.store.query import Conn

FACTS = (
    "title",
    "kind",
    "gb6441",
    "source",
    "cause",
    "measures",
    "deaths",
    "serious",
    "loss_wan",
    "wind_ms",
    "wind_from_deg",
    "wind_at",
)
HOLD_H = 6  # a reservation nobody confirmed ends after so many hours
LATE_S = 300  # clocks differ; nothing else happens tomorrow


def opened(conn: Conn, desk: Desk, said: Mapping[str, Any], actor: Actor, now: dt.datetime) -> dict[str, Any]:
    """Put an incident on record. `said`: lon, lat or feature_id; happened_at, reported_at, exercise, address and FACTS. Raises BadInput."""
    place = place_said(conn, desk, said)
    happened, reported = said.get("happened_at"), said.get("reported_at") or now
    for name, at in (("happened_at", happened), ("reported_at", reported)):
        if at is not None and (at - now).total_seconds() > LATE_S:
            raise BadInput("时间在将来 / a time that is yet to come", where=name)
    if happened is not None and happened > reported:
        raise BadInput(
            "发生时间晚于接报时间 / it happened after it was reported",
            where="happened_at",
            remedy="核对两个时间 / check both times",
        )
    kind = known_kind(desk, said.get("kind") or "accident.production")
    facts = _facts(
        {name: said.get(name) for name in FACTS} | {"kind": kind, "title": said.get("title") or _title(desk, place, kind)}
    )
    found = incidents.add(
        conn,
        lon=place.lon,
        lat=place.lat,
        now=now,
        address=said.get("address"),
        feature_id=place.feature_id,
        happened_at=happened,
        reported_at=reported,
        exercise=bool(said.get("exercise")),
    )
    incidents.log(conn, found["id"], "open", person=actor.name, now=now, facts=facts)
    _told(
        conn, actor, "incident.open", found["id"], {"code": found["code"], "facts": facts, "exercise": bool(said.get("exercise"))}
    )
    return {"id": found["id"], "code": found["code"], "version": 1}


def place_said(conn: Conn, desk: Desk, said: Mapping[str, Any]) -> Place:
    """The place by record or by coordinates (WGS 84). Raises BadInput, NotFound."""
    if said.get("feature_id") is not None:
        return place_of(conn, desk, said["feature_id"])
    if said.get("lon") is None or said.get("lat") is None:
        raise BadInput("缺位置 / no place", where="lon, lat", remedy="点地图，或给出记录 / click the map, or name a record")
    return Place(said["lon"], said["lat"], None, said.get("name") or "")


def known_kind(desk: Desk, kind: str) -> str:
    """A kind of incident there is; a class alone is none. Raises BadInput."""
    if kind not in desk.catalogue.response.kinds or "." not in kind:
        raise BadInput(
            "没有这种事件类型 / no such kind of incident",
            where="kind",
            remedy=", ".join(k for k in desk.catalogue.response.kinds if "." in k),
        )
    return kind


def one(conn: Conn, id: int) -> dict[str, Any]:
    """The incident as known now. Raises NotFound."""
    found = incidents.one(conn, id) if 0 < id < 2**62 else None
    if found is None:
        raise NotFound("没有这个事件 / no such incident", where=str(id))
    return found


def moved(
    conn: Conn, desk: Desk, id: int, move: str, said: Mapping[str, Any], actor: Actor, now: dt.datetime, version: int | None
) -> dict[str, Any]:
    """note, facts, close or reopen. Facts given replace those known, the others stay. Raises BadInput, Conflict, NotFound."""
    held, note = one(conn, id), (said.get("note") or "").strip() or None
    if move not in ("note", "facts", "close", "reopen"):
        raise BadInput("没有这个操作 / no such move", where="move", remedy="note, facts, close, reopen")
    if move != "facts" and (note is None or len(note) < 2):
        raise BadInput("写一句话 / write what there is to say", where="note")
    facts = None
    if move == "facts":
        better = {k: v for k, v in said.items() if k in FACTS and v is not None}
        if not better:
            raise BadInput("没有要更新的内容 / nothing to update", where="facts")
        if "kind" in better:
            known_kind(desk, better["kind"])
        facts = _facts(held["facts"] | better)
    seq = incidents.log(
        conn, id, move, person=actor.name, now=now, facts=facts, note=note, seq=None if version is None else version + 1
    )
    if move == "close":
        incidents.turn_reservations(conn, id, "released")
    _told(conn, actor, f"incident.{move}", id, {"note": note, "facts": facts}, {"facts": held["facts"]} if facts else None)
    return {"id": id, "version": seq}


def planned(
    conn: Conn, desk: Desk, ground: Ground | None, id: int, given: Given, actor: Actor, now: dt.datetime
) -> dict[str, Any]:
    """Make a plan for the incident and keep it as it is. Raises BadInput, Conflict (it is closed), NotFound."""
    held = one(conn, id)
    if held["state"] != "open":
        raise Conflict("事件已结束 / the incident is closed", where=str(id), remedy="重新打开后再研判 / reopen it first")
    place = Place(held["lon"], held["lat"], None, held["facts"]["title"])
    if held["feature_id"] is not None:
        record = place_of(conn, desk, held["feature_id"])
        place = Place(held["lon"], held["lat"], record.feature_id, record.name, record.layer)
    given = with_wind(given, held["facts"], now)
    found = made(conn, desk, ground, place, given, held["facts"]["kind"], held["happened_at"], now, beside=id)
    inputs, outcome = plain(asdict(given)), found["outcome"]
    digest = fingerprint(inputs, outcome)
    kept = incidents.keep_plan(conn, id, inputs, outcome["assumptions"], outcome, digest, found["touches"], actor.name, now)
    incidents.log(conn, id, "plan", person=actor.name, now=now, note=f"方案第 {kept['number']} 版")
    _told(conn, actor, "incident.plan", id, {"number": kept["number"], "hash": digest, "inputs": inputs})
    return {"id": kept["id"], "number": kept["number"], "hash": digest, "inputs": inputs, "outcome": outcome}


def with_wind(given: Given, facts: Mapping[str, Any], now: dt.datetime) -> Given:
    """The wind known of the incident, where the scenario gives none."""
    if given.wind_ms is not None or facts.get("wind_ms") is None:
        return given
    at = facts.get("wind_at")
    fields = asdict(given) | {
        "wind_ms": facts["wind_ms"],
        "wind_from_deg": facts.get("wind_from_deg"),
        "wind_at": dt.datetime.fromisoformat(at) if isinstance(at, str) else at,
    }
    if fields["polygon"]:
        fields["polygon"] = tuple(tuple(p) for p in fields["polygon"])
    return Given(**fields)


def fingerprint(inputs: Any, outcome: Any) -> str:
    """SHA-256 of a plan's own words, keys in order."""
    return hashlib.sha256(orjson.dumps([plain(inputs), plain(outcome)], option=orjson.OPT_SORT_KEYS)).hexdigest()


def plain(value: Any) -> Any:
    return orjson.loads(orjson.dumps(value, default=str))


def held_places(conn: Conn, id: int, actor: Actor, now: dt.datetime, hours: float = HOLD_H) -> dict[str, Any]:
    """Hold the places of the last plan; what was held and not confirmed before is given back first. Raises Conflict, NotFound."""
    one(conn, id)
    kept = incidents.plan(conn, id)
    if kept is None:
        raise Conflict("还没有方案 / there is no plan yet", where=str(id), remedy="先研判 / make one first")
    rows = incidents.reservations(conn, id)
    if any(r["state"] == "confirmed" for r in rows):
        raise Conflict("已有确认的占用 / places are confirmed already", where=str(id), remedy="先释放再占用 / release them first")
    incidents.turn_reservations(conn, id, "released")
    expires = now + dt.timedelta(hours=hours)
    made_ids = []
    for s in sorted(
        (s for s in kept["outcome"]["shelters"] if s["assigned"]), key=lambda s: s["id"]
    ):  # always in one order: nobody waits in a ring
        made_ids.append(
            incidents.reserve(
                conn,
                incident_id=id,
                plan_id=kept["id"],
                feature_id=s["id"],
                kind="places",
                supply_code=None,
                unit=None,
                quantity=Decimal(s["assigned"]),
                out_of=Decimal(s["capacity"] - (s["occupied"] or 0)),
                expires_at=expires,
                now=now,
            )
        )
    note = f"占用 {len(made_ids)} 处避难场所，{expires.astimezone(dt.timezone(dt.timedelta(hours=8))):%m-%d %H:%M} 前有效"
    incidents.log(conn, id, "reserve", person=actor.name, now=now, note=note)
    _told(
        conn, actor, "incident.reserve", id, {"reservations": made_ids, "plan": kept["number"], "expires_at": expires.isoformat()}
    )
    return {"reservations": made_ids, "expires_at": expires.isoformat()}


def turned(conn: Conn, id: int, state: str, ids: Sequence[int] | None, actor: Actor, now: dt.datetime) -> dict[str, Any]:
    """Confirm or release what is held, all or the ones named. Raises BadInput, Conflict, NotFound."""
    one(conn, id)
    if state not in ("confirmed", "released"):
        raise BadInput("没有这个状态 / no such state", where="state", remedy="confirmed, released")
    n = incidents.turn_reservations(conn, id, state, ids)
    if not n:
        raise Conflict(
            "没有可以这样处理的占用，可能已过期 / nothing is held that this can be done to; it may have expired", where=str(id)
        )
    words = "确认" if state == "confirmed" else "释放"
    incidents.log(conn, id, "reserve" if state == "confirmed" else "note", person=actor.name, now=now, note=f"{words} {n} 项占用")
    _told(conn, actor, f"incident.{state}", id, {"ids": None if ids is None else list(ids), "count": n})
    return {"count": n}


def _facts(said: Mapping[str, Any]) -> dict[str, Any]:
    """What is known, with the level proposed from it."""
    facts = {k: said.get(k) for k in FACTS}
    for name in ("deaths", "serious"):
        if facts[name] is not None and not 0 <= int(facts[name]) <= 1_000_000:
            raise BadInput("须是人数 / a number of people", where=name)
    if facts["loss_wan"] is not None and not 0 <= float(facts["loss_wan"]) <= 1e9:
        raise BadInput("须是万元 / 10,000 yuan", where="loss_wan")
    level = proposed(facts["deaths"], facts["serious"], facts["loss_wan"]) if str(facts["kind"]).startswith("accident") else None
    return plain(facts | {"level": level.level if level else None, "level_least": level.least if level else None})


def _title(desk: Desk, place: Place, kind: str) -> str:
    return f"{place.name} {desk.catalogue.response.kinds[kind]['zh']}".strip()


def _told(conn: Conn, actor: Actor, operation: str, id: int, after: Any, before: Any = None) -> None:
    """Audit and event: no audit, no write. The event is everybody's, as the incident is."""
    journal.audit(conn, actor, operation, object_id=id, before=before, after=plain(after))
    journal.event(conn, "incident.changed", None, None, {"ids": [id]})
