"""The map picture of a plan as PNG, for files that hold no SVG: the marks of riskmap/core/response/chart.py, painted."""

from __future__ import annotations

import io
from collections.abc import Sequence

from PIL import Image, ImageChops, ImageColor, ImageDraw, ImageFont

from riskmap.core.response.chart import HIGH, WIDE, Mark, Point

FONTS = (("NotoSansCJK-Regular.ttc", 2), ("NotoSansCJKsc-Regular.otf", 0), ("wqy-microhei.ttc", 0))  # the face of simplified Chinese in each
FINE = 2  # dots of the picture to one unit of the sheet
ANCHOR = {"start": "ls", "middle": "ms", "end": "rs"}


def png(marks: Sequence[Mark]) -> bytes:
    """The picture."""
    sheet = Image.new("RGB", (int(WIDE * FINE), int(HIGH * FINE)), "white")
    font = _font(13 * FINE)
    for m in marks:
        layer = Image.new("RGBA", sheet.size, (0, 0, 0, 0)) if m.fill and m.opacity < 1 else None
        _draw(ImageDraw.Draw(layer or sheet), m, font)
        if layer is not None:
            sheet.paste(layer, (0, 0), layer)
    out = io.BytesIO()
    sheet.save(out, "PNG", optimize=True)
    return out.getvalue()


def _draw(on: ImageDraw.ImageDraw, m: Mark, font: ImageFont.ImageFont | ImageFont.FreeTypeFont) -> None:
    fill = None if m.fill is None else (*ImageColor.getrgb(m.fill), round(255 * m.opacity))
    wide = max(1, round(m.wide * FINE))
    if m.kind in ("area", "line"):
        if m.kind == "area" and fill is not None:
            on.bitmap((0, 0), _inside(on, m), fill=fill)
        for ring in m.rings:
            if m.stroke:
                _line(on, _big((*ring, ring[0]) if m.kind == "area" else ring), m.stroke, wide, m.dash)
        return
    x, y = m.at[0] * FINE, m.at[1] * FINE
    if m.kind == "text":
        on.text((x, y), m.words, fill=m.fill or "black", font=font, anchor=ANCHOR[m.anchor], stroke_width=3, stroke_fill="white")
        return
    half = m.half * FINE
    shape = on.ellipse if m.kind == "dot" else on.rectangle
    shape((x - half, y - half, x + half, y + half), fill=fill, outline=m.stroke, width=wide if m.stroke else 0)


def _inside(on: ImageDraw.ImageDraw, m: Mark) -> Image.Image:
    """What lies within an odd number of the rings: a hole is a hole."""
    mask = Image.new("1", on.im.size)
    for ring in m.rings:
        one = Image.new("1", on.im.size)
        ImageDraw.Draw(one).polygon(_big(ring), fill=1)
        mask = ImageChops.logical_xor(mask, one)
    return mask


def _big(ring: Sequence[Point]) -> list[Point]:
    return [(x * FINE, y * FINE) for x, y in ring]


def _line(on: ImageDraw.ImageDraw, points: Sequence[Point], colour: str, wide: int, dash: Sequence[float]) -> None:
    """A line, or its dashes."""
    if not dash:
        on.line(points, fill=colour, width=wide, joint="curve")
        return
    ink, gap = (d * FINE for d in dash[:2])
    gone = 0.0
    for (x0, y0), (x1, y1) in zip(points, points[1:], strict=False):
        length = ((x1 - x0) ** 2 + (y1 - y0) ** 2) ** 0.5
        at = 0.0
        while length and at < length:
            phase = (gone + at) % (ink + gap)
            step = min((ink if phase < ink else ink + gap) - phase, length - at) or 1.0
            if phase < ink:
                a, b = at / length, (at + step) / length
                on.line((x0 + (x1 - x0) * a, y0 + (y1 - y0) * a, x0 + (x1 - x0) * b, y0 + (y1 - y0) * b), fill=colour, width=wide)
            at += step
        gone += length


def _font(size: int) -> ImageFont.ImageFont | ImageFont.FreeTypeFont:
    for name, index in FONTS:
        try:
            return ImageFont.truetype(name, size, index=index)
        except OSError:
            continue
    return ImageFont.load_default(size)
