"""Static files from memory: read once, compressed once, asked about again by the hash of what they hold.

Our own scripts leave without whole-line comments and indents, a tenth of what a browser has to fetch and read; lines keep their numbers.
"""

from __future__ import annotations

import gzip
import hashlib
import mimetypes
import os
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from riskmap.api.zipped import SMALLEST, taken

TEXTS = {"text/javascript", "text/css", "image/svg+xml", "application/json", "text/plain"}
TYPES = {".js": "text/javascript", ".css": "text/css", ".svg": "image/svg+xml", ".json": "application/json"}


@dataclass(frozen=True, slots=True)
class Asset:
    """What is sent: the file's bytes, the same compressed (empty where it gains nothing), its type, its tag; `stamp` tells a changed file."""

    plain: bytes
    zipped: bytes
    kind: str
    tag: str
    stamp: tuple[int, ...]


def made(plain: bytes, kind: str, stamp: tuple[int, ...]) -> Asset:
    zipped = gzip.compress(plain, 9, mtime=0) if kind in TEXTS and len(plain) >= SMALLEST else b""
    return Asset(plain, zipped, kind, hashlib.sha256(plain).hexdigest()[:20], stamp)


_COMMENT = re.compile(r"^[ \t]*(?:/\*\*(?:(?!\*/).)*\*/|//[^\n]*)[ \t]*$", re.DOTALL | re.MULTILINE)


def bare(script: str) -> str:
    """A script without comments that have their lines to themselves and without indents. No text in it may span lines (a test sees to it)."""
    kept = _COMMENT.sub(lambda found: "\n" * found.group().count("\n"), script)
    return re.sub(r"^[ \t]+", "", kept, flags=re.MULTILINE)


def kind_of(path: Path) -> str:
    return TYPES.get(path.suffix) or mimetypes.guess_type(path.name)[0] or "application/octet-stream"


def stamp_of(paths: Sequence[Path]) -> tuple[int, ...]:
    """Changes when one of the files does. Raises FileNotFoundError."""
    return tuple(n for s in map(os.stat, paths) for n in (s.st_mtime_ns, s.st_size))


class Assets:
    """ASGI app over a folder. `allowed` names the paths served, all by default; `joined` are names that stand for several files in order;
    `scripts`: the folder holds our own scripts, which are sent bare."""

    def __init__(
        self,
        folder: Path,
        allowed: Callable[[str], bool] = lambda _: True,
        joined: dict[str, tuple[str, ...]] | None = None,
        scripts: bool = False,
    ) -> None:
        self.folder, self.allowed, self.joined, self.scripts = folder.resolve(), allowed, joined or {}, scripts
        self.kept: dict[str, Asset] = {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return
        if scope["method"] not in ("GET", "HEAD"):
            raise HTTPException(405)
        path = scope["path"].removeprefix(scope.get("root_path", "")).lstrip("/")
        await self._answer(Request(scope), self.find(path))(scope, receive, send)

    def find(self, name: str) -> Asset:
        """The asset of a name, read again when its files changed. Raises HTTPException 404, also for what lies outside the folder."""
        paths = [self.folder / one for one in self.joined.get(name, (name,))]
        try:
            inside = all(path.resolve().is_relative_to(self.folder) for path in paths)
            if not inside or not self.allowed(name) or not all(path.is_file() for path in paths):
                raise HTTPException(404)
            stamp, old = stamp_of(paths), self.kept.get(name)
            if old is None or old.stamp != stamp:
                plain = b"\n".join(path.read_bytes() for path in paths)
                if self.scripts:
                    plain = bare(plain.decode()).encode()
                self.kept[name] = old = made(plain, kind_of(Path(name)), stamp)
        except (OSError, ValueError):
            raise HTTPException(404) from None
        return old

    def _answer(self, request: Request, asset: Asset) -> Response:
        zipped = bool(asset.zipped) and taken(dict(request.scope["headers"]))
        tag = f'"{asset.tag}{"-gz" if zipped else ""}"'
        headers = {"ETag": tag, "Cache-Control": "no-cache", "X-Content-Type-Options": "nosniff"}
        if asset.zipped:
            headers["Vary"] = "Accept-Encoding"
        asked = [one.strip().removeprefix("W/") for one in request.headers.get("if-none-match", "").split(",")]
        if tag in asked or "*" in asked:
            return Response(status_code=304, headers=headers)
        if zipped:
            headers["Content-Encoding"] = "gzip"
        return Response(asset.zipped if zipped else asset.plain, headers=headers, media_type=asset.kind)
