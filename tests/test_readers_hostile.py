# ruff: noqa: E501 (tables of traps are read by rows)
"""Files made to hurt: each is refused in words, quickly, and the process that asked stays small."""

from __future__ import annotations

import resource
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from riskmap.errors import BadFile, TooLarge
from riskmap.readers import Limits, read
from tests.traps import documents, workbooks

TRAPS = workbooks.REFUSED | documents.GEOJSON_REFUSED | documents.TEXT_REFUSED | documents.BINARY_REFUSED
LIMIT_S = 5.0  # the promise


@pytest.mark.parametrize("trap", TRAPS.values(), ids=TRAPS)
def test_refused_in_words(trap: Callable[[], bytes], tmp_path: Path) -> None:
    path = tmp_path / "upload.bin"
    path.write_bytes(trap())
    before, began = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, time.monotonic()
    with pytest.raises((BadFile, TooLarge)) as refused:
        read(path, Limits())
    fault = refused.value
    assert time.monotonic() - began < LIMIT_S
    assert fault.status in (413, 422) and fault.remedy and len(fault.title) < 200
    assert "Traceback" not in fault.title and str(tmp_path) not in f"{fault.title}{fault.where}{fault.remedy}"
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 50_000     # kilobytes


@pytest.mark.parametrize(("trap", "says", "where"), [
    (workbooks.far_cell, "远离表格|超出", "XFD1048576"), (workbooks.bomb, "炸弹", None), (workbooks.billion_laughs, "实体", "sheet1.xml"), (workbooks.encrypted, "密码", None),
    (workbooks.macros, "宏", "vbaProject"), (workbooks.zip_slip, "越界", "evil"), (workbooks.symlink, "符号链接", "link"), (workbooks.old_xls, "xls", None),
    (documents.depth_bomb, "嵌套", None), (documents.nan, "NaN", "$.features[0].geometry.coordinates[1]"), (documents.nan_property, "NaN", "$.features[0].properties.a.b[1]"),
    (documents.overflow, "无穷", "$.features[0].geometry.coordinates[1]"), (documents.star_500, "自相交", "$.features[0].geometry"), (documents.bow_tie, "自相交", "$.features[1].geometry"),
    (documents.too_many_vertices, "顶点", "$.features[0].geometry"), (documents.nul_bytes, "NUL", "第 2 行"), (documents.html_named_xls, "网页", None),
])  # fmt: skip
def test_the_words_say_what_and_where(trap: Callable[[], bytes], says: str, where: str | None, tmp_path: Path) -> None:
    import re
    path = tmp_path / "upload.bin"
    path.write_bytes(trap())
    with pytest.raises((BadFile, TooLarge)) as refused:
        read(path, Limits())
    assert re.search(says, refused.value.title), refused.value.title
    assert where is None or where in (refused.value.where or ""), refused.value.where


def test_time_runs_out_in_the_child_not_here(tmp_path: Path) -> None:
    rows = "".join(f'<row r="{r}">' + "".join(f"<c><v>{(r * 7919 + c * 104729) % 999983}</v></c>" for c in range(60)) + "</row>" for r in range(1, 40_000))
    path = tmp_path / "slow.xlsx"
    path.write_bytes(workbooks.book(rows))
    with pytest.raises(BadFile, match="秒"):
        read(path, Limits(seconds=1))


def test_memory_runs_out_in_the_child_not_here(tmp_path: Path) -> None:
    path = tmp_path / "big.geojson"
    path.write_bytes(documents.two_million_vertices())
    with pytest.raises(BadFile, match="内存|异常"):
        read(path, Limits(memory_bytes=150_000_000))


def test_the_child_has_no_network_and_nothing_of_our_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import subprocess
    import sys

    from riskmap.readers import sandbox
    program = ("import sys, json\nfrom riskmap.readers.sandbox import confine\nconfine(json.loads(sys.argv[1]))\n"
               "import socket, os\ntry:\n socket.create_connection(('127.0.0.1', int(sys.argv[2])), timeout=2)\n print('connected')\n"
               "except OSError as e:\n print('refused')\nprint('SECRET' in os.environ)\n")
    import json
    import socket
    from dataclasses import asdict
    monkeypatch.setenv("SECRET", "x")
    with socket.create_server(("127.0.0.1", 0)) as server:
        out = subprocess.run([sys.executable, "-c", program, json.dumps(asdict(Limits())), str(server.getsockname()[1])], env=sandbox._ENVIRONMENT,
                             capture_output=True, text=True, check=True, cwd=tmp_path).stdout
    assert out.split() == ["refused", "False"]


def test_missing_empty_and_big_files(tmp_path: Path) -> None:
    with pytest.raises(BadFile):
        read(tmp_path / "none.csv", Limits())
    (tmp_path / "empty.csv").write_bytes(b"")
    with pytest.raises(BadFile, match="空"):
        read(tmp_path / "empty.csv", Limits())
    (tmp_path / "big.csv").write_bytes(b"a,b\n" * 1000)
    with pytest.raises(TooLarge):
        read(tmp_path / "big.csv", Limits(file_bytes=1000))
