"""A plain form as it was sent: bounded, its token proven, its key at hand for `once`. For routes of allowed.FORMS."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Annotated
from urllib.parse import parse_qs

from fastapi import Depends, Request
from starlette.datastructures import UploadFile
from starlette.formparsers import MultiPartException, MultiPartParser

from riskmap.api.allowed import proven
from riskmap.api.deps import client_key
from riskmap.errors import BadInput, TooLarge

MOST = 262_144  # bytes
FIELDS = 600
LARGEST = 10_485_760  # bytes of an attachment


class Posted(dict[str, list[str]]):
    """Field → what was sent under its name."""

    def one(self, name: str) -> str:
        return self.get(name, [""])[-1].strip()

    def number(self, name: str) -> int:
        """A whole number of at most 15 digits; 0 where there is none."""
        text = self.one(name)
        return int(text) if text.isascii() and text.isdigit() and len(text) < 16 else 0


async def posted(request: Request) -> Posted:
    """The fields of the form. Raises TooLarge, Forbidden where the token of the session is not among them, Precondition without a key."""
    body = b""
    async for part in request.stream():
        body += part
        if len(body) > MOST:
            raise TooLarge("表单太大 / the form is too big", where="body")
    try:
        form = Posted(parse_qs(body.decode("utf-8", "replace"), keep_blank_values=True, max_num_fields=FIELDS))
    except ValueError:
        raise TooLarge("表单字段太多 / too many fields", where="body") from None
    prove(request, form)
    return form


class File(Posted):
    """A form with one file: `name`, `body`; the fields as ever."""

    name: str = ""
    body: bytes = b""


async def with_file(request: Request) -> File:
    """A multipart form with one file of at most LARGEST bytes, read whole. Raises BadInput, TooLarge, and as `posted`."""
    told = TooLarge(f"文件超过 {LARGEST // 1_048_576} MB / the file is too big", where="file", remedy="压缩或拆分后再传 / make it smaller")
    seen = 0

    async def counted() -> AsyncIterator[bytes]:
        nonlocal seen
        async for part in request.stream():
            seen += len(part)
            if seen > LARGEST + MOST:
                raise told
            yield part

    out = File()
    try:
        form = await MultiPartParser(request.headers, counted(), max_files=1, max_fields=8, max_part_size=4096).parse()
    except (MultiPartException, KeyError, ValueError) as fault:
        raise BadInput("表单格式不对 / the form is not valid", where="body", remedy=str(fault)[:120]) from None
    try:
        file = form.get("file")
        if isinstance(file, UploadFile):
            out.name, out.body = (file.filename or ""), await file.read(LARGEST + 1)
        out.update({name: [str(form[name])] for name in ("csrf", "key", "version") if isinstance(form.get(name), str)})
    finally:
        await form.close()
    prove(request, out)
    if len(out.body) > LARGEST:
        raise told
    return out


def prove(request: Request, form: Posted) -> None:
    """The form's token is its session's, and it has a key. Raises Forbidden, Precondition."""
    if getattr(request.state, "unproven", False):
        proven(form.one("csrf"), request.state.signed)
        request.state.unproven = False
    request.state.form_key = form.one("key")
    client_key(request)


Form = Annotated[Posted, Depends(posted)]
FormWithFile = Annotated[File, Depends(with_file)]
