"""A plain form as it was sent: bounded, its token proven, its key at hand for `once`. For routes of allowed.FORMS."""

from __future__ import annotations

from typing import Annotated
from urllib.parse import parse_qs

from fastapi import Depends, Request

from riskmap.api.allowed import proven
from riskmap.api.deps import client_key
from riskmap.errors import TooLarge

MOST = 262_144  # bytes
FIELDS = 600


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
    if getattr(request.state, "unproven", False):
        proven(form.one("csrf"), request.state.signed)
        request.state.unproven = False
    request.state.form_key = form.one("key")
    client_key(request)
    return form


Form = Annotated[Posted, Depends(posted)]
