"""HTML to PDF without a browser and without a request: WeasyPrint, which needs Pango and a Chinese font on the machine."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from riskmap.errors import Unavailable

REMEDY = "apt-get install libpango-1.0-0 libpangoft2-1.0-0 fonts-noto-cjk"


@dataclass(frozen=True, slots=True)
class Pdf:
    """A finished PDF. `pages`: how many; `anchors`: name of an element's id → the page it stands on, from 1. `fonts`: names of those inside."""

    content: bytes
    pages: int
    anchors: dict[str, int]
    fonts: tuple[str, ...] = ()


def wanting() -> str:
    """What the machine lacks for a PDF that people can read; empty where nothing."""
    try:
        import weasyprint  # noqa: F401
    except OSError as error:
        return f"没有 Pango，不能出 PDF no Pango: {str(error)[:120]}"
    found = pdf("<p>演练</p>", 'p { font-family: "Noto Sans CJK SC", "WenQuanYi Micro Hei", sans-serif }').fonts
    known = re.compile(r"CJK|Wen-?\s?Quan|Han|Song|Hei|Ming", re.I)
    return "" if any(known.search(name) for name in found) else "没有中文字体，PDF 上的字是空框 no Chinese font, PDFs show boxes"


def pdf(html: str, css: str) -> Pdf:
    """The PDF of a page whose every asset stands in it. Raises Unavailable where Pango is missing, ValueError where the page asks for anything."""
    try:
        import weasyprint
        from weasyprint.urls import URLFetcher
    except OSError as error:  # the libraries of Debian are not there
        raise Unavailable("没有 Pango，不能出 PDF / no Pango, no PDF", where=str(error)[:200], remedy=REMEDY) from error

    class Nothing(URLFetcher):
        """Fetches nothing: what the page does not hold, it does not show."""

        def fetch(self, url: str, headers: Any = None) -> Any:
            raise ValueError(f"a paper asks for nothing: {url[:200]}")

    if re.search(r"@import", css):
        raise ValueError("a paper's style holds everything")
    nothing = Nothing(fail_on_errors=True)
    try:
        made = weasyprint.HTML(string=html, url_fetcher=nothing).render(stylesheets=[weasyprint.CSS(string=css, url_fetcher=nothing)])
    except weasyprint.urls.FatalURLFetchingError as error:
        raise ValueError(str(error)) from error
    anchors = {name: n for n, page in enumerate(made.pages, 1) for name in page.anchors}
    content = made.write_pdf()
    return Pdf(content, len(made.pages), anchors, tuple(_name(f.name) for f in made.fonts.values()))


def _name(name: bytes | str) -> str:
    return name.decode("ascii", "replace") if isinstance(name, bytes) else name
