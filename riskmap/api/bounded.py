"""No body is longer than the bound, whether it says its length or comes in pieces: what is over is never held in memory."""

from __future__ import annotations

import orjson
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from riskmap.errors import TooLarge

SLACK = 100_000  # the wrapping of an upload: part headers, the other fields of the form


class Bounded:
    """ASGI middleware: answers 413 with the bound. `most` in bytes."""

    def __init__(self, app: ASGIApp, most: int) -> None:
        self.app, self.most = app, most

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        said = dict(scope["headers"]).get(b"content-length", b"")
        if said.isdigit() and int(said) > self.most:
            await self._refuse(send)
            return
        taken, over, begun = 0, False, False

        async def counted() -> Message:
            nonlocal taken, over
            message = await receive()
            taken += len(message.get("body", b""))
            if taken > self.most:
                over = True
                return {"type": "http.disconnect"}
            return message

        async def told(message: Message) -> None:
            nonlocal begun
            if not over:
                begun = True
                await send(message)

        try:
            await self.app(scope, counted, told)
        except Exception:
            if not over:  # the application only saw its reader gone
                raise
        if over and not begun:
            await self._refuse(send)

    async def _refuse(self, send: Send) -> None:
        body = TooLarge(
            f"请求超过 {self.most // 1_000_000} MB The body is too large", where="body", remedy="分成几份 Send it in parts"
        ).document()
        headers = [(b"content-type", b"application/problem+json"), (b"connection", b"close")]
        await send({"type": "http.response.start", "status": 413, "headers": headers})
        await send({"type": "http.response.body", "body": orjson.dumps(body)})
