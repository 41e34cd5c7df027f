// Tile sources, each with its datum: the picture is shifted under the points, never the points.


const A = 6378245, EE = 0.00669342162296594323;

/** The offset that GCJ-02 adds to a WGS 84 position over the mainland, in degrees [lon, lat] (Krasovsky ellipsoid, the published series). */
export function gcjOffset(lon, lat) {
  const x = lon - 105, y = lat - 35, p = Math.PI;
  const wave = (20 * Math.sin(6 * x * p) + 20 * Math.sin(2 * x * p)) * (2 / 3);
  let dLat = -100 + 2 * x + 3 * y + 0.2 * y * y + 0.1 * x * y + 0.2 * Math.sqrt(Math.abs(x)) + wave;
  dLat += ((20 * Math.sin(y * p) + 40 * Math.sin((y / 3) * p)) * 2) / 3 + ((160 * Math.sin((y / 12) * p) + 320 * Math.sin((y * p) / 30)) * 2) / 3;
  let dLon = 300 + x + 2 * y + 0.1 * x * x + 0.1 * x * y + 0.1 * Math.sqrt(Math.abs(x)) + wave;
  dLon += ((20 * Math.sin(x * p) + 40 * Math.sin((x / 3) * p)) * 2) / 3 + ((150 * Math.sin((x / 12) * p) + 300 * Math.sin((x / 30) * p)) * 2) / 3;
  const phi = (lat * p) / 180, magic = 1 - EE * Math.sin(phi) ** 2;
  return [(dLon * 180) / ((A / Math.sqrt(magic)) * Math.cos(phi) * p), (dLat * 180) / (((A * (1 - EE)) / (magic * Math.sqrt(magic))) * p)];
}

/** Where a WGS 84 position stands on a map of the datum: [lon, lat]. */
export function onDatum(lon, lat, datum) {
  if (datum !== "gcj02" && datum !== "bd09") return [lon, lat];
  const [dLon, dLat] = gcjOffset(lon, lat);
  const gLon = lon + dLon, gLat = lat + dLat;
  if (datum === "gcj02") return [gLon, gLat];
  const k = (Math.PI * 3000) / 180, z = Math.hypot(gLon, gLat) + 0.00002 * Math.sin(gLat * k), theta = Math.atan2(gLat, gLon) + 0.000003 * Math.cos(gLon * k);
  return [z * Math.cos(theta) + 0.0065, z * Math.sin(theta) + 0.006];
}

/** A tile layer that asks for the tiles of the shifted centre and lays them at the true one. */
const DatumTiles = L.TileLayer.extend({
  _shifted(center) { const [lon, lat] = onDatum(center.lng, center.lat, this.options.datum); return L.latLng(lat, lon); },
  _getTiledPixelBounds(center) { return L.TileLayer.prototype._getTiledPixelBounds.call(this, this._shifted(center)); },
  _setZoomTransform(level, center, zoom) { return L.TileLayer.prototype._setZoomTransform.call(this, level, this._shifted(center), zoom); },
  _setView(center, zoom, noPrune, noUpdate) {
    let tileZoom = Math.round(zoom);
    tileZoom = (this.options.maxZoom !== undefined && tileZoom > this.options.maxZoom) || tileZoom < (this.options.minZoom || 0) ? undefined : this._clampZoom(tileZoom);
    const changed = this.options.updateWhenZooming && tileZoom !== this._tileZoom;
    if (!noUpdate || changed) {
      this._tileZoom = tileZoom;
      if (this._abortLoading) this._abortLoading();
      this._updateLevels();
      this._resetGrid();
      if (tileZoom !== undefined) this._update(this._shifted(center));
      if (!noPrune) this._pruneTiles();
      this._noPrune = Boolean(noPrune);
    }
    this._setZoomTransforms(center, zoom);
  },
  _update(center) {
    if (center) return this._around(center);
    if (this._map) return this._around(this._shifted(this._map.getCenter()));
    return undefined;
  },
  _around(center) {
    // the parent works out tile bounds from the centre it is given; ours is shifted already
    const own = this._shifted;
    this._shifted = (same) => same;
    try { return L.TileLayer.prototype._update.call(this, center); } finally { this._shifted = own; }
  },
});

export function tileLayer(source, onError) {
  const layer = new DatumTiles(source.url, { datum: source.datum || "wgs84", subdomains: source.subdomains || "abc", maxNativeZoom: source.max_zoom || 18, maxZoom: 22, keepBuffer: 1, updateWhenIdle: true });
  let failed = 0, loaded = 0;
  layer.on("tileload", () => { loaded += 1; });
  layer.on("tileerror", () => { failed += 1; if (failed >= 4 && !loaded) onError(source); });
  return layer;
}

