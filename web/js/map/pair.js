// A small map of one move: the place in force, the proposed one, the metres between them, and what stands close by.

import { CanvasLayer } from "./canvas.js";
import { outlines, paintBorders, paintGround, setOutlines, setWater } from "./ground.js";
import { metresPerPixel } from "./mercator.js";
import { token, usePalette } from "./palette.js";
import { drawMark, forgetStamps, label } from "./symbols.js";

const STEPS = [10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10000];
const ALONE = 16;                              // zoom of a place that does not move
const CLOSEST = 18;

export class PairMap {
  /** `node`: where the map goes; `scale(text)` writes a length, `words`: {old, new, place} under the places. */
  constructor(node, { scale, metres, words }) {
    this.node = node; this.metres = metres; this.words = words; this.pair = null; this.others = [];
    usePalette(node);
    this.map = L.map(node, { attributionControl: false, zoomControl: false, keyboard: true, minZoom: 8, maxZoom: 19, zoomSnap: 0.25, zoomAnimation: false, fadeAnimation: false });
    this.map.setView([40, 116.4], 9);
    const pane = (name, z) => { const made = this.map.createPane(name); made.style.zIndex = z; made.style.pointerEvents = "none"; return name; };
    this.ground = new CanvasLayer((g, at) => { paintGround(g, at, { fill: 0, levels: new Set(), tiles: this.tiled }); paintBorders(g, at, false, ""); }, { pane: pane("rp-ground", 250), empty: () => !outlines().length }).addTo(this.map);
    this.things = new CanvasLayer((g, at) => this._paint(g, at), { pane: pane("rp-things", 400), empty: () => !this.pair }).addTo(this.map);
    this.map.on("zoomend moveend", () => this._scale(scale));
    new ResizeObserver(() => { this.map.invalidateSize({ pan: false, animate: false }); }).observe(node);
  }

  land(districts, water) { setOutlines(districts); setWater(water); this.repaint(); }

  /** `pair`: {old, now: [lon, lat] or null, level, moved, radius, near: [{lon, lat, level, name, distance_m}]}. */
  show(pair) {
    this.pair = pair; this.others = [];
    if (!pair.old && !pair.now) return;
    const places = [pair.old, pair.now, ...pair.near.map((one) => [one.lon, one.lat])].filter(Boolean).map(([lon, lat]) => [lat, lon]);
    const spread = places.length > 1 && L.latLngBounds(places);
    if (!spread || spread.getNorthEast().distanceTo(spread.getSouthWest()) < 5) this.map.setView(places[0], ALONE, { animate: false });
    else this.map.fitBounds(spread, { padding: [56, 56], maxZoom: CLOSEST, animate: false });
    this.repaint();
  }

  /** What else of the layer is in sight: [{lon, lat, level}], drawn small and without words. */
  around(others) { this.others = others; this.things.repaint(); }

  /** The view and as much again around it: west, south, east, north. */
  box() { const box = this.map.getBounds().pad(0.5); return [box.getWest(), box.getSouth(), box.getEast(), box.getNorth()]; }

  zoomBy(step) { this.map.setZoom(this.map.getZoom() + step); }
  repaint() { this.ground.repaint(); this.things.repaint(); }
  recolour() { usePalette(this.node); forgetStamps(); this.repaint(); }

  async setTiles(sources, onError) {
    if (!sources.length) return;
    const { tileLayer } = await import("./tiles.js");
    this.tiled = true;
    tileLayer(sources[0], onError).addTo(this.map);
    this.repaint();
  }

  _paint(g, at) {
    const { old, now, near, level, radius, moved } = this.pair;
    const place = now || old;
    if (now && radius) {
      const r = radius / metresPerPixel(now[1], at.zoom);
      g.beginPath(); g.arc(at.x(now[0]), at.y(now[1]), r, 0, 2 * Math.PI);
      g.fillStyle = token("--accent"); g.globalAlpha = 0.08; g.fill(); g.globalAlpha = 1;
      g.strokeStyle = token("--accent"); g.lineWidth = 1.5; g.setLineDash([5, 3]); g.stroke(); g.setLineDash([]);
    }
    if (old && now && moved > 1) {
      g.beginPath(); g.moveTo(at.x(old[0]), at.y(old[1])); g.lineTo(at.x(now[0]), at.y(now[1]));
      g.strokeStyle = token("--map-select-halo"); g.lineWidth = 5; g.stroke();
      g.strokeStyle = token("--map-select"); g.lineWidth = 2; g.setLineDash([4, 3]); g.stroke(); g.setLineDash([]);
    }
    g.globalAlpha = 0.6;
    for (const one of this.others) drawMark(g, at.x(one.lon), at.y(one.lat), one.level, 12, at.ratio);
    g.globalAlpha = 1;
    for (const one of near) {
      const x = at.x(one.lon), y = at.y(one.lat);
      drawMark(g, x, y, one.level, 18, at.ratio);
      label(g, this.metres(one.distance_m), x, y - 18, 12);
    }
    if (old && (!now || moved > 1)) {
      const x = at.x(old[0]), y = at.y(old[1]);
      g.beginPath(); g.arc(x, y, 6, 0, 2 * Math.PI);
      g.fillStyle = token("--surface"); g.fill(); g.strokeStyle = token("--map-select"); g.lineWidth = 2; g.stroke();
      label(g, this.words.old, x, y + 18, 12);
    }
    if (now) {
      drawMark(g, at.x(now[0]), at.y(now[1]), level, 24, at.ratio);
      label(g, old && moved > 1 ? this.words.new : this.words.place, at.x(now[0]), at.y(now[1]) + 24, 12, { bold: true });
    }
    if (old && now && moved > 1) {
      const x = (at.x(old[0]) + at.x(now[0])) / 2, y = (at.y(old[1]) + at.y(now[1])) / 2;
      if (Math.hypot(at.x(old[0]) - at.x(now[0]), at.y(old[1]) - at.y(now[1])) > 48) label(g, this.metres(moved), x, y - 12, 13, { bold: true });
    }
    return place;
  }

  _scale(write) {
    const per = metresPerPixel(this.map.getCenter().lat, this.map.getZoom());
    const length = STEPS.filter((one) => one / per <= 96).pop() || STEPS[0];
    write(length, length / per);
  }
}
