"""What a file is, by its first bytes; a name may say anything."""

from __future__ import annotations

from pathlib import Path

from riskmap.errors import BadFile
from riskmap.readers import archive
from riskmap.readers.answer import Answer

_OLE = bytes.fromhex("d0cf11e0a1b11ae1")
_NOT_TABLES = {
    b"%PDF": "PDF",
    b"\x89PNG": "PNG",
    b"\xff\xd8\xff": "JPEG",
    b"GIF8": "GIF",
    b"Rar!": "RAR",
    b"7z\xbc\xaf": "7z",
    b"\x1f\x8b": "gzip",
    b"{\\rtf": "RTF",
    b"\x7fELF": "ELF",
    b"MZ": "EXE",
}


def read(path: Path, scratch: Path, limits: dict[str, int]) -> Answer:
    """Dispatch to the reader of the file's kind. Raises BadFile for kinds that are not read here, with the way on."""
    with path.open("rb") as file:
        start = file.read(4096)
    if start.startswith(b"PK\x03\x04") or start.startswith(b"PK\x05\x06"):
        return _zip(path, scratch, limits)
    if start.startswith(_OLE):
        raise _old_office(path)
    if start.startswith(b"SQLite format 3\x00"):
        from riskmap.readers import ogr

        return ogr.geopackage(path, limits)
    for magic, name in _NOT_TABLES.items():
        if start.startswith(magic):
            raise BadFile(
                f"这是 {name} 文件，不是表格 (a {name} file, not a table)",
                remedy="可上传 .xlsx .csv .geojson .gpkg 或打包为 .zip 的 Shapefile",
            )
    text = start.removeprefix(b"\xef\xbb\xbf").lstrip()
    if text[:1] in (b"{", b"["):
        from riskmap.readers import geojson

        return geojson.read(path, limits)
    if text[:1] == b"<":
        raise BadFile("这是网页或 XML 文件，不是表格 (HTML or XML, not a table)", remedy="请用 Excel 或 WPS 打开后另存为 .xlsx")
    if start[:4] in (b"\x00\x00\x27\x0a", b"\x00\x00'\n"):
        raise BadFile(
            "单个 .shp 不含属性 (a lone .shp has no attributes)", remedy="请把 .shp .shx .dbf .prj .cpg 一起打包为 .zip 上传"
        )
    from riskmap.readers import delimited

    return delimited.read(path, limits)


def _zip(path: Path, scratch: Path, limits: dict[str, int]) -> Answer:
    with archive.Archive(path, limits) as inside:
        names = inside.names()
        lower = {n.lower() for n in names}
        if "[content_types].xml" in lower or "xl/workbook.xml" in lower:
            from riskmap.readers import xlsx

            return xlsx.read(inside, limits)
        if any(n.endswith(".shp") for n in lower):
            from riskmap.readers import ogr

            return ogr.shapefile(inside, scratch, limits)
    if any(n.endswith(".ods") or n == "content.xml" for n in lower):
        raise BadFile("不支持 .ods (OpenDocument is not read)", remedy="请另存为 .xlsx")
    raise BadFile(
        "压缩包里没有 Shapefile (no Shapefile in this archive)",
        where="、".join(names[:5]) or None,
        remedy="表格请直接上传，不要压缩；Shapefile 请把 .shp .shx .dbf .prj .cpg 一起打包",
    )


def _old_office(path: Path) -> BadFile:
    """An OLE container is an old .xls or an encrypted .xlsx; the latter names its stream in UTF-16."""
    with path.open("rb") as file:
        head = file.read(4_000_000)
    if "EncryptedPackage".encode("utf-16-le") in head or "EncryptionInfo".encode("utf-16-le") in head:
        return BadFile("文件设有密码 (the workbook is encrypted)", remedy="请在 Excel 或 WPS 中取消密码后重新保存")
    return BadFile("旧版 .xls 格式 (the old .xls format is not read)", remedy="请用 Excel 或 WPS 另存为 .xlsx 后上传")
