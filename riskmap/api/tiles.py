"""Basemaps: which sources are configured, and the tiles of the operator's own files."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import orjson
from fastapi import APIRouter, Request
from fastapi import Path as InPath
from fastapi.responses import Response

from riskmap.api.deps import Json
from riskmap.core.basemap import Basemap, tianditu
from riskmap.errors import NotFound, SetupError
from riskmap.readers.tiles import Archive, opened
from riskmap.settings import Settings

router = APIRouter(tags=["basemaps"])
SHOWN = ("id", "label", "datum", "attribution", "max_zoom", "subdomains")


def configured(settings: Settings) -> tuple[list[Basemap], dict[str, Archive]]:
    """The sources of the settings and their open files: 天地图 with a key, and a JSON file of the operator's own.

    Raises SetupError for a list or a tile file that cannot be read, naming it.
    """
    sources = tianditu(settings.tianditu_key)
    if settings.tile_sources:
        listed = Path(settings.tile_sources)
        try:
            sources += [Basemap.model_validate(item) for item in orjson.loads(listed.read_bytes())]
        except (OSError, ValueError, TypeError) as fault:
            raise SetupError(f"底图配置读不出 / tile sources do not parse: {fault}", where=str(listed),
                             remedy="见 README「底图」 / see README") from None  # fmt: skip
    archives = {s.id: opened(Path(settings.tile_sources).parent / s.file) for s in sources if s.file}
    deepest = {id: archive.max_zoom for id, archive in archives.items()}
    return [s.model_copy(update={"max_zoom": deepest.get(s.id, s.max_zoom)}) for s in sources], archives


@router.get("/api/basemaps")
def basemaps(request: Request) -> Json:
    """Configured tile sources with their datum; none is needed."""
    shown = [source.model_dump(include=set(SHOWN)) | {"url": source.address} for source in request.app.state.basemaps]
    return Json(shown)


@router.get("/tiles/{source}/{z}/{x}/{y}")
def tile(
    request: Request,
    source: str,
    z: Annotated[int, InPath(ge=0, le=22)],
    x: Annotated[int, InPath(ge=0, lt=2**22)],
    y: Annotated[int, InPath(ge=0, lt=2**22)],
) -> Response:
    """A picture of a configured tile file; 404 where the file has none."""
    archive: Archive | None = request.app.state.archives.get(source)
    found = archive.tile(z, x, y) if archive and max(x, y) < 2**z else None
    if archive is None or found is None:
        raise NotFound("没有这个瓦片 / no such tile", where=f"{source}/{z}/{x}/{y}")
    headers = {"Cache-Control": "private, max-age=86400", "X-Content-Type-Options": "nosniff"}
    return Response(found, media_type=archive.media, headers=headers)
