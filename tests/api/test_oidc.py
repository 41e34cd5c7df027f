"""Sign-in by a real OpenID provider: who is bound comes in, everybody else and everything wrong gets one answer."""

from __future__ import annotations

import datetime as dt
import socket
import subprocess
from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pyotp
import pytest
from fastapi import FastAPI

from riskmap.api.app import create_app
from riskmap.core.actor import OPERATOR
from riskmap.flows import oidc, people
from riskmap.settings import ROOT, Settings, settings
from riskmap.store.cluster import Dsns
from riskmap.store.database import Database
from riskmap.store.migrate import connect
from tests.api.people import Person, made

HERE = "https://127.0.0.1"
SUBJECT = "248289761001"


@pytest.fixture(scope="module")
def issuer() -> Iterator[str]:
    """A provider of its own process, started by node."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    order = ["node", str(ROOT / "tests/oidc/provider.mjs"), str(port), HERE + oidc.BACK, HERE + "/signin"]
    process = subprocess.Popen(order, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    assert process.stdout
    lines = []
    for line in process.stdout:
        lines.append(line)
        if line.strip() == "ready":
            break
    assert process.poll() is None, "".join(lines)
    yield f"http://127.0.0.1:{port}"
    process.kill()
    process.wait()


def bounds_of(issuer: str, **more: Any) -> Settings:
    return Settings(**settings().model_dump() | {
        "oidc_issuer": issuer, "oidc_client_id": "riskmap", "oidc_client_secret": "of-riskmap-0123456789012345678901234567", "public_url": HERE,
        "oidc_acr": "strong"} | more)  # fmt: skip


@pytest.fixture
def app(db: Database, issuer: str) -> FastAPI:
    made(db, "li", "commander")
    bind(db, "li", SUBJECT)
    return create_app(bounds_of(issuer), db, grading=False)


def bind(db: Database, login: str, subject: str | None) -> None:
    with db.as_user(OPERATOR, write=True) as conn:
        people.bind(conn, login, subject, OPERATOR)


def at_provider(url: str, subject: str = SUBJECT, **how: str) -> str:
    """A browser at the provider: from the address we sent it to, to the address it is sent back to."""
    with httpx.Client(follow_redirects=False) as browser:
        for _ in range(10):
            answer = browser.get(url)
            assert answer.status_code in (302, 303), answer.text[:500]
            url = str(answer.url.join(answer.headers["location"]))
            if url.startswith(HERE):
                return url
            if "/interaction/" in url:
                url = str(httpx.URL(url, params={"as": subject} | how))
    raise AssertionError(url)


def enter(person: Person, subject: str = SUBJECT, next: str = "", **how: str) -> Any:
    """The whole way; the answer to the last step of ours."""
    begun = person.get("/signin/oidc", params={"next": next} if next else {})
    assert begun.status_code == 303, begun.text[:300]
    return person.get(at_provider(begun.headers["location"], subject, **how).removeprefix(HERE))


def inside(person: Person) -> bool:
    return person.get("/api/me").status_code == 200


def refused(answer: Any) -> bool:
    return answer.status_code == 401 and "没有登录成功" in answer.text and "__Host-riskmap=" not in answer.headers.get("set-cookie", "")


def reasons(dsns: Dsns) -> list[str]:
    with connect(dsns.superuser) as conn:
        found = conn.execute("SELECT after ->> 'reason' AS r FROM audit WHERE operation = 'signin.failed' ORDER BY id").fetchall()
    return [r["r"] for r in found]


def test_who_is_bound_comes_in(app: FastAPI, dsns: Dsns) -> None:
    with Person(app) as person:
        assert "统一身份认证" in person.get("/signin").text
        begun = person.get("/signin/oidc")
        asked = parse_qs(urlsplit(begun.headers["location"]).query)
        assert asked["response_type"] == ["code"] and asked["code_challenge_method"] == ["S256"] and asked["scope"] == ["openid"]
        assert all(len(asked[name][0]) >= 40 for name in ("state", "nonce", "code_challenge"))
        assert {"HttpOnly", "Secure"} <= set(begun.headers["set-cookie"].split("; ")) and "samesite=lax" in begun.headers["set-cookie"].lower()
        answer = enter(person, next="/dangers")
        assert (answer.status_code, answer.headers["location"]) == (303, "/dangers")
        assert person.get("/api/me").json()["login"] == "li"
        assert "__Host-riskmap-oidc" not in person.cookies
    with connect(dsns.superuser) as conn:
        assert conn.execute("SELECT after FROM audit WHERE operation = 'signin'").fetchone()["after"] == {"session": "full", "via": "oidc"}  # type: ignore[index]
        assert conn.execute("SELECT count(*) AS n FROM oidc_flow").fetchone() == {"n": 1}  # the first was begun and not ended


def test_everybody_else_gets_one_answer(app: FastAPI, db: Database, dsns: Dsns) -> None:
    made(db, "weg", "commander")
    bind(db, "weg", "weg")
    with db.as_user(OPERATOR, write=True) as conn:
        people.set_state(conn, "weg", "disabled", OPERATOR)
    answers = []
    with Person(app) as person:
        for subject, how in (("nobody-bound-this", {}), ("weg", {}), (SUBJECT, {"refuse": "1"}), (SUBJECT.upper() + " ", {})):
            answers.append(enter(person, subject, **how))
            assert not inside(person)
    assert all(refused(a) for a in answers) and len({a.text for a in answers}) == 1
    assert reasons(dsns) == ["unknown-subject", "disabled", "provider", "unknown-subject"]
    with connect(dsns.superuser) as conn:
        assert conn.execute("SELECT count(*) AS n FROM account").fetchone() == {"n": 2}  # nobody was made
        assert "nobody-bound-this" not in str(conn.execute("SELECT after FROM audit").fetchall())


def test_the_answer_belongs_to_the_browser_that_asked(app: FastAPI, dsns: Dsns) -> None:
    """Neither a link with somebody's code, nor a second use, nor another state opens anything."""
    with Person(app) as person, Person(app) as victim:
        back = at_provider(person.get("/signin/oidc").headers["location"]).removeprefix(HERE)
        assert refused(victim.get(back)) and not inside(victim)
        victim.get("/signin/oidc")
        assert refused(victim.get(back)) and not inside(victim)
        assert person.get(back).status_code == 303 and inside(person)
        person.cookies.clear()
        assert refused(person.get(back)) and not inside(person)
    with Person(app) as person:
        back = at_provider(person.get("/signin/oidc").headers["location"]).removeprefix(HERE)
        other = back.replace("state=", "state=x")
        assert refused(person.get(other)) and refused(person.get(back)) and not inside(person)  # one try takes it
        for given in ("", "?code=x", "?state=x", "?error=server_error", "?code=%00&state=%ff"):
            assert refused(person.get(oidc.BACK + given))
        back = at_provider(person.get("/signin/oidc").headers["location"]).removeprefix(HERE)
        assert refused(person.get(back.replace("iss=", "iss=https%3A%2F%2Fevil.example&x="))) and not inside(person)
    assert reasons(dsns)[:4] == ["no-flow", "state", "no-flow", "state"]


def test_a_way_begun_long_ago_is_over(app: FastAPI, dsns: Dsns) -> None:
    with Person(app) as person:
        back = at_provider(person.get("/signin/oidc").headers["location"]).removeprefix(HERE)
        with connect(dsns.superuser) as conn:
            conn.execute("UPDATE oidc_flow SET expires_at = now() - interval '1 second'")
        assert refused(person.get(back)) and reasons(dsns) == ["no-flow"]


def test_a_code_of_another_way_does_not_fit(app: FastAPI, dsns: Dsns) -> None:
    """PKCE and nonce: a code stolen from one browser is worthless in another, state or not."""
    with Person(app) as thief, Person(app) as person:
        stolen = parse_qs(urlsplit(at_provider(person.get("/signin/oidc").headers["location"])).query)["code"][0]
        own = parse_qs(urlsplit(at_provider(thief.get("/signin/oidc").headers["location"])).query)
        assert refused(thief.get(oidc.BACK, params={"code": stolen, "state": own["state"][0], "iss": own["iss"][0]})) and not inside(thief)
    assert reasons(dsns)[0].startswith("token: ")


def test_no_session_is_brought_along(app: FastAPI) -> None:
    """Fixation: whatever id the browser held before, it has another afterwards, and the old one opens nothing."""
    with Person(app) as person, Person(app) as attacker:
        attacker.enter("li")
        planted = attacker.cookie
        for old in (planted, "x" * 43):
            person.cookies.clear()
            person.cookies.set("__Host-riskmap", old, domain="127.0.0.1", path="/")
            assert enter(person).status_code == 303 and inside(person)
            values = [c.value for c in person.cookies.jar if c.name == "__Host-riskmap"]
            assert values and values[-1] != old
        first, second = "__Host-riskmap-oidc", person.get("/signin/oidc")
        assert second.headers["set-cookie"].startswith(first)


def test_a_second_factor_is_the_providers_or_ours(db: Database, issuer: str, dsns: Dsns) -> None:
    app = create_app(bounds_of(issuer, totp="required"), db, grading=False)
    made(db, "shen", "reviewer")
    bind(db, "shen", "shen")
    with Person(app) as person:
        for how in ({"amr": "otp"}, {"acr": "strong"}, {"amr": "mfa"}):
            assert enter(person, "shen", **how).headers["location"] == "/" and inside(person), how
            person.cookies.clear()
        for how in ({}, {"amr": "pwd"}, {"acr": "weak"}):
            answer = enter(person, "shen", **how)
            assert answer.headers["location"] == "/signin/totp" and not inside(person), how
        page = person.get("/signin/totp").text
        secret = page.split('id="secret">')[1].split("<")[0].replace(" ", "")
        wrong = person.post("/signin/totp", data={"csrf": person.hidden("/signin/totp"), "code": "000000"})
        assert wrong.status_code == 401 and not inside(person)
        code = pyotp.TOTP(secret).now()
        right = person.post("/signin/totp", data={"csrf": person.hidden("/signin/totp"), "code": code})
        assert right.headers["location"] == "/" and inside(person)  # not to another password: none was asked
        person.cookies.clear()
        assert enter(person, "shen").headers["location"] == "/signin/totp"
        again = person.post("/signin/totp", data={"csrf": person.hidden("/signin/totp"), "code": code})
        assert again.status_code == 401 and not inside(person)  # a code is good once


def test_tries_at_the_code_are_counted_here_too(db: Database, issuer: str) -> None:
    app = create_app(bounds_of(issuer, totp="required"), db, grading=False)
    made(db, "shen", "reviewer")
    bind(db, "shen", "shen")
    with Person(app) as person:
        for _ in range(5):
            if enter(person, "shen").status_code != 303:
                break
            person.post("/signin/totp", data={"csrf": person.hidden("/signin/totp"), "code": "000000"})
        assert refused(enter(person, "shen"))  # locked, and told like all the rest


def test_leaving_ends_ours_and_shows_the_way_to_leave_the_providers(app: FastAPI) -> None:
    with Person(app) as person:
        enter(person)
        old = person.cookie
        answer = person.post("/signout", data={"csrf": person.hidden("/roles")})
        assert answer.headers["location"] == "/signin?out=1"
        page = person.get("/signin?out=1").text
        assert "/session/end?client_id=riskmap&amp;post_logout_redirect_uri=https%3A%2F%2F127.0.0.1%2Fsignin" in page
        person.cookies.set("__Host-riskmap", old, domain="127.0.0.1", path="/")
        assert not inside(person)
    with Person(app) as person:
        person.signed("li")
        assert person.post("/signout", data={"csrf": person.token}).headers["location"] == "/signin"


def test_taken_away_it_ends_at_once(app: FastAPI, db: Database) -> None:
    with Person(app) as person:
        enter(person)
        bind(db, "li", None)
        assert not inside(person) and refused(enter(person))


def test_a_bond_awaits_a_second_person(app: FastAPI, db: Database) -> None:
    made(db, "an1", "security_admin"), made(db, "an2", "security_admin"), made(db, "wu", "commander")
    with Person(app) as first, Person(app) as second, Person(app) as person:
        first.signed("an1"), second.signed("an2")
        assert first.post("/api/accounts/wu/subject", json={"subject": SUBJECT}).status_code == 409  # another's
        assert first.post("/api/accounts/an1/subject", json={"subject": "me"}).status_code == 403
        assert first.post("/api/accounts/wu/subject", json={"subject": " wu"}).status_code == 422
        assert first.post("/api/accounts/wu/subject", json={"subject": "wu"}).json()["awaits"] == "an1"
        assert refused(enter(person, "wu"))
        assert first.post("/api/accounts/wu/confirm").status_code == 403
        assert second.post("/api/accounts/wu/confirm").status_code == 200
        assert enter(person, "wu").status_code == 303 and inside(person)
        assert second.post("/api/accounts/wu/subject", json={"subject": None}).status_code == 200 and not inside(person)


def test_the_database_keeps_a_bond_too(app: FastAPI, db: Database) -> None:
    from riskmap.core.actor import GATE, Actor
    from riskmap.errors import Forbidden

    for who in (Actor("an1", "x", "security_admin", 1, "none"), GATE, Actor("li", "x", "commander", 1, "none")):
        try:
            with db.as_user(who, write=True) as conn:
                assert conn.execute("UPDATE account SET oidc_subject = 'mine' WHERE login = 'li'").rowcount == 0
        except Forbidden:
            pass


def token_for(issuer: str, client: str = "riskmap") -> dict[str, Any]:
    """A token the provider really issued, to one of its clients."""
    bounds = bounds_of(issuer, oidc_client_id=client, oidc_client_secret=f"of-{client}-0123456789012345678901234567")
    provider = oidc.Provider(bounds)
    url, _ = provider.session().create_authorization_url(provider.described()["authorization_endpoint"], state="s", code_verifier="v" * 43, nonce="n")
    code = parse_qs(urlsplit(at_provider(url)).query)["code"][0]
    return provider.session().fetch_token(provider.described()["token_endpoint"], code=code, code_verifier="v" * 43, grant_type="authorization_code")


def test_a_token_is_proven_whole(issuer: str) -> None:
    import base64
    import json

    from joserfc import jwt
    from joserfc.jwk import OctKey, RSAKey

    bounds = bounds_of(issuer)
    provider, now, token = oidc.Provider(bounds), dt.datetime.now(dt.UTC), token_for(issuer)
    assert oidc.verified(bounds, provider, token, "n", now)["sub"] == SUBJECT
    head, body, signature = token["id_token"].split(".")

    def part(text: str, **other: Any) -> str:
        made = json.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))) | other
        return base64.urlsafe_b64encode(json.dumps(made).encode()).rstrip(b"=").decode()

    claims = json.loads(base64.urlsafe_b64decode(body + "=" * (-len(body) % 4)))
    own = RSAKey.generate_key(2048)
    wrong: dict[str, Any] = {
        "another nonce": (token, "m", now),
        "over": (token, "n", now + dt.timedelta(days=2)),
        "not yet": (token, "n", now - dt.timedelta(days=2)),
        "of another client": (token_for(issuer, "another"), "n", now),
        "another subject": (token | {"id_token": f"{head}.{part(body, sub='admin')}.{signature}"}, "n", now),
        "unsigned": (token | {"id_token": f"{part(head, alg='none')}.{body}."}, "n", now),
        "signed by somebody": (token | {"id_token": jwt.encode({"alg": "RS256"}, claims, own)}, "n", now),
        "signed with our secret": (
            token | {"id_token": jwt.encode({"alg": "HS256"}, claims, OctKey.import_key(bounds.oidc_client_secret))}, "n", now),
        "none": ({"access_token": "x"}, "n", now),
        "no token": (token | {"id_token": "a.b.c"}, "n", now),
    }  # fmt: skip
    passed = []
    for what, (given, nonce, at) in wrong.items():
        try:
            oidc.verified(bounds, provider, given, nonce, at)
            passed.append(what)
        except Exception:  # noqa: BLE001, S110 whichever the library has for it
            pass
    assert passed == []


def test_a_provider_that_is_silent_or_another(db: Database, issuer: str) -> None:
    made(db, "li", "commander")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        nowhere = f"http://127.0.0.1:{free.getsockname()[1]}"
    for other in (nowhere, issuer + "/", issuer.replace("127.0.0.1", "localhost")):  # the last two say to be another
        with Person(create_app(bounds_of(other), db, grading=False)) as person:
            answer = person.get("/signin/oidc")
            assert answer.status_code == 503 and "没有应答" in answer.text, other
            assert person.enter("li").status_code == 303  # the password is a door of its own


def test_without_a_provider_there_is_no_such_door(db: Database) -> None:
    made(db, "li", "commander")
    with Person(create_app(settings(), db, grading=False)) as person:
        assert person.get("/signin/oidc").status_code == 404 and person.get(oidc.BACK).status_code == 404
        assert "oidc" not in person.get("/signin").text


def test_attempts_are_counted_with_all_the_others(db: Database, issuer: str) -> None:
    made(db, "li", "commander")
    with Person(create_app(bounds_of(issuer, signin_per_address=3), db, grading=False)) as person:
        assert [person.get("/signin/oidc").status_code for _ in range(4)] == [303, 303, 303, 429]


@pytest.mark.parametrize("wrong", [
    {"oidc_client_id": ""}, {"public_url": ""}, {"oidc_issuer": "http://idp.example"}, {"oidc_issuer": "ftp://x"}, {"public_url": "https://x/y"},
])  # fmt: skip
def test_half_a_setting_stops_the_start(wrong: dict[str, str]) -> None:
    with pytest.raises(ValueError, match=r"OIDC|oidc|public_url"):
        bounds_of("https://idp.example", **wrong)
