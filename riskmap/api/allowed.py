"""Who may ask what: the table of operations, the check of each route against it, and the sign-in in front of everything.

Without any account everybody on this machine is the built-in officer, as ever. From the first account on, a request is somebody's
session or it is nobody's: 401 for the API, the sign-in page for a page. A change by cookie also proves that it comes from our page.
"""

from __future__ import annotations

import hmac
import time
from collections.abc import Mapping
from types import MappingProxyType
from urllib.parse import quote, urlsplit

import orjson
from fastapi import Request
from starlette.concurrency import run_in_threadpool
from starlette.responses import RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from riskmap.api.deps import now
from riskmap.api.keyed import Keys, narrowed, presented
from riskmap.core.actor import OFFICER
from riskmap.core.role import ROLES, may
from riskmap.errors import Forbidden, Problem, Unauthorized
from riskmap.flows import signin
from riskmap.settings import Settings
from riskmap.store.database import Database

PUBLIC = "public"  # nobody needs a sign-in: the operator's three, the sign-in itself
SIGNIN = "/signin"

# "VERB path" → operation of riskmap/core/role.py. A route that is not here is refused to everybody and fails a house test.
OPERATION: Mapping[str, str] = MappingProxyType({
    "GET /healthz": PUBLIC, "GET /readyz": PUBLIC, "GET /metrics": PUBLIC,
    "GET /signin": PUBLIC, "POST /signin": PUBLIC, "GET /signin/totp": PUBLIC, "POST /signin/totp": PUBLIC,
    "GET /signin/password": PUBLIC, "POST /signin/password": PUBLIC, "POST /signout": PUBLIC,
    "GET /signin/oidc": PUBLIC, "GET /signin/oidc/back": PUBLIC,
    "GET /": "map.read",
    "GET /api/status": "map.read", "GET /api/near": "map.read", "GET /api/basemaps": "map.read",
    "GET /tiles/{source}/{z}/{x}/{y}": "map.read",
    "GET /api/districts.geojson": "map.read", "GET /api/water.geojson": "map.read",
    "GET /api/cells": "map.read", "GET /api/cells/{cell}": "map.read", "GET /api/districts": "map.read",
    "GET /api/districts/{code}/grade": "map.read", "GET /api/districts/{code}/downgrade": "map.read",
    "GET /api/districts/{code}/changes": "map.read",
    "POST /api/whatif": "whatif.run",
    "GET /api/layers": "map.read", "GET /api/layers/{layer}": "map.read", "GET /api/layers/{layer}/template.xlsx": "map.read",
    "GET /api/layers/{layer}/features": "map.read", "GET /api/layers/{layer}/features/{id}": "map.read",
    "GET /api/layers/{layer}/count": "map.read", "GET /api/layers/{layer}/facets": "map.read",
    "GET /api/layers/{layer}/districts": "map.read", "GET /api/layers/{layer}/points": "map.read",
    "POST /api/layers/{layer}/features/{id}/reveal": "contact.reveal",
    "POST /api/layers/{layer}/features": "feature.put", "PATCH /api/layers/{layer}/features/{id}": "feature.put",
    "POST /api/layers/{layer}/features/{id}/retire": "feature.put",
    "POST /api/layers/{layer}/imports": "import.propose", "GET /api/layers/{layer}/imports/{batch}": "map.read",
    "GET /api/layers/{layer}/imports/{batch}/rows": "map.read", "GET /api/layers/{layer}/imports/{batch}/workbook": "map.read",
    "POST /api/layers/{layer}/imports/{batch}/commit": "import.run", "POST /api/layers/{layer}/imports/{batch}/undo": "feature.decide",
    "POST /api/layers/{layer}/imports/{batch}/submit": "import.propose", "POST /api/layers/{layer}/imports/{batch}/withdraw": "import.propose",
    "POST /api/layers/{layer}/imports/{batch}/ask-undo": "import.propose", "POST /api/layers/{layer}/imports/{batch}/mend": "import.propose",
    "POST /api/layers/{layer}/imports/{batch}/return": "feature.decide", "POST /api/layers/{layer}/imports/{batch}/approve": "feature.decide",
    "GET /api/imports": "map.read", "GET /api/imports/progress/{key}": "map.read", "POST /api/ledgers/{ledger}/imports": "import.run",
    # a move's own operation is asked by api/import_pages.py
    "GET /import": "map.read", "GET /import/{layer}": "import.propose", "POST /import/{layer}": "import.propose",
    "GET /import/{layer}/{batch}": "map.read", "POST /import/{layer}/{batch}/{move}": "map.read",
    "POST /api/layers/{layer}/export": "export.run",
    # major hazards
    "GET /api/chemicals": "map.read", "POST /api/hazards/assess": "map.read", "GET /hazards/{id}": "map.read",
    "GET /enterprises": "map.read", "GET /enterprises/{id}": "map.read",
    "GET /api/inspections": "map.read", "POST /api/inspections": "danger.report", "POST /api/inspections/{id}/withdraw": "danger.check",
    "GET /api/violations": "map.read", "POST /api/violations": "danger.report", "POST /api/violations/{id}/withdraw": "danger.check",
    "GET /enterprises/{id}/{what}/new": "danger.report", "POST /enterprises/{id}/{what}/new": "danger.report",
    "POST /enterprises/{id}/{what}/{finding}/withdraw": "danger.check",
    "GET /lists": "map.read", "POST /lists/export": "export.run", "GET /api/lists/{name}": "map.read", "POST /api/lists/{name}/export": "export.run",
    "GET /activity": "map.read", "GET /api/activity": "map.read", "GET /api/waiting": "map.read",
    # nothing changed
    "POST /api/confirmations": "feature.propose", "POST /api/confirmations/{sitting}/undo": "feature.propose",
    "POST /enterprises/{id}/confirm": "feature.propose", "POST /enterprises/{id}/unconfirm": "feature.propose",
    # proposals
    "GET /review": "map.read", "GET /api/changes": "map.read", "GET /api/changes/{id}": "map.read", "POST /api/changes/{id}/effect": "map.read",
    "POST /api/layers/{layer}/changes": "feature.propose", "PATCH /api/changes/{id}": "feature.propose",
    "POST /api/changes/{id}/submit": "feature.propose", "POST /api/changes/{id}/withdraw": "feature.propose",
    "POST /api/changes/{id}/return": "feature.decide", "POST /api/changes/{id}/approve": "feature.decide",
    "POST /api/changes/approve": "feature.decide",
    # forms
    "GET /register": "feature.propose", "GET /register/{layer}": "feature.propose", "POST /register/{layer}": "feature.propose",
    "GET /register/{layer}/{id}": "feature.propose", "POST /register/{layer}/{id}": "feature.propose",
    "GET /drafts": "feature.propose", "GET /drafts/{change}": "feature.propose", "POST /drafts/{change}": "feature.propose",
    "GET /drafts/{change}/summary": "feature.propose", "POST /drafts/{change}/submit": "feature.propose",
    "POST /drafts/{change}/withdraw": "feature.propose", "GET /api/place": "map.read",
    # hidden dangers; a move's own operation is asked by core/danger.py
    "GET /api/dangers": "map.read", "GET /api/dangers/stats": "map.read", "GET /api/dangers/{id}": "map.read",
    "POST /api/dangers": "danger.report", "POST /api/dangers/{id}/{move}": "map.read", "POST /api/dangers/export": "export.run",
    "GET /dangers": "map.read", "POST /dangers/export": "export.run", "GET /dangers/new": "danger.report", "POST /dangers/new": "danger.report",
    "GET /dangers/{id}": "map.read", "POST /dangers/{id}/{move}": "map.read",
    "POST /drafts/{change}/files": "feature.propose", "POST /drafts/{change}/files/{file}/remove": "feature.propose",
    "GET /api/changes/{id}/attachments": "map.read", "GET /api/attachments/{id}": "map.read",
    # incidents
    "GET /api/incidents": "incident.read", "GET /api/incidents/{id}": "incident.read", "POST /api/incidents": "incident.command",
    "POST /api/incidents/trial": "incident.command", "POST /api/incidents/{id}/plan": "incident.command",
    "POST /api/incidents/{id}/reservations": "incident.command", "POST /api/incidents/{id}/log": "incident.command",
    # a step's own operation is asked by flows/dispatch.py
    "GET /api/incidents/{id}/dispatches": "incident.read", "POST /api/incidents/{id}/dispatches": "incident.command",
    "POST /api/dispatches/{id}/{step}": "incident.read", "GET /incidents/{id}/dispatches": "incident.read",
    "POST /incidents/{id}/dispatches": "incident.command", "POST /dispatches/{id}/{step}": "incident.read",
    "GET /command": "incident.command", "GET /incidents": "incident.read", "GET /incidents/{id}": "incident.read",
    "GET /incidents/{id}/plans/{n}": "incident.read", "POST /incidents/{id}/log": "incident.command",
    "POST /incidents/{id}/hold": "incident.command",
    "GET /api/incidents/{id}/reports": "incident.read", "POST /api/incidents/{id}/reports": "incident.command",
    "GET /incidents/{id}/reports": "incident.read", "POST /incidents/{id}/reports": "incident.command",
    "GET /incidents/{id}/reports/{number}": "incident.read", "GET /incidents/{id}/timeline": "incident.read",
    "POST /api/incidents/{id}/reports/{number}/export": "export.run", "POST /incidents/{id}/reports/{number}/export": "export.run",
    "POST /api/incidents/{id}/plans/{number}/export": "export.run", "POST /incidents/{id}/plans/{number}/export": "export.run",
    # stock
    "GET /api/stock": "map.read", "GET /api/stock/movements": "map.read", "GET /api/depots/{id}/stock": "map.read",
    "GET /api/depots/{id}/proposal": "map.read", "POST /api/depots/{id}/stock": "stock.move", "POST /api/depots/{id}/minimum": "stock.move",
    "POST /api/stock/documents/{id}/decide": "stock.approve", "POST /api/stock/documents/{id}/receive": "stock.move",
    "POST /api/stock/documents/{id}/reverse": "stock.move", "POST /api/stock/export": "export.run",
    "GET /stock": "map.read", "GET /stock/{id}": "map.read", "POST /stock/export": "export.run", "POST /stock/{id}/minimum": "stock.move",
    "POST /stock/{id}/{kind}": "stock.move", "POST /stock/documents/{id}/decide": "stock.approve",
    "POST /stock/documents/{id}/receive": "stock.move", "POST /stock/documents/{id}/reverse": "stock.move",
    # the method desk
    "GET /api/methods": "map.read", "POST /api/methods": "method.manage", "GET /api/methods/{id}": "map.read",
    "GET /api/methods/{id}/beside": "map.read", "POST /api/methods/{id}/activate": "method.manage", "POST /api/methods/{id}/discard": "method.manage",
    "GET /api/closings/difference": "map.read", "GET /closings": "map.read",
    "GET /method": "map.read", "GET /method/new": "method.manage", "POST /method/new": "method.manage", "GET /method/{id}": "map.read",
    "POST /method/{id}/approve": "method.manage", "POST /method/{id}/discard": "method.manage",
    # shelters
    "GET /api/shelters/{id}/states": "map.read", "POST /api/shelters/{id}/states": "shelter.report",
    "GET /api/shelters/{id}/occupancy": "map.read", "POST /api/shelters/{id}/occupancy": "shelter.report",
    "GET /shelters/{id}/state": "map.read", "POST /shelters/{id}/state": "shelter.report", "POST /shelters/{id}/occupancy": "shelter.report",
    # people
    "GET /roles": "roles.read", "GET /api/roles": "roles.read", "GET /api/me": "account.own", "GET /api/audit": "audit.read",
    "GET /audit": "audit.read", "POST /audit/export": "audit.read", "POST /api/audit/export": "audit.read",
    "GET /account": "account.own", "POST /account/sessions": "account.own", "POST /account/code": "account.own",
    "GET /api/accounts": "account.manage", "POST /api/accounts": "account.manage", "POST /api/accounts/{login}/role": "account.manage",
    "POST /api/accounts/{login}/disable": "account.manage", "POST /api/accounts/{login}/enable": "account.manage",
    "POST /api/accounts/{login}/reset-password": "account.manage", "POST /api/accounts/{login}/unlock": "account.manage",
    "POST /api/accounts/{login}/confirm": "account.manage", "POST /api/accounts/{login}/subject": "account.manage",
    "GET /people": "account.manage", "POST /people/new": "account.manage", "POST /people/keys/new": "account.manage",
    "POST /people/keys/{id}/{move}": "account.manage", "POST /people/{login}/{move}": "account.manage",
    "GET /api/keys": "account.manage", "POST /api/keys": "account.manage", "POST /api/keys/{id}/confirm": "account.manage",
    "POST /api/keys/{id}/revoke": "account.manage",
})  # fmt: skip

# Plain forms: they carry the token in a field, which riskmap/api/posted.py reads and proves before the handler runs.
FORMS = frozenset(f"POST /{path}" for path in (
    "register/{layer}", "register/{layer}/{id}", "drafts/{change}", "drafts/{change}/submit", "drafts/{change}/withdraw",
    "account/sessions", "account/code", "audit/export", "people/new", "people/keys/new", "people/keys/{id}/{move}", "people/{login}/{move}",
    "dangers/new", "dangers/export", "dangers/{id}/{move}",
    "method/new", "method/{id}/approve", "method/{id}/discard",
    "import/{layer}", "import/{layer}/{batch}/{move}",
    "drafts/{change}/files", "drafts/{change}/files/{file}/remove",
    "incidents/{id}/log", "incidents/{id}/hold", "incidents/{id}/plans/{number}/export", "incidents/{id}/dispatches", "dispatches/{id}/{step}",
    "incidents/{id}/reports", "incidents/{id}/reports/{number}/export",
    "stock/export", "stock/{id}/minimum", "stock/{id}/{kind}", "stock/documents/{id}/decide", "stock/documents/{id}/receive",
    "stock/documents/{id}/reverse",
    "shelters/{id}/state", "shelters/{id}/occupancy",
    "enterprises/{id}/confirm", "enterprises/{id}/unconfirm",
    "lists/export", "enterprises/{id}/{what}/new", "enterprises/{id}/{what}/{finding}/withdraw",
))  # fmt: skip

# Asked for before anybody is known. Static files hold our own code and styles, no record.
OPEN_PATHS = frozenset(key.split(" ", 1)[1] for key, what in OPERATION.items() if what == PUBLIC)
SAFE = frozenset({"GET", "HEAD", "OPTIONS"})


async def allowed(request: Request) -> None:
    """Before every route: its operation is in the table, and the asker's role has it. Raises Forbidden."""
    route = f"{request.method} {getattr(request.scope.get('route'), 'path', '')}"
    operation = OPERATION.get(route)
    if operation == PUBLIC:
        return
    who = getattr(request.state, "actor", None)
    if who is None:
        raise Unauthorized("请先登录 / sign in first", where=SIGNIN)
    if getattr(request.state, "unproven", False) and route not in FORMS:
        proven("", None)
    if operation is None or not may(who.role, operation):
        zh, en = ROLES.get(who.role, (who.role, who.role))
        raise Forbidden(
            f"{zh}不能做这件事 / not for a {en.lower()}", where=operation or route, remedy="权限表见 /roles / see /roles"
        )
    if who.layers is not None:
        narrowed(request, route, who)


class Keeper:
    """Whether accounts exist: once they do, for good; while they do not, asked again after half a second. Raises Unavailable."""

    AGAIN_S = 0.5

    def __init__(self, db: Database) -> None:
        self._db, self._closed, self._asked = db, False, -1e9

    async def closed(self) -> bool:
        if not self._closed and time.monotonic() - self._asked > self.AGAIN_S:
            self._closed = await run_in_threadpool(signin.accounts_exist, self._db)
            self._asked = time.monotonic()
        return self._closed


class Guard:
    """ASGI middleware: puts the asker into the request's state, or answers for everybody who is nobody."""

    def __init__(self, app: ASGIApp, keeper: Keeper, db: Database, settings: Settings) -> None:
        self.app, self.keeper, self.db, self.settings = app, keeper, db, settings
        self.keys = Keys(db, settings.key_per_minute, settings.signin_per_address)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"] in OPEN_PATHS or scope["path"].startswith("/static/"):
            await self.app(scope, receive, send)
            return
        request = Request(scope)
        key = presented(request)
        try:
            if key is not None:
                request.state.signed = None
                request.state.actor = await run_in_threadpool(self.keys.admitted, request, key)
            elif await self.keeper.closed():
                signed = await run_in_threadpool(signed_in, request, self.db, self.settings)
                _whole(signed)
                request.state.actor = signed.actor  # type: ignore[union-attr]
                if scope["method"] not in SAFE:
                    ours(request)
                    request.state.unproven = not scope["path"].startswith("/api/") and "X-CSRF-Token" not in request.headers
                    if not request.state.unproven:
                        proven(request.headers.get("X-CSRF-Token", ""), signed)
                request.state.signed = signed
            else:
                request.state.actor, request.state.signed = OFFICER, None
        except Problem as fault:
            if isinstance(fault, Forbidden):
                await run_in_threadpool(request.app.state.refusals.tell, request, fault)
            await refusal(request, fault)(scope, receive, send)
            return
        await self.app(scope, receive, send if key is None and request.state.signed is None else unkept(send))


def unkept(send: Send) -> Send:
    """An answer to somebody is kept by no cache that may show it to the next, unless the route says how it may be."""
    async def told(message: Message) -> None:
        if message["type"] == "http.response.start" and not any(name.lower() == b"cache-control" for name, _ in message.get("headers", [])):
            message["headers"] = [*message.get("headers", []), (b"cache-control", b"no-store")]
        await send(message)

    return told


def cookie_name(settings: Settings) -> str:
    return "riskmap" if settings.plain_http else "__Host-riskmap"


def signed_in(request: Request, db: Database, settings: Settings) -> signin.Signed | None:
    """The session of the request's cookie, of any kind; None when there is none that holds."""
    return signin.resolve(db, settings, request.cookies.get(cookie_name(settings), ""), now())


def ours(request: Request) -> None:
    """A change comes from our own page, where the browser says where it comes from. Raises Forbidden."""
    site, origin = request.headers.get("Sec-Fetch-Site"), request.headers.get("Origin")
    host = request.headers.get("Host", "").lower()
    if site not in (None, "same-origin", "none") or (origin is not None and urlsplit(origin).netloc.lower() != host):
        raise Forbidden(
            "请求来自别的网站 / the request comes from another site",
            where="Origin",
            remedy="从本系统的页面操作 / use our own page",
        )


def proven(token: str, signed: signin.Signed | None) -> None:
    """A change carries the token of its session. Raises Forbidden."""
    if signed is None or not hmac.compare_digest(token.encode(), signed.csrf.encode()):
        raise Forbidden("页面已过期 / the page is out of date", where="X-CSRF-Token", remedy="刷新后再试 / reload and try again")


def _whole(signed: signin.Signed | None) -> None:
    if signed is None:
        raise Unauthorized("请先登录 / sign in first", where=SIGNIN)
    if signed.kind != "full":
        place = f"{SIGNIN}/totp" if signed.kind == "pending_totp" else f"{SIGNIN}/password"
        raise Unauthorized("登录还没有完成 / the sign-in is not finished", where=place)


def refusal(request: Request, fault: Problem) -> Response:
    """A problem document; for a page that needs a sign-in, the way to it."""
    path = request.url.path
    if isinstance(fault, Unauthorized) and not path.startswith("/api/") and presented(request) is None:
        after = path + (f"?{request.url.query}" if request.url.query else "")
        if request.method not in SAFE:  # a form whose session ended: back to its page
            after = path.removesuffix("/submit").removesuffix("/withdraw").removesuffix("/sessions").removesuffix("/code")
        return RedirectResponse(f"{fault.where or SIGNIN}?next={quote(after, safe='')}", status_code=303)
    body = fault.document() | {"request_id": getattr(request.state, "request_id", "")}
    headers = {"Cache-Control": "no-store"} | ({"Retry-After": str(fault.extra.get("retry_after", 5))} if fault.status in (429, 503) else {})
    if isinstance(fault, Unauthorized):
        headers["WWW-Authenticate"] = "Bearer"
    return Response(orjson.dumps(body, default=str), fault.status, headers, "application/problem+json")
