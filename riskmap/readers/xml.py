"""XML of a stranger, streamed: a document type or an entity ends it at once."""

from __future__ import annotations

import xml.parsers.expat as expat
from collections.abc import Callable, Iterable
from typing import Any

from riskmap.errors import BadFile

_REMEDY = "请用 Excel 或 WPS 新建文件，只粘贴数据后另存为 .xlsx"


def stream(
    chunks: Iterable[bytes],
    start: Callable[[str, dict[str, str]], Any],
    end: Callable[[str], Any],
    text: Callable[[str], Any] | None,
    where: str,
) -> None:
    """Feed `chunks` to handlers of element start (prefixed name, attributes), end, and text. Raises BadFile.

    The standard library's expat is used as defusedxml would have it: no DTD, no entities, nothing external.
    """
    parser = expat.ParserCreate()
    parser.buffer_text = True

    def forbid(*_: Any) -> None:
        raise BadFile("XML 中有 DTD 或实体定义，可能是攻击文件 (a DTD or an entity in XML)", where=where, remedy=_REMEDY)

    parser.StartDoctypeDeclHandler = forbid
    parser.EntityDeclHandler = forbid
    parser.UnparsedEntityDeclHandler = forbid
    parser.ExternalEntityRefHandler = forbid
    parser.StartElementHandler, parser.EndElementHandler = start, end
    if text is not None:
        parser.CharacterDataHandler = text
    try:
        for chunk in chunks:
            parser.Parse(chunk, False)
        parser.Parse(b"", True)
    except expat.ExpatError as fault:
        raise BadFile(f"XML 损坏：第 {fault.lineno} 行 (broken XML)", where=where, remedy="请重新导出文件") from None


def local(name: str) -> str:
    """x:row → row: some writers use a prefix."""
    return name.rpartition(":")[2]
