"""XML of a stranger, streamed: a document type or an entity ends it at once."""

from __future__ import annotations

import xml.parsers.expat as expat
from collections.abc import Callable, Iterable
from typing import Any

from riskmap.errors import BadFile
from riskmap.readers.archive import Archive

MOST_OPEN = 1_000_000  # bytes of one tag or comment: what does not end is looked through again with every piece
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
    fed = 0
    try:
        for chunk in chunks:
            parser.Parse(chunk, False)
            fed += len(chunk)
            if fed - max(parser.CurrentByteIndex, 0) > MOST_OPEN:
                raise BadFile("XML 中有过长的标签或注释 (a tag or comment that does not end)", where=where, remedy=_REMEDY)
        parser.Parse(b"", True)
    except expat.ExpatError as fault:
        raise BadFile(f"XML 损坏：第 {fault.lineno} 行 (broken XML)", where=where, remedy="请重新导出文件") from None


def local(name: str) -> str:
    """x:row → row: some writers use a prefix."""
    return name.rpartition(":")[2]


def forbid_doctypes(inside: Archive) -> None:
    """No XML part may hold a document type, also those not read here: the workbook is opened once more when it is given back."""
    for name in inside.names():
        if not name.lower().endswith((".xml", ".rels", ".vml")):
            continue
        tail = b""
        for n, chunk in enumerate(inside.chunks(name)):
            if n == 0 and chunk[:2] in (b"\xff\xfe", b"\xfe\xff", b"<\x00", b"\x00<"):
                raise BadFile("XML 不是 UTF-8 编码 (an XML part is not UTF-8)", where=name, remedy=_REMEDY)
            if b"<!DOCTYPE" in tail + chunk or b"<!ENTITY" in tail + chunk:
                raise BadFile("XML 中有 DTD 或实体定义，可能是攻击文件 (a DTD or an entity in XML)", where=name, remedy=_REMEDY)
            tail = chunk[-16:]


def marks(inside: Archive, part: str, mark: bytes) -> int:
    """How often `mark` stands in a part: a quick count before it is taken apart."""
    return sum(chunk.count(mark) for chunk in inside.chunks(part))
