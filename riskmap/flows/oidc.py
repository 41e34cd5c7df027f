"""Sign-in by the identity provider of the city (OpenID Connect, code flow with PKCE), as an option beside the password.

Who comes back is the account whose subject was bound beforehand, or nobody: no account is made here. Whatever fails is told the same.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import hmac
import secrets
import threading
import time
from typing import Any
from urllib.parse import urlencode, urlsplit

import requests
from authlib.integrations.requests_client import OAuth2Session
from authlib.oidc.core import CodeIDToken
from joserfc import jwt
from joserfc.jwk import KeySet

from riskmap.errors import Problem, Unauthorized, Unavailable
from riskmap.flows import signin
from riskmap.flows.signin import Ticket, Visit, key_of
from riskmap.settings import Settings
from riskmap.store import accounts, journal
from riskmap.store.database import Database

FLOW_MINUTES = 10
AGAIN_S = 3600.0  # the provider's own description and keys are asked anew after an hour
WAIT_S = 8  # for one answer of the provider
LARGEST = 1_000_000  # bytes of one
LEEWAY_S = 60
# signatures with a key pair alone: a shared secret, or none, would let who knows the secret sign
ALGORITHMS = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA", "Ed25519")
BACK = "/signin/oidc/back"


class Provider:
    """The provider as it describes itself. One a process; what it says is remembered for an hour, and asked again when a key is unknown."""

    def __init__(self, bounds: Settings) -> None:
        self._bounds, self._lock = bounds, threading.Lock()
        self._told: dict[str, tuple[float, dict[str, Any]]] = {}

    def described(self) -> dict[str, Any]:
        """Its endpoints. Raises Unavailable; also where it says to be another, or leads to where its issuer's scheme does not."""
        issuer = self._bounds.oidc_issuer
        said = self._asked(issuer.rstrip("/") + "/.well-known/openid-configuration")
        ends = [said.get(name) for name in ("authorization_endpoint", "token_endpoint", "jwks_uri")]
        scheme = urlsplit(issuer).scheme
        if said.get("issuer") != issuer or not all(isinstance(end, str) and urlsplit(end).scheme in ("https", scheme) for end in ends):
            raise _silent("it describes another")
        return said

    def keys(self, anew: bool = False) -> KeySet:
        """Its public keys."""
        return KeySet.import_key_set(self._asked(self.described()["jwks_uri"], anew))  # type: ignore[arg-type]

    def session(self) -> OAuth2Session:
        b = self._bounds
        made = OAuth2Session(
            b.oidc_client_id, b.oidc_client_secret or None, scope="openid", redirect_uri=b.public_url.rstrip("/") + BACK,
            code_challenge_method="S256", token_endpoint_auth_method="client_secret_basic" if b.oidc_client_secret else "none",
        )  # fmt: skip
        made.trust_env = False  # no proxy and no password file of whoever started the server
        made.verify = str(b.oidc_ca) if b.oidc_ca else True
        return made

    def _asked(self, url: str, anew: bool = False) -> dict[str, Any]:
        with self._lock:
            at, said = self._told.get(url, (-AGAIN_S, {}))
            if time.monotonic() - at < (10.0 if anew else AGAIN_S):
                return said
        try:
            with requests.Session() as plain:
                plain.trust_env, plain.verify = False, str(self._bounds.oidc_ca) if self._bounds.oidc_ca else True
                answer = plain.get(url, timeout=WAIT_S, allow_redirects=False, stream=True)
                body = answer.raw.read(LARGEST, decode_content=True)
                answer.close()
            said = requests.models.complexjson.loads(body)
            if answer.status_code != 200 or not isinstance(said, dict):
                raise ValueError(answer.status_code)
        except (requests.RequestException, ValueError, OSError) as fault:
            raise _silent(type(fault).__name__) from fault
        with self._lock:
            self._told[url] = (time.monotonic(), said)
        return said


def begin(db: Database, bounds: Settings, provider: Provider, after: str, visit: Visit) -> tuple[str, str]:
    """(where the browser goes, the id for its cookie). Raises TooMany over a limit, Unavailable when the provider does not answer."""
    signin.admit(db, bounds, visit)
    end = provider.described()["authorization_endpoint"]
    id, state, nonce, verifier = (secrets.token_urlsafe(32) for _ in range(4))
    asked = {"nonce": nonce} | ({"acr_values": " ".join(words(bounds.oidc_acr))} if bounds.oidc_acr else {})
    url, _ = provider.session().create_authorization_url(end, state=state, code_verifier=verifier, **asked)
    with signin.gate(db, visit) as conn:
        accounts.begin_flow(conn, key_of(id), state, nonce, verifier, after[:2000], visit.now, visit.now + dt.timedelta(minutes=FLOW_MINUTES))
    return url, id


def finish(db: Database, bounds: Settings, provider: Provider, id: str, given: dict[str, str], visit: Visit) -> tuple[Ticket, str]:
    """(the session, where to go on) of who comes back. Raises one and the same Unauthorized whatever was wrong; why stands in the audit."""
    try:
        signin.admit(db, bounds, visit)
        with signin.gate(db, visit) as conn:
            flow = accounts.take_flow(conn, key_of(id))  # good once, whatever comes of it
        claims = _proven(bounds, provider, flow, given, visit)
        with signin.gate(db, visit) as conn:
            held = accounts.proofs(conn, subject=claims["sub"])
            if why := _shut(held, visit):
                raise _Refused(why, held, claims["sub"])
            assert held is not None and flow is not None
            return signin.opened(conn, bounds, held, visit, strong=strong(bounds, claims)), flow["next"]
    except _Refused as refused:
        _told(db, refused, visit)
    raise Unauthorized(
        "没有登录成功 / the sign-in did not succeed", where="/signin",
        remedy="再试一次，或用登录名和口令；仍不行请找安全管理员 / try again, or sign in with login and password; else ask a security administrator",
    )  # fmt: skip


def strong(bounds: Settings, claims: dict[str, Any]) -> bool:
    """Whether the provider itself asked for a second factor: by the agreed `acr`, or an agreed method in `amr`."""
    methods = claims.get("amr")
    return claims.get("acr") in words(bounds.oidc_acr) or bool(set(methods if isinstance(methods, list) else ()) & set(words(bounds.oidc_amr)))


def leaving(bounds: Settings, provider: Provider) -> str:
    """Where a person who came by the provider ends the session there too; empty where there is no such place."""
    try:
        end = provider.described().get("end_session_endpoint")
    except Problem:
        return ""
    if not isinstance(end, str) or urlsplit(end).scheme not in ("https", urlsplit(bounds.oidc_issuer).scheme):
        return ""
    back = urlencode({"client_id": bounds.oidc_client_id, "post_logout_redirect_uri": bounds.public_url.rstrip("/") + "/signin"})
    return f"{end}{'&' if urlsplit(end).query else '?'}{back}"


def words(text: str) -> list[str]:
    return [one.strip() for one in text.split(",") if one.strip()]


class _Refused(Exception):
    """Why nobody comes in: for the audit alone."""

    def __init__(self, why: str, held: dict[str, Any] | None = None, subject: str = "") -> None:
        super().__init__(why)
        self.why, self.held, self.subject = why, held, subject


def _proven(bounds: Settings, provider: Provider, flow: dict[str, Any] | None, given: dict[str, str], visit: Visit) -> dict[str, Any]:
    """The claims of an id_token that the provider signed for us, now, in answer to this browser. Raises _Refused."""
    if flow is None or flow["expires_at"] <= visit.now:
        raise _Refused("no-flow")
    if not hmac.compare_digest(given.get("state", "").encode(), flow["state"].encode()):
        raise _Refused("state")
    if given.get("iss", bounds.oidc_issuer) != bounds.oidc_issuer:  # RFC 9207
        raise _Refused("issuer")
    if "error" in given or not given.get("code"):
        raise _Refused("provider")
    try:
        said = provider.described()
        token = provider.session().fetch_token(
            said["token_endpoint"], grant_type="authorization_code", code=given["code"], code_verifier=flow["verifier"], timeout=WAIT_S,
            allow_redirects=False,
        )  # fmt: skip
        return verified(bounds, provider, token, flow["nonce"], visit.now)
    except Problem as fault:
        raise _Refused("unreachable") from fault
    except Exception as fault:  # noqa: BLE001 whatever a stranger's token does to a library, it opens nothing
        raise _Refused(f"token: {type(fault).__name__}") from fault


def verified(bounds: Settings, provider: Provider, token: dict[str, Any], nonce: str, now: dt.datetime) -> dict[str, Any]:
    """The claims of the id_token, its signature, issuer, audience, times, nonce and access token proven. Raises whatever the libraries do."""
    raw = token["id_token"]
    try:
        found = jwt.decode(raw, provider.keys(), algorithms=ALGORITHMS)
    except ValueError:  # signed by a key we do not know: the provider may have changed its keys
        found = jwt.decode(raw, provider.keys(anew=True), algorithms=ALGORITHMS)
    options = {"iss": {"essential": True, "value": bounds.oidc_issuer}, "aud": {"essential": True, "value": bounds.oidc_client_id}}
    params = {"client_id": bounds.oidc_client_id, "nonce": nonce, "access_token": token.get("access_token")}
    claims = CodeIDToken(found.claims, found.header, options, params)
    claims.validate(now=int(now.timestamp()), leeway=LEEWAY_S)
    if not isinstance(claims["sub"], str) or not 1 <= len(claims["sub"]) <= 255:
        raise ValueError("sub")
    return dict(claims)


def _shut(held: dict[str, Any] | None, visit: Visit) -> str:
    """Why the person the provider knows does not come in; empty when they do."""
    if held is None:
        return "unknown-subject"
    if held["locked_until"] is not None and held["locked_until"] > visit.now:
        return "locked"
    return "disabled" if held["state"] != "active" else "awaiting" if held["awaits"] else ""


def _told(db: Database, refused: _Refused, visit: Visit) -> None:
    """Into the audit. A subject nobody bound is kept as a digest only."""
    after = {"reason": refused.why, "via": "oidc"}
    if refused.subject and refused.held is None:
        after["subject_digest"] = hashlib.sha256(refused.subject.encode()).hexdigest()[:16]
    with signin.gate(db, visit) as conn:
        who = signin.named(refused.held)
        journal.audit(conn, who, "signin.failed", object_id=refused.held["id"] if refused.held else None, after=after, result="refused")


def _silent(why: str) -> Unavailable:
    return Unavailable(
        "统一身份认证没有应答 / the identity provider does not answer", where=why[:60],
        remedy="稍后再试，或用登录名和口令 / try again later, or sign in with login and password", retry_after=30,
    )  # fmt: skip
