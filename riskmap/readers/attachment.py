"""A photo or a paper that hangs on a record: JPEG, PNG or PDF, looked at mark by mark and written anew without what nobody needs.

Runs in the throw-away child process alone (riskmap/readers/sandbox.py). Of a picture only what draws it is kept, unopened:
no place and time of the camera, no text, nothing behind its end. A PDF is taken as it is when it says nothing that runs, in its packed objects
neither; it is handed out as a file to save and is never shown in a page of ours.
"""

from __future__ import annotations

import re
import struct
import zlib
from pathlib import Path

from riskmap.errors import BadFile

LARGEST_SIDE = 30_000  # pixels
UNPACKED = 64_000_000  # bytes of a PDF's packed objects
_PNG = b"\x89PNG\r\n\x1a\n"
_PNG_KEPT = {b"IHDR", b"PLTE", b"IDAT", b"IEND", b"tRNS", b"gAMA", b"cHRM", b"sRGB", b"sBIT", b"pHYs"}
_FRAMES = {0xC0, 0xC1, 0xC2}  # baseline, extended, progressive
_RUNS = {b"JavaScript", b"JS", b"Launch", b"EmbeddedFile", b"EmbeddedFiles", b"OpenAction", b"AA", b"RichMedia", b"XFA", b"SubmitForm",
         b"ImportData", b"GoToR", b"GoToE", b"Encrypt"}  # fmt: skip
TYPES = {"jpeg": "image/jpeg", "png": "image/png", "pdf": "application/pdf"}
REMEDY = "只收 JPEG、PNG 照片和 PDF；请另存后重试 / JPEG, PNG or PDF only; save it anew and try again"


def examine(path: Path, result: Path) -> None:
    """`cleaned`, from a file to a file: a line with the kind, then what is to be kept."""
    kind, kept = cleaned(path.read_bytes())
    result.write_bytes(kind.encode() + b"\n" + kept)


def cleaned(body: bytes) -> tuple[str, bytes]:
    """('jpeg' | 'png' | 'pdf', what is to be kept). Raises BadFile with what is wrong."""
    if body.startswith(_PNG):
        return "png", _png(body)
    if body.startswith(b"\xff\xd8\xff"):
        return "jpeg", _jpeg(body)
    if body.startswith(b"%PDF-"):
        return "pdf", _pdf(body)
    raise BadFile("不是照片或 PDF / neither a photo nor a PDF", where="file", remedy=REMEDY)


def _broken(what: str) -> BadFile:
    return BadFile(f"文件残缺或不合规：{what} / the file is broken", where="file", remedy=REMEDY)


def _png(body: bytes) -> bytes:
    out, at, seen = [_PNG], len(_PNG), set[bytes]()
    while at + 12 <= len(body):
        length, kind = struct.unpack(">I4s", body[at : at + 8])
        end = at + 12 + length
        if end > len(body):
            raise _broken("PNG")
        if zlib.crc32(body[at + 4 : end - 4]) != struct.unpack(">I", body[end - 4 : end])[0]:
            raise _broken("PNG CRC")
        if not seen:
            if kind != b"IHDR" or length != 13:
                raise _broken("PNG IHDR")
            _sides(*struct.unpack(">II", body[at + 8 : at + 16]))
        elif kind == b"IHDR":
            raise _broken("PNG IHDR")
        if not kind[0] & 0x20 and kind not in _PNG_KEPT:  # critical, and unknown
            raise _broken("PNG")
        seen.add(kind)
        if kind in _PNG_KEPT:
            out.append(body[at:end])
        at = end
        if kind == b"IEND":
            if b"IDAT" not in seen:
                raise _broken("PNG IDAT")
            return b"".join(out)
    raise _broken("PNG IEND")


def _jpeg(body: bytes) -> bytes:
    out, at, framed = [b"\xff\xd8"], 2, False
    while at + 4 <= len(body):
        if body[at] != 0xFF:
            raise _broken("JPEG")
        mark = body[at + 1]
        if mark == 0xFF:  # fill
            at += 1
            continue
        if mark == 0xD9:
            break
        length = struct.unpack(">H", body[at + 2 : at + 4])[0]
        end = at + 2 + length
        if length < 2 or end > len(body) or mark in (0x00, 0x01) or 0xD0 <= mark <= 0xD8:
            raise _broken("JPEG")
        if mark in _FRAMES:
            if length < 8:
                raise _broken("JPEG")
            high, wide = struct.unpack(">HH", body[at + 5 : at + 9])
            _sides(wide, high)
            framed = True
        elif 0xC3 <= mark <= 0xCF and mark not in (0xC4, 0xC8, 0xCC):
            raise _broken("JPEG")
        if mark in (0xE0, 0xEE) or not (0xE0 <= mark <= 0xEF or mark == 0xFE):  # of the applications' only JFIF and Adobe, no comment
            out.append(body[at:end])
        at = end
        if mark == 0xDA:
            at = _scan(body, at)
            out.append(body[end:at])
    if not framed or body[at : at + 2] != b"\xff\xd9":
        raise _broken("JPEG EOI")
    return b"".join([*out, b"\xff\xd9"])


def _scan(body: bytes, at: int) -> int:
    """The end of the drawn data that begins at `at`: the next mark that is no stuffing and no restart."""
    while True:
        at = body.find(b"\xff", at)
        if at < 0 or at + 1 >= len(body):
            raise _broken("JPEG EOI")
        if body[at + 1] != 0x00 and not 0xD0 <= body[at + 1] <= 0xD7 and body[at + 1] != 0xFF:
            return at
        at += 1 if body[at + 1] == 0xFF else 2


def _pdf(body: bytes) -> bytes:
    if not re.match(rb"%PDF-[12]\.\d", body) or b"%%EOF" not in body[-1024:] or b"startxref" not in body[-2048:]:
        raise _broken("PDF")
    _harmless(body)
    room = UNPACKED
    for found in re.finditer(rb"/ObjStm\b[^\0]{0,2000}?>>\s*stream\r?\n", body):
        if b"/FlateDecode" not in _dictionary(body, found):
            raise _broken("PDF ObjStm")
        inflate = zlib.decompressobj()
        try:
            objects = inflate.decompress(body[found.end() :], room)
        except zlib.error:
            raise _broken("PDF ObjStm") from None
        room -= len(objects)
        if room <= 0:
            raise _broken("PDF ObjStm")
        _harmless(objects)
    return body


def _dictionary(body: bytes, found: re.Match[bytes]) -> bytes:
    """What is said of a stream, before and after its type."""
    return body[max(0, found.start() - 2000, body.rfind(b" obj", 0, found.start())) : found.end()]


def _harmless(text: bytes) -> None:
    """No name of something that runs, however it is spelled. Raises BadFile."""
    for name in re.findall(rb"/([A-Za-z#][A-Za-z0-9#]*)", text):
        plain = re.sub(rb"#([0-9A-Fa-f]{2})", lambda found: bytes([int(found[1], 16)]), name)
        if plain in _RUNS:
            raise BadFile(
                f"PDF 含动作、脚本、附件或加密（/{plain.decode('latin-1')}），不收 / the PDF holds something that runs, or is locked",
                where="file",
                remedy="用“打印为 PDF”另存后重试 / print it to a new PDF",
            )


def _sides(wide: int, high: int) -> None:
    if not (0 < wide <= LARGEST_SIDE and 0 < high <= LARGEST_SIDE):
        raise _broken(f"{wide} × {high}")
