"""The pages as text: only our own assets, inline scripts under the nonce, no word of a user, one catalogue in two languages."""

from __future__ import annotations

import json
import re
from html.parser import HTMLParser
from pathlib import Path

import pytest

from riskmap import page
from riskmap.api.assets import Assets, bare
from riskmap.catalogue import load
from riskmap.page.single import single_file
from riskmap.settings import settings
from tests.browser.hostile import HOSTILE

WEB = settings().web_dir


def layers() -> list:
    return list(load(settings().layers_dir, settings().data_dir / "codes").layers.values())


def live(**more: str) -> str:
    return page.live(web_dir=WEB, layers=layers(), nonce="n0nce", **more)


class Tags(HTMLParser):
    """Every start tag with its attributes."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))


@pytest.mark.parametrize("mode", ["", "wall"])
@pytest.mark.parametrize("language", page.LANGUAGES)
def test_the_page_names_only_our_own_files(mode: str, language: str) -> None:
    tags = Tags(live(mode=mode, language=language)).found
    assets = [
        a.get("src") or a.get("href") for tag, a in tags if tag in ("script", "link", "img") and (a.get("src") or a.get("href"))
    ]
    assert len(assets) >= 8
    assert [a for a in assets if not (a.startswith("/static/") or a == "data:,")] == []
    for asset in assets:
        if asset.startswith("/static/") and "/vendor/" not in asset:
            path = asset.removeprefix("/static/").split("?")[0]
            files = [f"css/{name}" for name in page.STYLES] if path == "css/page.css" else [path]
            assert all((WEB / name).is_file() for name in files), asset


def test_no_other_host_is_written_in_any_page() -> None:
    text = live() + live(mode="wall")
    assert "leaflet" in text
    assert set(re.findall(r"https?://[^\s\"'<>]+", text)) <= {"http://www.w3.org/2000/svg"}


@pytest.mark.parametrize("mode", ["", "wall"])
def test_inline_scripts_carry_the_nonce_and_nothing_is_styled_or_handled_inline(mode: str) -> None:
    tags = Tags(live(mode=mode)).found
    inline = [a for tag, a in tags if tag == "script" and "src" not in a and a.get("type") != "application/json"]
    assert inline and all(a.get("nonce") == "n0nce" for a in inline)
    assert [(tag, a) for tag, a in tags if "style" in a or any(key.startswith("on") for key in a)] == []
    assert not [tag for tag, _ in tags if tag == "style"]


def test_zooming_by_hand_is_not_forbidden() -> None:
    viewport = [a["content"] for tag, a in Tags(live()).found if tag == "meta" and a.get("name") == "viewport"]
    assert viewport == ["width=device-width, initial-scale=1"]


def test_the_shell_tells_every_layer_once_and_in_its_group() -> None:
    text = live()
    tree = re.search(r"riskmap\.tree = (\[.*?\]);", text, re.DOTALL)
    assert tree
    told = re.findall(r'"([a-z_]+)"', " ".join(re.findall(r'"layers": \[(.*?)\]', tree[1], re.DOTALL)))
    assert sorted(told) == sorted(layer.name for layer in layers())
    for layer in layers():
        assert text.count(f'"/static/layers/{layer.name}/icon.svg"') == 1


def test_the_texts_are_the_same_keys_in_both_languages_and_english_has_no_chinese() -> None:
    zh, en = (page.texts(WEB, language) for language in page.LANGUAGES)
    assert len(zh) > 200 and zh.keys() == en.keys()
    allowed = {"lang.other", "lang.short", "base.none"}
    assert [key for key, text in en.items() if key not in allowed and re.search(r"[\u4e00-\u9fff]", text)] == []
    holes = {key: re.findall(r"\{(\w+)\}", zh[key]) for key in zh}
    assert [key for key in zh if sorted(set(holes[key])) != sorted(set(re.findall(r"\{(\w+)\}", en[key])))] == []


def test_every_text_the_client_asks_for_exists() -> None:
    words = page.texts(WEB, "zh-CN")
    code = "\n".join(p.read_text("utf-8") for p in sorted((WEB / "js").rglob("*.js")))
    asked = set(re.findall(r"\bt\(\"([a-z0-9._]+)\"", code))
    assert len(asked) > 100
    assert asked - words.keys() == set()
    for prefix in set(re.findall(r"\bt\(`([a-z.]+)\.\$\{", code)):
        assert [key for key in words if key.startswith(f"{prefix}.")], prefix


def test_a_data_block_cannot_be_ended_from_inside() -> None:
    for text in HOSTILE:
        block = page.data_block({"name": text})
        assert not re.search(r"[<>&]", block)
        assert json.loads(block) == {"name": text}


def test_leaflet_is_spoken_to_in_map_only_and_the_network_in_api_only() -> None:
    files = sorted((WEB / "js").rglob("*.js"))
    assert len(files) > 20
    for path in files:
        text, at = path.read_text("utf-8"), path.relative_to(WEB / "js").as_posix()
        code = re.sub(r"//[^\n]*|/\*.*?\*/", "", text, flags=re.DOTALL)
        assert at.startswith("map/") or not re.search(r"\bL\.", code), at
        assert at == "api.js" or not re.search(r"\bfetch\(|XMLHttpRequest|EventSource", code), at
        assert not re.search(r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(|new Function", code), at
        assert len(text.splitlines()) <= 400, at
        assert not re.search(r"https?://", text.replace("http://www.w3.org/2000/svg", "")), at


# what the page fetches by itself after its first picture, whatever a person does
BY_ITSELF = ("main.js", "panel/layers.js", "panel/legend.js", "panel/districts.js", "map/inset.js")


def test_scripts_of_the_map_stay_within_160_kb_gzipped() -> None:
    """What a session of map, hexagons and list loads, as it is sent: cards, grade page, facets and tile sources come when asked for."""
    vendored = [WEB / "vendor" / name for name in ("leaflet/leaflet.js", "h3-js/h3-js.umd.js")]
    if not all(path.is_file() for path in vendored):
        pytest.skip("web/vendor is filled at set-up")
    root = (WEB / "js").resolve()
    seen: set[Path] = set()

    def follow(path: Path) -> None:
        if path in seen:
            return
        seen.add(path)
        for name in re.findall(r"^import .*?from \"(\.[^\"]+)\";", path.read_text("utf-8"), re.MULTILINE):
            follow((path.parent / name).resolve())

    for name in BY_ITSELF:
        follow(root / name)
    assert len(seen) > 20
    own, others = Assets(root, scripts=True), Assets(WEB / "vendor")
    sizes = [len(own.find(path.relative_to(root).as_posix()).zipped) for path in seen]
    sizes += [len(others.find(path.relative_to(WEB / "vendor").as_posix()).zipped) for path in vendored]
    assert sum(sizes) <= 160 * 1000


def test_a_script_is_sent_without_its_comments_and_says_the_same() -> None:
    assert bare("// a\n  /** b\n   * c */\n  x(1); // kept\n") == "\n\n\nx(1); // kept\n"
    assert bare("/** a */ x(1);\n/** b */\ny(2);\n") == "/** a */ x(1);\n\ny(2);\n"
    for path in sorted((WEB / "js").rglob("*.js")):
        text = path.read_text("utf-8")
        assert [line for line in text.splitlines() if line.count("`") % 2] == [], path.name
        assert len(bare(text).splitlines()) == len(text.splitlines()), path.name


def single() -> str:
    square = [[[116.0, 39.8], [116.5, 39.8], [116.5, 40.0], [116.0, 40.0], [116.0, 39.8]]]
    district = {
        "type": "Feature",
        "geometry": {"type": "Polygon", "coordinates": square},
        "properties": {"code": "110101", "name": HOSTILE[3], "shown": 2, "d": 13.2, "t": 0.02},
    }
    cell = {"type": "Feature", "geometry": {"type": "Polygon", "coordinates": square}, "properties": {"level": 1, "risk": 41.5}}
    records = [
        {
            "lon": 116.03 + 0.03 * (i % 15),
            "lat": 39.82 + 0.012 * (i // 15),
            "level": 1,
            "name": name,
            "code": f"RS-{i}",
            "place": "东城区",
            "note": name,
        }
        for i, name in enumerate(HOSTILE)
    ]
    return single_file(
        web_dir=WEB,
        title=HOSTILE[0],
        bounds=(116.0, 39.8, 116.5, 40.0),
        districts={"type": "FeatureCollection", "features": [district]},
        cells={"type": "FeatureCollection", "features": [cell]},
        records=records,
        total=len(HOSTILE),
        facts=[("筛选", HOSTILE[1])],
        demo=True,
    )


def test_the_single_file_links_nothing_and_says_that_it_is_demo() -> None:
    if not (WEB / "vendor/leaflet/leaflet.js").is_file():
        pytest.skip("web/vendor is filled at set-up")
    text = single()
    tags = Tags(text).found
    assert [(tag, a) for tag, a in tags if a.get("src") or (tag == "link" and a.get("href") != "data:,")] == []
    assert "default-src 'none'" in text and "演示数据" in text
    style = "".join(re.findall(r"<style>(.*?)</style>", text, re.DOTALL))
    assert style and "url(" not in style
    assert HOSTILE[0] not in text and HOSTILE[3] not in text


def test_no_name_is_run_as_a_template_on_the_server() -> None:
    """Folium's foundation runs what an element made as a template once more; ours must not."""
    name = "{{ 7 * 7 }}{% set x = 1 %}{{ cycler.__init__.__globals__ }}"
    square = {"type": "Polygon", "coordinates": [[[116.0, 39.8], [116.5, 39.8], [116.5, 40.0], [116.0, 39.8]]]}
    district = {"type": "Feature", "geometry": square, "properties": {"code": "110101", "name": name, "shown": 2}}
    record = {"lon": 116.2, "lat": 39.9, "level": 1, "name": name, "code": "RS-1", "place": name, "note": name}
    text = single_file(
        web_dir=WEB,
        title=name,
        bounds=(116.0, 39.8, 116.5, 40.0),
        districts={"type": "FeatureCollection", "features": [district]},
        cells=None,
        records=[record],
        total=1,
        facts=[(name, name)],
        demo=True,
    )
    assert text.count("7 * 7") >= 7 and "49{%" not in text and "function Cycler" not in text


def test_nothing_is_newer_than_the_oldest_browser_we_promise() -> None:
    """Chromium 86: what came later is not written, in scripts or in styles."""
    newer = {
        "js": [
            r"\d_\d",
            r"\?\?=|\|\|=|&&=",
            r"\.at\(-",
            r"replaceAll\(",
            r"structuredClone",
            r"Object\.hasOwn",
            r"findLast",
            r"^await ",
        ],
        "css": [
            r":has\(",
            r"\binset:",
            r"aspect-ratio",
            r"\d[sdl]v[hw]\b",
            r"accent-color",
            r"color-mix",
            r"@container",
            r":is\(|:where\(",
        ],
    }
    for kind, patterns in newer.items():
        files = sorted((WEB / kind).rglob(f"*.{kind}"))
        assert files
        for path in files:
            text = path.read_text("utf-8")
            found = [pattern for pattern in patterns if re.search(pattern, text, re.MULTILINE)]
            assert found == [], path.name
