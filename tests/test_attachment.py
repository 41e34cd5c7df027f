"""What may hang on a record: real photos and papers pass and lose what they hide; broken, double-faced and running ones do not."""

from __future__ import annotations

import struct
import zlib

import pytest

from riskmap import readers
from riskmap.errors import BadFile
from riskmap.flows.attach import tidy
from riskmap.readers import attachment, examine
from riskmap.readers.attachment import cleaned


def chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png(wide: int = 2, high: int = 2, more: bytes = b"", after: bytes = b"") -> bytes:
    rows = b"".join(b"\0" + b"\x10\x20\x30" * min(wide, 100) for _ in range(min(high, 100)))
    head = chunk(b"IHDR", struct.pack(">IIBBBBB", wide, high, 8, 2, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + head + more + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"") + after


def segment(mark: int, data: bytes) -> bytes:
    return struct.pack(">BBH", 0xFF, mark, len(data) + 2) + data


def jpeg(more: bytes = b"", after: bytes = b"") -> bytes:
    frame = segment(0xC0, struct.pack(">BHHB", 8, 16, 16, 1) + b"\x01\x11\x00")
    scan = segment(0xDA, b"\x01\x01\x00\x00\x3f\x00") + b"\x12\x34\xff\x00\x56\xff\xd0\x78"
    return b"\xff\xd8" + segment(0xE0, b"JFIF\0\x01\x01\0\0\x01\0\x01\0\0") + more + frame + scan + b"\xff\xd9" + after


def pdf(more: bytes = b"") -> bytes:
    return b"%PDF-1.4\n1 0 obj << /Type /Catalog /Pages 2 0 R " + more + b" >> endobj\nxref\ntrailer << >>\nstartxref\n9\n%%EOF\n"


def test_sound_files_are_kept() -> None:
    assert cleaned(png()) == ("png", png())
    assert cleaned(jpeg()) == ("jpeg", jpeg())
    assert cleaned(pdf()) == ("pdf", pdf())


def test_what_a_photo_hides_is_left_out() -> None:
    exif = segment(0xE1, b"Exif\0\0GPS 39.9 116.4") + segment(0xFE, b"a comment")
    assert cleaned(jpeg(exif)) == ("jpeg", jpeg())
    assert cleaned(png(more=chunk(b"tEXt", b"where\x0039.9") + chunk(b"eXIf", b"GPS"))) == ("png", png())


def test_nothing_stands_behind_the_end() -> None:
    page = b"<html><script>1</script></html>"
    assert cleaned(png(after=page)) == ("png", png())
    assert cleaned(jpeg(after=page)) == ("jpeg", jpeg())


@pytest.mark.parametrize("body", [
    b"", b"<svg xmlns='x'/>", b"GIF89a" + b"\0" * 20, b"\xff\xd8\xff", png()[:-6], png()[:40], png().replace(b"IHDR", b"IHDX"),
    png(wide=2**31 - 1), png()[:20] + b"\xff" + png()[21:], jpeg()[:-2], jpeg()[:30], b"\xff\xd8\xff\xd9", b"%PDF-1.4 nothing", b"%PDF-x",
    pdf(b"/OpenAction << /S /JavaScript /JS (1) >>"), pdf(b"/#4aavaScript 1"), pdf(b"/Encrypt 5 0 R"), pdf(b"/AA << >>"),
])  # fmt: skip
def test_what_is_broken_or_runs_is_refused_with_a_remedy(body: bytes) -> None:
    with pytest.raises(BadFile) as told:
        cleaned(body)
    assert told.value.remedy


@pytest.mark.parametrize(("name", "kept"), [
    ("照片.JPG", "照片.jpg"), ("../../etc/passwd", "passwd.jpg"), ("C:\\x\\a.png", "a.jpg"), ("", "附件.jpg"), ("a\u202egpj.exe", "a_gpj.exe.jpg"),
    ("x" * 400, "x" * 180 + ".jpg"),
])  # fmt: skip
def test_a_file_name_is_only_a_name(name: str, kept: str) -> None:
    assert tidy(name, "jpeg") == kept


def packed(objects: bytes, stream: bytes | None = None, filter: bytes = b"/FlateDecode") -> bytes:
    """A PDF whose objects are packed together, as PDF 1.5 may."""
    body = zlib.compress(objects) if stream is None else stream
    held = b"5 0 obj << /Type /ObjStm /N 1 /First 4 /Filter " + filter + b" /Length %d >>\nstream\n" % len(body) + body + b"\nendstream endobj\n"
    return pdf().replace(b"xref\n", held + b"xref\n", 1)


def test_packed_objects_are_looked_into() -> None:
    sound = packed(b"6 0 << /Type /Page >>")
    assert cleaned(sound) == ("pdf", sound)
    for hostile in (packed(b"6 0 << /S /JavaScript /JS (app.alert(1)) >>"), packed(b"6 0 << /S /Laun#63h >>"), packed(b"", b"no deflate"),
                    packed(b"6 0 <<>>", filter=b"/LZWDecode")):  # fmt: skip
        with pytest.raises(BadFile):
            cleaned(hostile)


def test_a_stranger_is_looked_at_in_the_child_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """The server's own process never parses it: taken away here, it still works there."""

    def never(body: bytes) -> None:
        raise AssertionError("parsed in the server")

    monkeypatch.setattr(attachment, "cleaned", never)
    assert examine(png()) == ("png", png())
    assert examine(jpeg(segment(0xE1, b"Exif\n\nGPS"))) == ("jpeg", jpeg())
    assert examine(pdf()) == ("pdf", pdf())


@pytest.mark.parametrize("body", [
    b"<svg onload='x'/>", png()[:40], jpeg()[:-2], pdf(b"/OpenAction 5 0 R"), packed(b"/JS (1)"), packed(bytes(80_000_000)), 
    b"%PDF-1.4" + b"/" * 2_000_000,
], ids=["svg", "png", "jpeg", "action", "packed", "burst", "slashes"])  # fmt: skip
def test_the_child_says_why(body: bytes) -> None:
    with pytest.raises(BadFile) as said:
        examine(body)
    assert said.value.where == "file" and said.value.remedy


def test_a_child_without_room_is_a_refusal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(readers, "EXAMINING", readers.EXAMINING | {"memory_bytes": 60_000_000})
    with pytest.raises(BadFile):
        examine(jpeg() + bytes(9_000_000))
