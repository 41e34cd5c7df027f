"""Each third-party library has one room, each promise of the house a test. Every test first finds something to check."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

SOURCE = sorted(Path("riskmap").rglob("*.py"))
WEB = sorted(p for p in Path("web").rglob("*.js") if "vendor" not in p.parts and not any(x.startswith("vendor") for x in p.parts))

ROOMS = {
    "psycopg": ("riskmap/store/",),
    "psycopg_pool": ("riskmap/store/",),
    "h3": ("riskmap/core/cell.py",),
    "openpyxl": ("riskmap/readers", "riskmap/writers"),
    "geopandas": ("riskmap/readers", "riskmap/writers"),
    "pyogrio": ("riskmap/readers", "riskmap/writers"),
    "pmtiles": ("riskmap/readers",),
    "osmium": ("riskmap/readers",),
    "folium": ("riskmap/page",),
    "weasyprint": ("riskmap/writers",),
    "docxtpl": ("riskmap/writers",),
    "docx": ("riskmap/writers",),
    "PIL": ("riskmap/writers",),
    "fastapi": ("riskmap/api/",),
    "starlette": ("riskmap/api/",),
    "typer": ("riskmap/cli/",),
    "argon2": ("riskmap/core/password.py",),
    "pyotp": ("riskmap/core/second_factor.py",),
    "uvicorn": ("riskmap/cli/",),
}
# Names that say nothing of what is inside.
EMPTY_NAMES = {"utils", "util", "helpers", "helper", "common", "misc", "manager", "service", "services"}
LONGEST = 350
# A path as the papers write one: with a slash, or a file name with a known ending, between backticks.
PATH = r"`([\w./-]+/[\w./-]*|[\w-]+\.(?:md|toml|py|sql|sh|json|csv|svg|yml|txt))`"


def imports(path: Path) -> set[str]:
    """Top-level packages a file imports, wherever in it."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            found.add(node.module.split(".")[0])
    return found


@pytest.mark.parametrize("library", ROOMS)
def test_a_library_is_spoken_of_in_its_room_only(library: str) -> None:
    at = [p.as_posix() for p in SOURCE if library in imports(p)]
    assert at, f"{library} is used nowhere: take it off the list"
    assert [p for p in at if not p.startswith(ROOMS[library])] == []


def test_the_environment_is_read_in_settings_alone() -> None:
    assert SOURCE
    pattern = re.compile(r"os\.(environ|getenv)\b")
    found = [p.as_posix() for p in SOURCE if pattern.search(p.read_text(encoding="utf-8"))]
    assert [p for p in found if p != "riskmap/settings.py"] == []


def test_core_is_pure() -> None:
    """No file, clock, database or network in core/."""
    core = [p for p in SOURCE if p.parts[1] == "core"]
    assert core
    impure = {"os", "socket", "subprocess", "time", "pathlib", "urllib", "http", "sqlite3"}
    assert {p.as_posix(): sorted(imports(p) & impure) for p in core if imports(p) & impure} == {}
    clock = re.compile(r"\b(datetime\.now|date\.today|utcnow)\(|\bopen\(")
    assert [p.as_posix() for p in core if clock.search(p.read_text(encoding="utf-8"))] == []


def test_files_are_small_and_have_a_name_that_says_something() -> None:
    files = SOURCE + WEB
    assert files
    long = {p.as_posix(): n for p in files if (n := len(p.read_text(encoding="utf-8").splitlines())) > LONGEST}
    assert long == {}
    assert [p.as_posix() for p in files if {part.removesuffix(".py").removesuffix(".js") for part in p.parts} & EMPTY_NAMES] == []


def test_every_module_says_what_it_is() -> None:
    texts = {p.as_posix(): p.read_text(encoding="utf-8") for p in SOURCE}
    assert [name for name, text in texts.items() if text.strip() and not ast.get_docstring(ast.parse(text))] == []


def code_of(path: Path) -> str:
    """JavaScript without its comments."""
    text = path.read_text(encoding="utf-8")
    return re.sub(r"(?m)^\s*(//|\*|/\*).*$|(?<=\s)//\s.*$", "", text)


def test_leaflet_is_spoken_of_in_map_only() -> None:
    assert WEB
    found = [p.as_posix() for p in WEB if re.search(r"(?<![\w.$])L\.\w", code_of(p))]
    assert [p for p in found if not p.startswith("web/js/map/")] == []


def test_one_file_fetches() -> None:
    found = [p.as_posix() for p in WEB if re.search(r"\bfetch\(|XMLHttpRequest|\bEventSource\b|sendBeacon", code_of(p))]
    assert found == ["web/js/api.js"]


def test_nothing_is_made_from_text_of_others() -> None:
    """No innerHTML and its kin, no eval: names of records are data."""
    bad = re.compile(r"\b(innerHTML|outerHTML|insertAdjacentHTML|document\.write)\b|\beval\(|new Function\(")
    assert [p.as_posix() for p in WEB if bad.search(code_of(p))] == []


def test_no_address_outside_this_machine() -> None:
    kinds = {".js", ".css", ".html", ".svg", ".json", ".toml", ".j2"}
    files = [
        p for folder in ("web", "layers") for p in Path(folder).rglob("*") if p.suffix in kinds and "vendor" not in p.as_posix()
    ]
    assert files
    address = re.compile(r"(?:https?:)?//[a-z0-9-]+(?:\.[a-z0-9-]+)+", re.I)
    allowed = ("//www.w3.org", "//www.openstreetmap.org")  # a namespace; the attribution a person may click
    found = [f"{p}: {said}" for p in files for said in address.findall(p.read_text(encoding="utf-8"))]
    assert [f for f in found if not f.endswith(allowed)] == []


def test_every_path_named_in_the_papers_exists() -> None:
    papers = [p for p in (Path("README.md"), Path("CONTRIBUTING.md"), Path("SECURITY.md")) if p.exists()]
    assert papers
    made_later = ("var/", "dist/", "web/vendor", ".venv", "node_modules")
    missing = []
    for paper in papers:
        for named in re.findall(PATH, paper.read_text(encoding="utf-8")):
            places = (Path(named), Path("riskmap") / named, Path("web") / named)
            if not named.startswith(("/", *made_later)) and not any(p.exists() for p in places):
                missing.append(f"{paper}: {named}")
    assert missing == []
