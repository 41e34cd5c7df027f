"""The text a record is found by: name, address and chosen attributes in lower case, and the pinyin initials of the name."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable
from functools import lru_cache

from pypinyin import Style, lazy_pinyin


@lru_cache(maxsize=30_000)
def initial(character: str) -> str:
    """The pinyin initial of one Han character, the character itself where it is a letter or digit, else nothing."""
    if character.isascii():
        return character if character.isalnum() else ""
    if "\u4e00" <= character <= "\u9fff":
        return lazy_pinyin(character, style=Style.FIRST_LETTER)[0][:1]
    return ""


def initials(name: str) -> str:
    """`大兴液氯` → `dxyl`. Each character by its most common reading."""
    return "".join(map(initial, name.lower()))


def search_text(name: str | None, others: Iterable[str | None]) -> str:
    """What `search` holds besides the code, which is added when the record has one."""
    parts = [name.lower(), initials(name)] if name else []
    parts += [other.lower() for other in others if other]
    return unicodedata.normalize("NFKC", " ".join(parts))
