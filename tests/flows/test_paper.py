"""Papers of a plan: the same texts and numbers as its sheet, Chinese fonts inside, 演练 on every page, nothing fetched, nothing without its audit."""

from __future__ import annotations

import datetime as dt
import io
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
from pypdf import PdfReader

from riskmap import catalogue
from riskmap.core.actor import OFFICER, Actor
from riskmap.core.response.scenario import Given
from riskmap.errors import BadInput, NotFound, SetupError
from riskmap.flows import incident
from riskmap.flows import paper as flow
from riskmap.flows.register import Desk
from riskmap.flows.sheet import sheet
from riskmap.settings import Settings, settings
from riskmap.store import incidents
from riskmap.store.database import Database
from riskmap.store.places import gazetteer
from riskmap.writers.docx import shipped
from riskmap.writers.pdf import pdf
from tests.api.test_incidents import plant  # noqa: F401

NOW = dt.datetime(2026, 11, 25, 4, 0, tzinfo=dt.UTC)
WHO = Actor(id="zhang", name="张某", role="commander", org=1, scope="city", orgs=(1,), unit="市应急局")


@pytest.fixture
def desk(db: Database) -> Desk:
    with db.as_user(OFFICER) as conn:
        return Desk(catalogue.load(settings().layers_dir, settings().data_dir / "codes"), gazetteer(conn), 100)


@pytest.fixture
def kept(db: Database, desk: Desk, plant: dict[str, int]) -> int:  # noqa: F811
    """An exercise with a plan; its title tries to be a template and a tag."""
    said = {"feature_id": plant["hazard"], "kind": "accident.chemical", "exercise": True, "title": "{{ 7*7 }}<b>液氯</b>&\x0b泄漏"}
    with db.as_user(OFFICER, write=True) as conn:
        id = incident.opened(conn, desk, said, OFFICER, NOW)["id"]
        incident.planned(conn, desk, None, id, Given(wind_ms=3, wind_from_deg=180, rate_kg_s=0.9), OFFICER, NOW)
    return id


def made(db: Database, desk: Desk, id: int, form: str, language: str = "zh-CN", given: Settings | None = None) -> flow.Paper:
    with db.as_user(WHO, write=True) as conn:
        return flow.plan_paper(conn, desk, given or settings(), id, 1, form, language, WHO, NOW)


def said(db: Database, desk: Desk, id: int, english: bool = False) -> list[str]:
    """Every text of the sheet."""
    with db.as_user(WHO) as conn:
        held, row = incident.one(conn, id), incidents.plan(conn, id, 1)
    assert row is not None
    told = sheet(desk, row["outcome"], held, row, english)
    out = [told["title"], told["code"]]
    for section in told["sections"]:
        if section["parts"]:
            out += [section["title"], section["note"]]
        for part in section["parts"]:
            match part["kind"]:
                case "figures":
                    out += [x[k] for x in part["items"] for k in ("label", "value")]
                case "facts":
                    out += [r[k] for r in part["rows"] for k in ("label", "value")]
                case "table":
                    out += [c for r in part["rows"] for c in r["cells"]] + ([h["text"] for h in part["head"]] if part["rows"] else [part["empty"]])
                case "lines":
                    out += [i["text"] for i in part["items"]]
    return [squeezed(text) for text in out if text.strip()]


def squeezed(text: str) -> str:
    """Without what a line break or XML may change."""
    return re.sub(r"[\s\x0b\ufffd\x00]+", "", text)


def fonts(reader: PdfReader) -> dict[str, bool]:
    """Name → whether its file is in the PDF."""
    found: dict[str, bool] = {}
    for page in reader.pages:
        for font in page["/Resources"]["/Font"].get_object().values():  # type: ignore[index]
            one = font.get_object()
            below = one.get("/DescendantFonts", [one])[0].get_object()
            descriptor = below["/FontDescriptor"].get_object()
            found[one["/BaseFont"]] = any(k in descriptor for k in ("/FontFile", "/FontFile2", "/FontFile3"))
    return found


def test_the_pdf_says_what_the_sheet_says_with_its_own_fonts(db: Database, desk: Desk, kept: int) -> None:
    told = made(db, desk, kept, "pdf")
    reader = PdfReader(io.BytesIO(told.content))
    pages = [page.extract_text() for page in reader.pages]
    text = squeezed("".join(pages))
    assert [t for t in said(db, desk, kept) if t not in text] == []
    assert len(pages) >= 2 and "签发时间" in pages[0]  # the first page is the one to sign
    total = len(pages)
    for n, page in enumerate(pages, 1):
        assert "演练" in page and "市应急局 张某 2026-11-25 12:00" in page and f"{n} / {total}" in page
    assert fonts(reader) and all(fonts(reader).values()) and any("Noto" in name for name in fonts(reader))
    assert told.media == "application/pdf" and told.name.endswith(".pdf")


def test_english_and_an_incident_that_is_no_exercise(db: Database, desk: Desk, plant: dict[str, int]) -> None:  # noqa: F811
    with db.as_user(OFFICER, write=True) as conn:
        id = incident.opened(conn, desk, {"feature_id": plant["hazard"], "kind": "accident.chemical"}, OFFICER, NOW)["id"]
        incident.planned(conn, desk, None, id, Given(kind="circle", radius_m=800), OFFICER, NOW)
    pages = [p.extract_text() for p in PdfReader(io.BytesIO(made(db, desk, id, "pdf", "en").content)).pages]
    text = squeezed("".join(pages))
    assert [t for t in said(db, desk, id, english=True) if t not in text] == []
    assert "EXERCISE" not in text and "演练" not in text and "Where people go" in "".join(pages)


def words_of(content: bytes) -> str:
    """All text of a Word file, tables, header and footer too."""
    from docx import Document

    at = Document(io.BytesIO(content))
    roots = [at.element.body, *(part._element for s in at.sections for part in (s.header, s.footer))]
    return "".join(node.text or "" for root in roots for node in root.iter("{http://schemas.openxmlformats.org/wordprocessingml/2006/main}t"))


def test_the_word_file_says_it_too_and_the_bureau_may_have_its_own(db: Database, desk: Desk, kept: int, tmp_path: Path) -> None:
    text = squeezed(words_of(made(db, desk, kept, "docx").content))
    assert [t for t in said(db, desk, kept) if t not in text] == []
    assert "演练" in text and squeezed("市应急局 张某 2026-11-25 12:00") in text and "{%" not in text
    assert "{{7*7}}<b>液氯</b>&" in text  # a title is no template and no tag
    own = settings().model_copy(update={"paper_dir": tmp_path})
    from docx import Document

    letter = Document()
    letter.add_paragraph("某市应急管理局（红头）{{ title }} {% for s in sections %}{{ s.title }}；{% endfor %}")
    letter.save(str(tmp_path / "plan.docx"))
    text = words_of(made(db, desk, kept, "docx", given=own).content)
    assert text.startswith("某市应急管理局（红头）") and "人员去向；" in text
    letter.add_paragraph("{{ nothing.of.that }")
    letter.save(str(tmp_path / "plan.docx"))
    with pytest.raises(SetupError):
        made(db, desk, kept, "docx", given=own)


def test_the_shipped_template_is_made_the_same_every_time() -> None:
    first = shipped()
    shipped.cache_clear()
    assert words_of(shipped()) == words_of(first)


def test_the_template_is_handed_out_by_the_command_line(tmp_path: Path) -> None:
    from typer.testing import CliRunner

    from riskmap.cli import load

    done = CliRunner().invoke(load(), ["paper-template", "-o", str(tmp_path / "plan.docx")])
    assert done.exit_code == 0 and "plan.docx" in done.output
    assert words_of((tmp_path / "plan.docx").read_bytes()) == words_of(shipped())
    flow.try_template(settings().model_copy(update={"paper_dir": tmp_path}), "plan")


def test_the_word_file_opens_in_libreoffice(db: Database, desk: Desk, kept: int, tmp_path: Path) -> None:
    office = shutil.which("soffice")
    if office is None:
        pytest.skip("libreoffice-writer is not installed")
    (tmp_path / "plan.docx").write_bytes(made(db, desk, kept, "docx").content)
    subprocess.run([office, "--headless", f"-env:UserInstallation=file://{tmp_path}/profile", "--convert-to", "pdf", "--outdir", str(tmp_path),
                    str(tmp_path / "plan.docx")], check=True, capture_output=True, timeout=200)  # fmt: skip
    text = squeezed("".join(p.extract_text() for p in PdfReader(tmp_path / "plan.pdf").pages))
    assert [t for t in said(db, desk, kept) if t not in text] == []


@pytest.mark.parametrize("asked", ['<img src="http://127.0.0.1:1/x.png">', '<img src="file:///etc/hostname">'])
def test_a_paper_fetches_nothing(asked: str) -> None:
    with pytest.raises(ValueError):
        pdf(f"<html><body>{asked}</body></html>", "")
    with pytest.raises(ValueError):
        pdf("<p>x</p>", "body { background: url(http://127.0.0.1:1/x.png) }")


def test_every_file_is_in_the_audit_and_what_is_not_there_is_not_found(db: Database, desk: Desk, kept: int) -> None:
    for form in ("pdf", "docx"):
        made(db, desk, kept, form)
    with db.as_user(Actor("s", "s", "auditor", 1, "none", (1,))) as conn:
        rows = conn.execute("SELECT actor, after FROM audit WHERE operation = 'incident.paper' ORDER BY id").fetchall()
    assert [(r["actor"], r["after"]["plan"], r["after"]["format"]) for r in rows] == [("zhang", 1, "pdf"), ("zhang", 1, "docx")]
    with pytest.raises(BadInput):
        made(db, desk, kept, "exe")
    with pytest.raises(NotFound), db.as_user(WHO, write=True) as conn:
        flow.plan_paper(conn, desk, settings(), kept, 9, "pdf", "zh-CN", WHO, NOW)


def test_the_picture_shows_who_is_where(db: Database, desk: Desk, kept: int) -> None:
    from riskmap.page import texts
    from riskmap.page.sketch import sketch

    with db.as_user(WHO) as conn:
        plan: Any = incidents.plan(conn, kept, 1)["outcome"]  # type: ignore[index]
    marks = flow.drawing(desk, settings(), plan, texts(settings().web_dir, "zh-CN"))
    count = {what: sum(m.what == what for m in marks) for what in {m.what for m in marks}}
    assert count["zone"] == 1 and count["land"] >= 1 and count["place"] == 2 and count["scale"] == 3 and count["north"] == 2
    assert count["level"] == len(plan["zone"]["levels"]) and count["group"] >= 1 and count["shelter"] >= 2
    svg = sketch(marks, "<&>")
    assert svg.count("<svg") == 1 and "<&>" not in svg and "style=" not in svg and "http" not in svg.replace("http://www.w3.org/2000/svg", "")
