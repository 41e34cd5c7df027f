"""JSON answers leave compressed where the browser takes it. Streams and files to keep are left alone; static files see to themselves (assets)."""

from __future__ import annotations

import gzip
import re

from starlette.types import ASGIApp, Message, Receive, Scope, Send

SMALLEST = 1000  # bytes; less is not worth a header
LEVEL = 1  # the quickest: 300 kB in 3 ms to a quarter
KINDS = re.compile(rb"^(application/([a-z.-]+\+)?json|text/html)(;|$)")
SUFFIX = b'-gz"'  # of an entity tag: the compressed answer is another one than the plain


def taken(headers: dict[bytes, bytes]) -> bool:
    """Does the asker take gzip (Accept-Encoding without q=0)?"""
    for one in headers.get(b"accept-encoding", b"").lower().split(b","):
        name, _, weight = one.strip().partition(b";")
        if name.strip() in (b"gzip", b"*"):
            return weight.replace(b" ", b"") not in (b"q=0", b"q=0.0", b"q=0.00", b"q=0.000")
    return False


def tagged(value: bytes) -> bytes:
    """The entity tag of the compressed form."""
    return value[:-1] + SUFFIX if value.endswith(b'"') else value


class Zipped:
    """ASGI middleware: a whole JSON or HTML body over SMALLEST bytes is sent as gzip."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        own = scope.get("path", "").startswith("/static/")
        if scope["type"] != "http" or own or not taken(dict(scope["headers"])):
            await self.app(scope, receive, send)
            return
        conditions = (b"if-none-match", b"if-match")  # the application knows only the plain form's tags
        scope = scope | {"headers": [(n, v.replace(SUFFIX, b'"') if n in conditions else v) for n, v in scope["headers"]]}
        head: Message | None = None

        async def told(message: Message) -> None:
            nonlocal head
            if message["type"] == "http.response.start":
                head = message
                return
            if head is not None:
                body = message.get("body", b"")
                start, head = head, None
                if suits(start, body, message.get("more_body", False)):
                    body = gzip.compress(body, LEVEL, mtime=0)
                    message = message | {"body": body}
                    start = start | {"headers": zipped_headers(start["headers"], len(body))}
                elif start["status"] == 304:
                    start = start | {"headers": [(n, tagged(v) if n == b"etag" else v) for n, v in start["headers"]]}
                await send(start)
            await send(message)

        await self.app(scope, receive, told)


def suits(start: Message, body: bytes, more: bool) -> bool:
    """Is this a whole answer of a kind and size that gains by it, not compressed yet?"""
    headers = dict(start["headers"])
    return (
        not more
        and len(body) >= SMALLEST
        and b"content-encoding" not in headers
        and b"content-disposition" not in headers
        and KINDS.match(headers.get(b"content-type", b"")) is not None
    )


def zipped_headers(headers: list[tuple[bytes, bytes]], length: int) -> list[tuple[bytes, bytes]]:
    """The headers of the compressed form: its length, its tag, and that it depends on what the asker takes."""
    kept = [(n, tagged(v) if n == b"etag" else v) for n, v in headers if n != b"content-length"]
    return [*kept, (b"content-length", str(length).encode()), (b"content-encoding", b"gzip"), (b"vary", b"Accept-Encoding")]
