"""Until accounts exist, only this machine may ask, and only under its own name.

The server listens on the loopback address, but a page of any site could make its own name resolve to 127.0.0.1 (DNS rebinding) and read the
city through the visitor's browser. Its requests carry that site's name in Host, so a Host that is not the loopback's is refused.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import orjson
from starlette.types import ASGIApp, Receive, Scope, Send

from riskmap.errors import Forbidden, Problem

NAMES = {"127.0.0.1", "localhost", "[::1]"}
OPERATOR = {"/healthz", "/readyz", "/metrics"}  # asked by name inside a container network; they tell nothing of records


def name_of(host: str) -> str:
    """The name in a Host header, without its port."""
    return host[: host.index("]") + 1] if host.startswith("[") and "]" in host else host.split(":", 1)[0]


class Loopback:
    """ASGI middleware that refuses a Host which is not this machine's own, until `closed`: from then on everybody signs in."""

    def __init__(self, app: ASGIApp, closed: Callable[[], Awaitable[bool]]) -> None:
        self.app, self.closed = app, closed

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope["path"] not in OPERATOR:
            host = dict(scope["headers"]).get(b"host", b"").decode("latin-1").lower()
            if name_of(host) not in NAMES and (fault := await self._fault(host)):
                headers = [(b"content-type", b"application/problem+json")]
                await send({"type": "http.response.start", "status": fault.status, "headers": headers})
                await send({"type": "http.response.body", "body": orjson.dumps(fault.document(), default=str)})
                return
        await self.app(scope, receive, send)

    async def _fault(self, host: str) -> Problem | None:
        try:
            if await self.closed():
                return None
        except Problem as fault:
            return fault
        return Forbidden("只接受本机地址 Only the loopback address is served until accounts exist", where=host[:100],
                         remedy="用 Use http://127.0.0.1 或 or http://localhost")  # fmt: skip
