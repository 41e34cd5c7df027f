# ruff: noqa: E501
"""Workbooks: honest ones by hand, and the traps. Each function gives the bytes of a file."""

from __future__ import annotations

import io
import stat
import struct
import zipfile
from collections.abc import Mapping

MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
REL = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
TYPES = (
    '<?xml version="1.0"?><Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
    '<Default Extension="xml" ContentType="application/xml"/><Default Extension="rels" '
    'ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Override PartName="/xl/workbook.xml" ContentType='
    '"application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"/><Override PartName="/xl/worksheets/sheet1.xml" '
    'ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.worksheet+xml"/></Types>'
)
ROOT_RELS = (
    '<?xml version="1.0"?><Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="rId1" '
    'Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument" Target="xl/workbook.xml"/></Relationships>'
)
BOOK = f'<?xml version="1.0"?><workbook xmlns="{MAIN}" xmlns:r="{REL}"><sheets><sheet name="S" sheetId="1" r:id="rId1"/></sheets></workbook>'
BOOK_RELS = (
    '<?xml version="1.0"?><Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="rId1" '
    'Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/worksheet" Target="worksheets/sheet1.xml"/></Relationships>'
)


def sheet(rows: str, before: str = "", after: str = "") -> str:
    return f'<?xml version="1.0"?><worksheet xmlns="{MAIN}">{before}<sheetData>{rows}</sheetData>{after}</worksheet>'


def text(reference: str, value: str) -> str:
    return f'<c r="{reference}" t="inlineStr"><is><t>{value}</t></is></c>'


GOOD_ROWS = f'<row r="1">{text("A1", "场所名称")}{text("B1", "经度")}</row><row r="2">{text("A2", "甲")}<c r="B2"><v>116.4</v></c></row>'


def book(rows: str = GOOD_ROWS, parts: Mapping[str, str | bytes] | None = None, before: str = "", after: str = "") -> bytes:
    """A workbook of one sheet; `parts` adds or replaces entries."""
    content: dict[str, str | bytes] = {
        "[Content_Types].xml": TYPES, "_rels/.rels": ROOT_RELS, "xl/workbook.xml": BOOK, "xl/_rels/workbook.xml.rels": BOOK_RELS,
        "xl/worksheets/sheet1.xml": sheet(rows, before, after),
    }  # fmt: skip
    content.update(parts or {})
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as z:
        for name, body in content.items():
            z.writestr(name, body)
    return out.getvalue()


def far_cell() -> bytes:
    """Two cells: A1 and the last one of a sheet."""
    return book(f'<row r="1">{text("A1", "场所名称")}</row><row r="1048576">{text("XFD1048576", "x")}</row>')


def lying_dimension() -> bytes:
    return book(before='<dimension ref="A1:XFD1048576"/>')


def bomb() -> bytes:
    """A megabyte of zip that unpacks to hundreds."""
    return book(f'<row r="1">{text("A1", "场所名称")}{" " * 150_000_000}</row>')


def lying_bomb() -> bytes:
    """The directory says a part is small; it is not."""
    honest = book(f'<row r="1">{text("A1", "场所名称")}{" " * 1_500_000}{text("B1", "经度")}</row>')
    at = honest.index(b"xl/worksheets/sheet1.xml", honest.index(b"PK\x01\x02"))
    return honest[: at - 22] + struct.pack("<I", 500) + honest[at - 18 :]


def many_entries() -> bytes:
    return book(parts={f"xl/media/i{n}.txt": "x" for n in range(10_000)})


def nested_zip() -> bytes:
    return book(parts={"xl/embeddings/inner.zip": book()})


def zip_slip() -> bytes:
    return book(parts={"../../evil.xml": "<a/>"})


def absolute_name() -> bytes:
    return book(parts={"/etc/evil.xml": "<a/>"})


def duplicate_names() -> bytes:
    out = io.BytesIO(book())
    with zipfile.ZipFile(out, "a") as z:
        import warnings
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            z.writestr("xl/worksheets/sheet1.xml", sheet("<row r='1'/>"))
    return out.getvalue()


def symlink() -> bytes:
    out = io.BytesIO(book())
    with zipfile.ZipFile(out, "a") as z:
        link = zipfile.ZipInfo("xl/link.xml")
        link.create_system, link.external_attr = 3, (stat.S_IFLNK | 0o777) << 16
        z.writestr(link, "/etc/passwd")
    return out.getvalue()


def macros() -> bytes:
    return book(parts={"xl/vbaProject.bin": b"\xd0\xcf\x11\xe0"})


def macro_type() -> bytes:
    return book(parts={"[Content_Types].xml": TYPES.replace("spreadsheetml.sheet.main+xml", "x").replace("officedocument.x", "ms-excel.sheet.macroEnabled.main+xml")})


LAUGHS = "<!DOCTYPE lolz [<!ENTITY lol 'lol'>" + "".join(f"<!ENTITY lol{i} '{('&lol' + (str(i - 1) if i > 1 else '') + ';') * 10}'>" for i in range(1, 10)) + "]>"


def billion_laughs() -> bytes:
    return book(parts={"xl/worksheets/sheet1.xml": sheet(f'<row r="1">{text("A1", "&lol9;")}</row>').replace("<worksheet", LAUGHS + "<worksheet")})


def external_entity() -> bytes:
    doctype = "<!DOCTYPE x [<!ENTITY e SYSTEM 'file:///etc/hostname'>]>"
    return book(parts={"xl/sharedStrings.xml": f'<?xml version="1.0"?>{doctype}<sst xmlns="{MAIN}"><si><t>&e;</t></si></sst>'})


def doctype_late() -> bytes:
    """The document type comes after a long comment, in a part nobody reads."""
    return book(parts={"docProps/app.xml": f'<?xml version="1.0"?><!--{"x" * 200_000}--><!DOCTYPE x [<!ENTITY e "y">]><x/>'})


def utf16_doctype() -> bytes:
    return book(parts={"xl/styles.xml": "<?xml version='1.0' encoding='utf-16'?><!DOCTYPE x [<!ENTITY e 'y'>]><x/>".encode("utf-16")})


def shared_string_bomb() -> bytes:
    """Every cell names the same long string."""
    rows = "".join(f'<row r="{r}">' + "".join('<c t="s"><v>0</v></c>' for _ in range(100)) + "</row>" for r in range(1, 2001))
    return book(rows, {"xl/sharedStrings.xml": f'<?xml version="1.0"?><sst xmlns="{MAIN}"><si><t>{"长" * 3_900}</t></si></sst>',
                       "xl/_rels/workbook.xml.rels": BOOK_RELS})  # fmt: skip


def not_finite() -> bytes:
    return book(GOOD_ROWS.replace("116.4", "NaN"))


def infinite() -> bytes:
    return book(GOOD_ROWS.replace("116.4", "1e999"))


def broken_xml() -> bytes:
    return book(GOOD_ROWS.replace("</row>", "", 1))


def broken_shared_index() -> bytes:
    return book('<row r="1"><c r="A1" t="s"><v>7</v></c></row>')


def encrypted() -> bytes:
    """What an encrypted workbook looks like from outside: an OLE container that names its package."""
    return bytes.fromhex("d0cf11e0a1b11ae1") + b"\x00" * 2000 + "EncryptedPackage".encode("utf-16-le") + b"\x00" * 500


def old_xls() -> bytes:
    return bytes.fromhex("d0cf11e0a1b11ae1") + b"\x00" * 2000 + "Workbook".encode("utf-16-le") + b"\x00" * 500


def formatted_to_the_edge() -> bytes:
    """Eight million cells with a look and nothing in them."""
    letters = [chr(65 + i) for i in range(26)] + [chr(65 + i) + chr(65 + j) for i in range(6) for j in range(26)]
    rows = (f'<row r="{r}">' + "".join(f'<c r="{c}{r}" s="{(r * 7 + i) % 9}"/>' for i, c in enumerate(letters)) + "</row>" for r in range(1, 44_000))
    return book("".join(rows))


def texts_nobody_uses() -> bytes:
    """Four million shared strings."""
    listed = "".join(f"<si><t>{i * 7919 % 1000003:x}</t></si>" for i in range(4_000_000))
    return book(parts={"xl/sharedStrings.xml": f'<?xml version="1.0"?><sst xmlns="{MAIN}">{listed}</sst>'})


def endless_tag() -> bytes:
    """One cell with a million attributes."""
    return book('<row r="1"><c r="A1" ' + " ".join(f'a{i}="1"' for i in range(1_500_000)) + "><v>1</v></c></row>")


def too_many_rows(n: int = 50_300) -> bytes:
    return book("".join(f'<row r="{r}"><c r="A{r}"><v>1</v></c></row>' for r in range(1, n)))


def rows_backwards() -> bytes:
    return book('<row r="5"><c r="A5"><v>1</v></c></row><row r="2"><c r="A2"><v>1</v></c></row>')


REFUSED = {f.__name__: f for f in (
    far_cell, bomb, lying_bomb, many_entries, nested_zip, zip_slip, absolute_name, duplicate_names, symlink, macros, macro_type, billion_laughs, external_entity, doctype_late,
    utf16_doctype, shared_string_bomb, formatted_to_the_edge, texts_nobody_uses, endless_tag, not_finite, infinite, broken_xml, broken_shared_index, encrypted, old_xls, too_many_rows, rows_backwards,
)}  # fmt: skip
