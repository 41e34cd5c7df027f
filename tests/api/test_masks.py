"""Persons and phones in whatever leaves: own unit and city in clear, others a mask, lifted only by an audited look with a reason."""

from __future__ import annotations

import html
import io
import zipfile

import pytest

from riskmap.api.app import create_app
from riskmap.core.actor import Actor
from riskmap.core.mask import Mask, veil
from riskmap.settings import settings
from tests.api.people import Person, made

WHO = {"zhou": ("district_clerk", "110115"), "wai": ("district_clerk", "110105"), "shi": ("risk_officer", "110000"),
       "zhi": ("commander", "110000"), "ji": ("auditor", "110000"), "kou": ("api_client", "110000")}  # fmt: skip
NAME, PHONE = "欧阳保密", "13812345678"
SHELTER = {"name": "操场", "shelter_level": "市级", "capacity": 900, "lon": 116.35, "lat": 39.73, "district": "大兴区",
           "keeper": NAME, "phone": PHONE}  # fmt: skip
SOURCE = {"name": "液氯储存单元", "kind": "chemical", "accident_type": "中毒", "likelihood": 4, "severity": 5, "lon": 116.3381,
          "lat": 39.7271, "district": "大兴区", "phone": PHONE}  # fmt: skip


@pytest.fixture
def at(db) -> dict[str, Person]:
    for login, (role, org) in WHO.items():
        made(db, login, role, org)
    app = create_app(settings(), db, grading=False)
    return {login: Person(app).signed(login) for login in WHO}


def parts(content: bytes) -> bytes:
    """All bytes of a file, those of a zip unpacked and its XML's character references written out."""
    if not content.startswith(b"PK"):
        return content
    with zipfile.ZipFile(io.BytesIO(content)) as whole:
        read = b"".join(whole.read(name) for name in whole.namelist())
    return html.unescape(read.decode("utf-8", "replace")).encode()


def told(content: bytes) -> tuple[bool, bool]:
    return NAME.encode() in content, PHONE.encode() in content


def test_every_output_by_reader(at):
    id = at["shi"].post("/api/layers/shelter/features", json=SHELTER).json()["id"]
    page, one = "/api/layers/shelter/features?properties=keeper,phone", f"/api/layers/shelter/features/{id}"
    near = "/api/near?lon=116.35&lat=39.73&layers=shelter"
    for login, clear in (("zhou", True), ("shi", True), ("zhi", True), ("wai", False), ("kou", False)):
        assert told(at[login].get(page).content) == (clear, clear), login
        assert told(at[login].get(one).content) == (clear, clear), login
        assert told(at[login].get(near).content) == (False, False), login
        properties = at[login].get(one).json()["properties"]
        assert properties["masked"] == ([] if clear else ["keeper", "phone"])
        assert properties["name"] == "操场"
        if not clear:
            assert (properties["keeper"], properties["phone"]) == ("欧****", "138****78")
    for form in ("xlsx", "csv", "geojson", "gpkg"):
        for login, clear in (("zhou", True), ("wai", False)):
            answer = at[login].post("/api/layers/shelter/export", json={"format": form})
            assert answer.status_code == 200
            assert told(parts(answer.content)) == (clear, clear), (login, form)


def test_a_commander_reads_facilities_in_clear_and_sources_masked(at):
    id = at["shi"].post("/api/layers/risk_source/features", json=SOURCE).json()["id"]
    shown = at["zhi"].get(f"/api/layers/risk_source/features/{id}").json()["properties"]
    assert shown["phone"] == "138****78" and shown["masked"] == ["phone"]


def test_a_proposal_is_masked_as_its_record_is(at):
    change = at["zhou"].post("/api/layers/risk_source/changes", json={"values": SOURCE}).json()["id"]
    assert told(at["zhou"].get(f"/api/changes/{change}").content)[1]
    seen = at["zhi"].get(f"/api/changes/{change}")
    assert seen.status_code == 200 and not told(seen.content)[1]


def test_searching_does_not_find_a_hidden_name(at):
    at["shi"].post("/api/layers/shelter/features", json=SHELTER)
    for q in (NAME, NAME[:2], PHONE, PHONE[:5]):
        assert at["wai"].get("/api/layers/shelter/count", params={"q": q}).json()["count"] == 0, q
    assert at["wai"].get("/api/layers/shelter/count", params={"q": "操场"}).json()["count"] == 1
    assert at["wai"].get("/api/layers/shelter/count", params={"attr.keeper": NAME}).status_code in (400, 422)


def test_a_look_behind_the_mask_is_asked_for_and_stays_in_the_audit(at):
    id = at["shi"].post("/api/layers/shelter/features", json=SHELTER).json()["id"]
    where = f"/api/layers/shelter/features/{id}/reveal"
    assert at["wai"].post(where, json={"reason": " "}).status_code == 422
    assert at["kou"].post(where, json={"reason": "好奇"}).status_code == 403
    assert at["wai"].post("/api/layers/shelter/features/4711/reveal", json={"reason": "转移安置"}).status_code == 404
    answer = at["wai"].post(where, json={"reason": "转移安置联络"})
    assert answer.json()["fields"] == {"keeper": NAME, "phone": PHONE}
    rows = [r for r in at["ji"].get("/api/audit").json()["rows"] if r["operation"] == "contact.reveal"]
    assert [(r["actor"], r["object_id"], r["layer"]) for r in rows] == [("wai", id, "shelter")]


def test_a_mask_is_never_registered(at):
    id = at["shi"].post("/api/layers/shelter/features", json=SHELTER).json()["id"]
    for field, value in (("keeper", veil(NAME, "person")), ("phone", veil(PHONE, "phone"))):
        answer = at["shi"].patch(f"/api/layers/shelter/features/{id}", json={field: value}, headers={"If-Match": '"1"'})
        assert answer.status_code == 422, answer.text
    assert at["shi"].get(f"/api/layers/shelter/features/{id}").json()["properties"]["keeper"] == NAME


def test_what_a_mask_says():
    assert veil(None, "phone") is None and veil("", "person") is None
    assert veil("96110", "phone") == "****" and veil("王", "person") == "****"


def test_an_unknown_role_sees_nothing_in_clear(at):
    from riskmap import catalogue

    layers = catalogue.load(settings().layers_dir, settings().data_dir / "codes")
    for layer in layers.layers.values():
        for role in ("enterprise", "auditor", "system_admin", "gate", "no such role"):
            who = Actor(id="x", name="x", role=role, org=1, scope="city", orgs=(1,))
            seen = Mask(who, layer).over({f.name: PHONE for f in layer.field}, 1)
            assert all(seen[f.name] != PHONE for f in layer.field if f.type in ("phone", "person"))
