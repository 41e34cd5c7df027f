// Land, water and districts: the basemap the product owns, and the districts in their colours.

import { inFrame, inside, shapeOf, trace, traceSoft } from "./mercator.js";
import { figure, token } from "./palette.js";
import { FAR } from "./zoom.js";

/** @type {{code: string, shape: object, level: number, name: string}[]} level 0: 未评估 */
let districts = [];
let water = [];
const hatches = new Map();

export function setOutlines(collection) {
  districts = collection.features.map((feature) => ({
    code: String(feature.properties.code || feature.id), name: feature.properties.name || "", level: 0, shape: shapeOf(feature.geometry),
  }));
}

export function setWater(collection) { water = (collection.features || []).map((feature) => shapeOf(feature.geometry)); }
export function setLevels(levels) { for (const item of districts) item.level = levels.get(item.code) || 0; }
export const outlines = () => districts;
export const districtAt = (x, y) => districts.find((item) => inside(item.shape, x, y));
export const forgetHatches = () => hatches.clear();

function hatch(g, colour, gap, width, ratio) {
  const key = `${colour}/${gap}/${ratio}`;
  if (!hatches.has(key)) {
    const tile = document.createElement("canvas");
    tile.width = tile.height = Math.round(gap * ratio);
    const q = tile.getContext("2d", { willReadFrequently: true });
    q.scale(tile.width / gap, tile.width / gap);
    q.strokeStyle = colour; q.lineWidth = width; q.beginPath();
    for (let i = -1; i < 2; i++) { q.moveTo(i * gap - 1, gap + 1); q.lineTo(i * gap + gap + 1, -1); }
    q.stroke();
    hatches.set(key, { tile, scale: gap / tile.width });
  }
  const { tile, scale } = hatches.get(key);
  const pattern = g.createPattern(tile, "repeat");
  pattern.setTransform(new DOMMatrix().scale(scale));
  return pattern;
}

/**
 * Paints the ground. `show.fill`: districts in colour (opacity 0..1), `show.levels`: those switched on, `show.tiles`: a tile basemap lies
 * below, so land and water are left to it.
 */
export function paintGround(g, at, show) {
  const seen = districts.filter((item) => inFrame(at, item.shape.box, 4));
  const k = show.k || 1;
  if (!show.tiles) {
    g.fillStyle = token("--map-out"); g.fillRect(0, 0, at.width, at.height);
    g.fillStyle = token("--map-land"); g.beginPath();
    for (const item of seen) trace(g, at, item.shape);
    g.fill("evenodd");
  }
  const filled = show.fill > 0 && at.zoom <= (show.far || FAR);
  if (filled) {
    for (const item of seen) {
      if (!show.levels.has(item.level)) continue;
      g.beginPath(); trace(g, at, item.shape);
      if (item.level) { g.globalAlpha = show.fill; g.fillStyle = token(`--lv${item.level}`); }
      else { g.globalAlpha = 1; g.fillStyle = hatch(g, token("--line-strong"), 7 * k, 1.2 * k, at.ratio); }
      g.fill("evenodd");
      g.globalAlpha = 1;
    }
  }
  if (!show.tiles) {
    g.fillStyle = token("--map-water"); g.strokeStyle = token("--map-water-edge"); g.lineWidth = 0.75 * k;
    g.globalAlpha = filled ? figure("--map-water-a") : 1;
    g.beginPath();
    for (const shape of water) if (inFrame(at, shape.box) && (shape.box[2] - shape.box[0]) * at.scale > 1.5) traceSoft(g, at, shape);
    g.fill("evenodd"); g.stroke();
    g.globalAlpha = 1;
  }
  return filled;
}

/** Outlines, over cells. `chosen`: the selected district's code. */
export function paintBorders(g, at, filled, chosen, k = 1) {
  const seen = districts.filter((item) => inFrame(at, item.shape.box, 8));
  g.lineJoin = "round";
  g.beginPath();
  for (const item of seen) trace(g, at, item.shape);
  if (filled) { g.strokeStyle = token("--map-fill-edge"); g.lineWidth = 1.1 * k; g.globalAlpha = 0.85; }
  else { g.strokeStyle = token("--map-border"); g.lineWidth = 1.25 * k; g.globalAlpha = 0.8; g.setLineDash([7, 3, 2, 3]); }
  g.stroke(); g.setLineDash([]); g.globalAlpha = 1;
  const one = seen.find((item) => item.code === chosen);
  if (!one) return;
  g.beginPath(); trace(g, at, one.shape);
  g.strokeStyle = token("--map-select-halo"); g.lineWidth = 6 * k; g.stroke();
  g.strokeStyle = token("--map-select"); g.lineWidth = 3 * k; g.stroke();
}
