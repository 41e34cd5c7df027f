"""The map picture of a plan as SVG: made by the server from the marks of riskmap/core/response/chart.py, readable in black and white.

Looks are attributes of the marks, not styles: the same picture stands in a page with a strict policy, in a PDF and in a file.
"""

from __future__ import annotations

from collections.abc import Sequence

from markupsafe import Markup, escape

from riskmap.core.printable import printable
from riskmap.core.response.chart import HIGH, WIDE, Mark, Point

FONT = 'font-family="Noto Sans CJK SC, WenQuanYi Micro Hei, sans-serif" font-size="13"'


def sketch(marks: Sequence[Mark], label: str = "") -> Markup:
    """An <svg> of the marks; `label` is what a screen reader says."""
    inside = "".join(_drawn(m) for m in marks)
    size = f'viewBox="0 0 {WIDE:.0f} {HIGH:.0f}" width="{WIDE:.0f}" height="{HIGH:.0f}"'
    head = f'<svg class="pl-svg" xmlns="http://www.w3.org/2000/svg" {size} role="img" aria-label="{escape(label)}">'
    return Markup(f"{head}{inside}</svg>")  # noqa: S704 - numbers and escaped text


def _drawn(m: Mark) -> str:
    look = f'fill="{m.fill or "none"}"' + (f' fill-opacity="{m.opacity:g}"' if m.fill and m.opacity < 1 else "")
    if m.stroke:
        look += f' stroke="{m.stroke}" stroke-width="{m.wide:g}"' + (f' stroke-dasharray="{" ".join(f"{d:g}" for d in m.dash)}"' if m.dash else "")
    if m.kind == "area":
        return f'<path {look} fill-rule="evenodd" d="{"".join(_path(ring) + "Z" for ring in m.rings)}"/>'
    if m.kind == "line":
        return f'<path {look} d="{"".join(_path(ring) for ring in m.rings)}"/>'
    x, y = m.at
    if m.kind == "dot":
        return f'<circle {look} cx="{x:g}" cy="{y:g}" r="{m.half:.1f}"/>'
    if m.kind == "box":
        return f'<rect {look} x="{x - m.half:g}" y="{y - m.half:g}" width="{2 * m.half:g}" height="{2 * m.half:g}" rx="2"/>'
    words, place = escape(printable(m.words)), f'x="{x:g}" y="{y:g}" {FONT} text-anchor="{m.anchor}"'
    halo = f'<text {place} fill="#ffffff" stroke="#ffffff" stroke-width="3" stroke-linejoin="round">{words}</text>'
    return f'{halo}<text {place} fill="{m.fill or "#000000"}">{words}</text>'


def _path(ring: Sequence[Point]) -> str:
    return "M" + "L".join(f"{x:g} {y:g}" for x, y in ring)
