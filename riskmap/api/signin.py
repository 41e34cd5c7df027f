"""The sign-in's pages: plain forms that work without JavaScript. Wrong is told the same for every login."""

from __future__ import annotations

from typing import Annotated, Any
from urllib.parse import parse_qsl, urlencode

from fastapi import APIRouter, Depends, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from riskmap import page
from riskmap.api.allowed import cookie_name, ours, proven, signed_in
from riskmap.api.deps import address_of, database, now, settings
from riskmap.core import password as passwords
from riskmap.core.role import home
from riskmap.core.second_factor import grouped
from riskmap.errors import NotFound, Problem, TooLarge
from riskmap.flows import oidc, signin
from riskmap.page.people import form_page

router = APIRouter(include_in_schema=False)
MOST = 16_384  # bytes of a form
PLACES = {"pending_totp": "/signin/totp", "must_change": "/signin/password"}
POLICY = "default-src 'none'; style-src 'self'; img-src data:; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"


async def fields(request: Request) -> dict[str, str]:
    """A form of a few short fields. Raises TooLarge."""
    body = b""
    async for part in request.stream():
        body += part
        if len(body) > MOST:
            raise TooLarge("表单太大 / the form is too big", where="body")
    try:
        return dict(parse_qsl(body.decode("utf-8", "replace"), keep_blank_values=True, max_num_fields=10))
    except ValueError:
        raise TooLarge("表单字段太多 / too many fields", where="body") from None


Form = Annotated[dict[str, str], Depends(fields)]


@router.get("/signin")
def door(request: Request, next: str = "", lang: str = "") -> Response:
    """Login and password. Who is signed in already goes on."""
    signed = signed_in(request, database(request), settings(request))
    if signed and signed.kind == "full":
        return RedirectResponse(inside(next, signed.actor.role), status_code=303)
    return _page(request, "signin", lang, next=next, out=_leaving(request))


@router.post("/signin")
def enter(request: Request, form: Form) -> Response:
    """The first step."""
    ours(request)
    try:
        ticket = signin.begin(
            database(request), settings(request), form.get("login", ""), form.get("password", ""), visit(request)
        )
    except Problem as fault:
        return _page(request, "signin", form.get("lang", ""), fault, next=form.get("next", ""))
    return went_on(request, ticket, form)


@router.get("/signin/totp")
def ask_code(request: Request, next: str = "", lang: str = "") -> Response:
    """The code; at the first time also the secret to type into a device."""
    signed = _half(request, "pending_totp")
    if signed is None:
        return RedirectResponse("/signin", status_code=303)
    return _code_page(request, signed, lang, next)


@router.post("/signin/totp")
def code(request: Request, form: Form) -> Response:
    """The second step."""
    ours(request)
    signed = _half(request, "pending_totp")
    if signed is None:
        return RedirectResponse("/signin", status_code=303)
    proven(form.get("csrf", ""), signed)
    try:
        ticket = signin.prove(database(request), settings(request), signed, form.get("code", ""), visit(request))
    except Problem as fault:
        return _code_page(request, signed, form.get("lang", ""), form.get("next", ""), fault)
    return went_on(request, ticket, form)


@router.get("/signin/password")
def ask_password(request: Request, next: str = "", lang: str = "") -> Response:
    """Another password: at the first sign-in, when it is too old, or of one's own will."""
    signed = _half(request, "must_change", "full")
    if signed is None:
        return RedirectResponse("/signin", status_code=303)
    return _page(request, "password", lang, next=next, csrf=signed.csrf)


@router.post("/signin/password")
def change_password(request: Request, form: Form) -> Response:
    """Every other session of the person ends."""
    ours(request)
    signed = _half(request, "must_change", "full")
    if signed is None:
        return RedirectResponse("/signin", status_code=303)
    proven(form.get("csrf", ""), signed)
    old, new, again = (form.get(name, "") for name in ("old", "new", "again"))
    try:
        ticket = signin.change_password(database(request), settings(request), signed, old, new, again, visit(request))
    except Problem as fault:
        return _page(request, "password", form.get("lang", ""), fault, next=form.get("next", ""), csrf=signed.csrf)
    return went_on(request, ticket, form)


@router.post("/signout")
def leave(request: Request, form: Form) -> Response:
    """This session ends; its cookie is taken back."""
    ours(request)
    signed = signed_in(request, database(request), settings(request))
    if signed is not None:
        proven(form.get("csrf", ""), signed)
        signin.end(database(request), signed, visit(request))
    bounds = settings(request)
    out = RedirectResponse("/signin?out=1" if signed and signed.via == "oidc" and bounds.oidc_issuer else "/signin", status_code=303)
    out.delete_cookie(cookie_name(bounds), path="/", secure=not bounds.plain_http, httponly=True, samesite="lax")
    return out


def visit(request: Request) -> signin.Visit:
    return signin.Visit(address_of(request), request.headers.get("User-Agent", ""), request.state.request_id, now())


def inside(wanted: str, role: str) -> str:
    """Where to go after the sign-in: a path of ours, never another site; else where the role begins."""
    sound = wanted.startswith("/") and not wanted.startswith(("//", "/\\", "/signin", "/signout")) and wanted.isprintable()
    begins = home(role)
    return wanted if sound and not (wanted == "/" and begins != "/") else begins


def _half(request: Request, *kinds: str) -> signin.Signed | None:
    signed = signed_in(request, database(request), settings(request))
    return signed if signed and signed.kind in kinds else None


def went_on(request: Request, ticket: signin.Ticket, form: dict[str, str]) -> Response:
    """To the next step, with the new session's cookie."""
    wanted, bounds = form.get("next", ""), settings(request)
    kept = urlencode({k: form[k] for k in ("next", "lang") if form.get(k)})
    to = PLACES.get(ticket.kind)
    out = RedirectResponse(f"{to}?{kept}" if to and kept else to or inside(wanted, ticket.role), status_code=303)
    out.set_cookie(cookie_name(bounds), ticket.id, path="/", secure=not bounds.plain_http, httponly=True, samesite="lax")
    out.headers["Cache-Control"] = "no-store"
    return out


def _code_page(request: Request, signed: signin.Signed, lang: str, next: str, fault: Problem | None = None) -> Response:
    new = signin.enrolment(database(request), signed, visit(request))
    secret, address = (grouped(new[0]), new[1]) if new else ("", "")
    return _page(request, "totp", lang, fault, next=next, csrf=signed.csrf, secret=secret, address=address)


def _page(request: Request, step: str, lang: str, fault: Problem | None = None, **more: Any) -> Response:
    bounds = settings(request)
    more = {"provider": bounds.oidc_label if bounds.oidc_issuer else "", "out": ""} | more
    html = form_page(
        web_dir=bounds.web_dir, language=lang if lang in page.LANGUAGES else bounds.language, step=step,
        profile=passwords.PROFILES[bounds.password_profile], fault=fault, **{"next": "", "csrf": "", "secret": "", "address": ""} | more,
    )  # fmt: skip
    return HTMLResponse(html, status_code=fault.status if fault else 200, headers=headers())


@router.get("/signin/oidc")
def to_provider(request: Request, next: str = "", lang: str = "") -> Response:
    """To the identity provider. Without one there is no such page."""
    bounds = settings(request)
    if not bounds.oidc_issuer:
        raise NotFound("没有配置统一身份认证 / there is no identity provider", where="/signin")
    try:
        url, id = oidc.begin(database(request), bounds, _provider(request), next, visit(request))
    except Problem as fault:
        return _page(request, "signin", lang, fault, next=next)
    out = RedirectResponse(url, status_code=303)
    out.set_cookie(flow_cookie(request), id, path="/", max_age=60 * oidc.FLOW_MINUTES, secure=not bounds.plain_http, httponly=True, samesite="lax")
    out.headers["Cache-Control"] = "no-store"
    return out


@router.get("/signin/oidc/back")
def from_provider(request: Request) -> Response:
    """Back from the identity provider, with a new session of our own or the sign-in page."""
    bounds = settings(request)
    if not bounds.oidc_issuer:
        raise NotFound("没有配置统一身份认证 / there is no identity provider", where="/signin")
    given = {name: value[:4000] for name, value in request.query_params.items() if name in ("state", "code", "iss", "error")}
    try:
        id = request.cookies.get(flow_cookie(request), "")
        ticket, after = oidc.finish(database(request), bounds, _provider(request), id, given, visit(request))
        out = went_on(request, ticket, {"next": after})
    except Problem as fault:
        out = _page(request, "signin", "", fault)
    out.delete_cookie(flow_cookie(request), path="/", secure=not bounds.plain_http, httponly=True, samesite="lax")
    return out


def flow_cookie(request: Request) -> str:
    return cookie_name(settings(request)) + "-oidc"


def _provider(request: Request) -> oidc.Provider:
    return request.app.state.provider


def _leaving(request: Request) -> str:
    """The provider's own sign-out, shown to who just left and came by it."""
    bounds = settings(request)
    return oidc.leaving(bounds, _provider(request)) if request.query_params.get("out") == "1" and bounds.oidc_issuer else ""


def headers() -> dict[str, str]:
    return {
        "Content-Security-Policy": POLICY, "X-Content-Type-Options": "nosniff", "Referrer-Policy": "same-origin",
        "Cache-Control": "no-store", "X-Frame-Options": "DENY", "Cross-Origin-Opener-Policy": "same-origin",
    }  # fmt: skip
