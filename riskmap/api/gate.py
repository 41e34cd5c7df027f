"""Until accounts exist, only this machine may ask, and only under its own name.

The server listens on the loopback address, but a page of any site could make its own name resolve to 127.0.0.1 (DNS rebinding) and read the
city through the visitor's browser. Its requests carry that site's name in Host, so a Host that is not the loopback's is refused. So is a
peer that is not this machine, and a request that was passed on by a proxy: it comes from somebody else.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Awaitable, Callable
from pathlib import Path

import orjson
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from riskmap.errors import Forbidden, Problem
from riskmap.page.people import shut_page

NAMES = {"127.0.0.1", "localhost", "[::1]"}
OPERATOR = {"/healthz", "/readyz", "/metrics"}  # asked by name inside a container network; they tell nothing of records
PASSED_ON = (b"forwarded", b"via", b"x-forwarded-", b"x-real-ip", b"x-original-")  # how the headers begin that a proxy adds
SHUT = "default-src 'none'; frame-ancestors 'none'"


def is_loopback(address: str) -> bool:
    try:
        return ipaddress.ip_address(address.split("%", 1)[0]).is_loopback
    except ValueError:
        return False


def name_of(host: str) -> str:
    """The name in a Host header, without its port."""
    return host[: host.index("]") + 1] if host.startswith("[") and "]" in host else host.split(":", 1)[0]


class Loopback:
    """ASGI middleware that refuses whatever does not come from this machine under its own name, until `closed`: from then on everybody signs in.

    `behind_gate`: a container whose only way in is a published loopback port; its peer is the container's gateway.
    """

    def __init__(self, app: ASGIApp, closed: Callable[[], Awaitable[bool]], web_dir: Path, behind_gate: bool = False) -> None:
        self.app, self.closed, self.web_dir, self.behind_gate = app, closed, web_dir, behind_gate

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope["path"] not in OPERATOR:
            foreign = self._foreign(scope)
            if foreign and (fault := await self._fault(foreign)):
                await self._told(scope, fault)(scope, receive, send)
                return
        await self.app(scope, receive, send)

    def _told(self, scope: Scope, fault: Problem) -> Response:
        """The refusal: for a browser a page that says how to begin."""
        headers = {"Cache-Control": "no-store", "Content-Security-Policy": SHUT, "X-Content-Type-Options": "nosniff"}
        if fault.status == 403 and b"text/html" in dict(scope["headers"]).get(b"accept", b""):
            return Response(shut_page(self.web_dir), fault.status, headers, "text/html; charset=utf-8")
        return Response(orjson.dumps(fault.document(), default=str), fault.status, headers, "application/problem+json")

    def _foreign(self, scope: Scope) -> str:
        """What shows that a request is not this machine's own; empty when nothing does."""
        headers = dict(scope["headers"])
        host = headers.get(b"host", b"").decode("latin-1").lower()
        if name_of(host) not in NAMES:
            return host[:100] or "Host"
        passed = next((name for name in headers if name.startswith(PASSED_ON)), None)
        if passed:
            return passed.decode("latin-1")[:100]
        peer = scope.get("client")
        return "" if self.behind_gate or peer is None or is_loopback(peer[0]) else str(peer[0])[:100]

    async def _fault(self, host: str) -> Problem | None:
        try:
            if await self.closed():
                return None
        except Problem as fault:
            return fault
        return Forbidden("只接受本机地址 Only the loopback address is served until accounts exist", where=host,
                         remedy="用 Use http://127.0.0.1；对外服务先建账户 to serve others make accounts first: riskmap user add")  # fmt: skip
