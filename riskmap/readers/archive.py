"""A zip from a stranger: every promise of its directory is checked before and while it is unpacked."""

from __future__ import annotations

import stat
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType

from riskmap.errors import BadFile, TooLarge

_CHUNK = 1 << 16
_NESTED = (".zip", ".xlsx", ".xlsm", ".7z", ".rar", ".gz", ".docx", ".jar", ".kmz")
_REMEDY = "请用 Excel 或 WPS 新建文件，只粘贴数据后另存为 .xlsx"


class Archive:
    """An opened zip whose entries, sizes and names were found in order. Raises BadFile or TooLarge where they are not."""

    def __init__(self, path: Path, limits: dict[str, int]) -> None:
        self.limits, self.unpacked = limits, 0
        try:
            self.zip = zipfile.ZipFile(path)
        except (zipfile.BadZipFile, OSError, ValueError):
            raise BadFile("压缩结构损坏 (the zip structure is broken)", remedy="请重新导出文件") from None
        self.entries = {e.filename: e for e in self.zip.infolist()}
        self._check(path.stat().st_size)

    def __enter__(self) -> Archive:
        return self

    def __exit__(self, kind: type[BaseException] | None, fault: BaseException | None, trace: TracebackType | None) -> None:
        self.zip.close()

    def names(self) -> list[str]:
        return list(self.entries)

    def _check(self, packed: int) -> None:
        listed = self.zip.infolist()
        if len(listed) > self.limits["zip_entries"]:
            raise TooLarge(
                f"压缩包内有 {len(listed)} 个条目，上限 {self.limits['zip_entries']} (too many entries)", remedy=_REMEDY
            )
        total = sum(e.file_size for e in listed)
        if total > self.limits["unpacked_bytes"]:
            raise TooLarge(
                f"解压后 {total / 1e6:.0f} MB，上限 {self.limits['unpacked_bytes'] / 1e6:.0f} MB (unpacks to too much)",
                remedy=_REMEDY,
            )
        if total > 1_000_000 and total > self.limits["ratio"] * packed:
            raise BadFile(
                f"压缩比 {total // max(packed, 1)} 倍，上限 {self.limits['ratio']} 倍：疑似压缩炸弹 (looks like a zip bomb)",
                remedy=_REMEDY,
            )
        if len(self.entries) != len(listed):
            raise BadFile("压缩包内有重名条目 (two entries share a name)", remedy=_REMEDY)
        for entry in listed:
            self._check_entry(entry)

    def _check_entry(self, entry: zipfile.ZipInfo) -> None:
        name = entry.filename
        if name.startswith(("/", "\\")) or ".." in name.replace("\\", "/").split("/") or ":" in name or "\x00" in name:
            raise BadFile("压缩包内有越界路径 (an entry points outside)", where=name[:80], remedy=_REMEDY)
        if stat.S_ISLNK(entry.external_attr >> 16):
            raise BadFile("压缩包内有符号链接 (a symbolic link)", where=name[:80], remedy=_REMEDY)
        if entry.flag_bits & 0x1:
            raise BadFile("压缩包设有密码 (the archive is encrypted)", where=name[:80], remedy="请取消密码后重新打包")
        if entry.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
            raise BadFile("不支持的压缩方式 (unknown compression)", where=name[:80], remedy="请用普通 zip 压缩")
        if name.lower().endswith(_NESTED):
            raise BadFile("压缩包里还有压缩包 (a zip inside a zip)", where=name[:80], remedy="请只上传一层文件")
        if "vbaproject" in name.lower() or name.lower().endswith((".xlm", "macrosheets/")) or "/macrosheets/" in name.lower():
            raise BadFile("工作簿带宏 (the workbook holds macros)", where=name[:80], remedy="请另存为不带宏的 .xlsx")

    def chunks(self, name: str) -> Iterator[bytes]:
        """The unpacked bytes of an entry; what comes out is counted, whatever the directory says."""
        try:
            with self.zip.open(self.entries[name]) as part:
                while chunk := part.read(_CHUNK):
                    self.unpacked += len(chunk)
                    if self.unpacked > 3 * self.limits["unpacked_bytes"]:  # a part may be read up to three times
                        raise TooLarge("实际解压大小超过上限 (unpacks to more than it says)", where=name[:80], remedy=_REMEDY)
                    yield chunk
        except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError):
            raise BadFile("压缩内容损坏 (an entry is broken)", where=name[:80], remedy="请重新导出文件") from None

    def bytes(self, name: str, most: int = 50_000_000) -> bytes:
        """A whole small entry."""
        out = bytearray()
        for chunk in self.chunks(name):
            out += chunk
            if len(out) > most:
                raise TooLarge("条目过大 (an entry is too big)", where=name[:80], remedy=_REMEDY)
        return bytes(out)
