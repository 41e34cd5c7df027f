// Hexagons from cell ids: boundaries worked out here, once a cell, drawn one by one (one great path is eight times slower).

import { unitX, unitY } from "./mercator.js";
import { figure, token } from "./palette.js";
import { drawNumeral } from "./symbols.js";
import { HOUSE } from "./zoom.js";

const rings = new Map();      // cell → x, y … on the unit square, the centre last
const KEEP = 60_000;
let data = null;              // {resolution, cell[], level[], risk[], count[], worst[]}
let index = new Map();

function ringOf(cell) {
  let ring = rings.get(cell);
  if (!ring) {
    const edge = window.h3.cellToBoundary(cell);
    ring = new Float64Array(edge.length * 2 + 2);
    let cx = 0, cy = 0;
    edge.forEach(([lat, lng], i) => { cx += ring[2 * i] = unitX(lng); cy += ring[2 * i + 1] = unitY(lat); });
    ring[edge.length * 2] = cx / edge.length; ring[edge.length * 2 + 1] = cy / edge.length;
    if (rings.size > KEEP) rings.clear();
    rings.set(cell, ring);
  }
  return ring;
}

/** Takes columns of the API, or null. */
export function setCells(columns) {
  data = columns;
  index = new Map();
  if (data) data.cell.forEach((cell, i) => index.set(cell, i));
}

export const cellData = () => data;

/** What is known of a cell: {cell, level, risk, count, worst} or null. */
export function cellInfo(cell) {
  const i = index.get(cell);
  return i === undefined ? null : { cell, level: data.level[i], risk: data.risk[i], count: data.count[i], worst: data.worst[i] };
}

/** The cell under a point: its cell at resolution 9, then the parent, as the engine counts. */
export function cellAt(lat, lng, resolution) {
  const fine = window.h3.latLngToCell(lat, lng, 9);
  return resolution === 9 ? fine : window.h3.cellToParent(fine, resolution);
}

/** `show.levels`: those switched on, `show.opacity` a factor on the design's opacities. Returns how many were drawn. */
export function paintCells(g, at, show) {
  if (!data || !window.h3) return 0;
  const { scale, left, top, width, height } = at;
  const outline = at.zoom >= HOUSE;
  const alpha = [0, 1, 2, 3, 4].map((level) => figure(`--hex-a${level}`) * (show.opacity || 1));
  const colour = [0, 1, 2, 3, 4].map((level) => token(`--lv${level}`));
  let span = 0, drawn = 0;
  const numerals = [];
  for (let i = 0; i < data.cell.length; i++) {
    const level = data.level[i];
    if (!show.levels.has(level)) continue;
    const ring = ringOf(data.cell[i]), n = ring.length - 2;
    const cx = ring[n] * scale - left, cy = ring[n + 1] * scale - top;
    if (!span) {
      let low = 2, high = -1;
      for (let j = 1; j < n; j += 2) { low = Math.min(low, ring[j]); high = Math.max(high, ring[j]); }
      span = (high - low) * scale;
    }
    if (cx < -span || cy < -span || cx > width + span || cy > height + span) continue;
    drawn++;
    g.globalAlpha = alpha[level];
    g.fillStyle = colour[level];
    if (span < 4) { g.fillRect(cx - span / 2, cy - span / 2, span, span); continue; }
    g.beginPath();
    g.moveTo(ring[0] * scale - left, ring[1] * scale - top);
    for (let j = 2; j < n; j += 2) g.lineTo(ring[j] * scale - left, ring[j + 1] * scale - top);
    g.closePath();
    if (outline) { g.globalAlpha = 0.9; g.strokeStyle = colour[level]; g.lineWidth = level === 4 ? 1 : 2; g.stroke(); g.globalAlpha = alpha[level] * 0.16; g.fill(); }
    else { g.fill(); if (span > 9) { g.globalAlpha = 1; g.strokeStyle = token("--hex-edge"); g.lineWidth = 0.8; g.stroke(); } }
    if (span > 28) numerals.push(cx, cy, level, data.worst ? data.worst[i] : level);
  }
  g.globalAlpha = 1;
  for (let i = 0; i < numerals.length; i += 4) {
    const level = numerals[i + 2], worst = numerals[i + 3];
    if (level <= 3 && !outline) drawNumeral(g, numerals[i], numerals[i + 1], level, Math.min(18, span * 0.42));
    if (worst && worst < level && !outline) corner(g, numerals[i], numerals[i + 1], span, worst);
  }
  return drawn;
}

/** The worst part of a coarser cell: the top corner in that part's colour. */
function corner(g, x, y, span, level) {
  const top = y - span / 2, deep = span * 0.17;
  g.beginPath(); g.moveTo(x, top); g.lineTo(x + deep * 1.5, top + deep); g.lineTo(x - deep * 1.5, top + deep); g.closePath();
  g.fillStyle = token(`--lv${level}`); g.globalAlpha = 0.95; g.fill(); g.globalAlpha = 1;
}

/** The outline of one cell, hovered or selected. */
export function paintCellRing(g, at, cell, selected) {
  if (!window.h3) return;
  const ring = ringOf(cell), n = ring.length - 2;
  g.beginPath();
  for (let j = 0; j < n; j += 2) g[j ? "lineTo" : "moveTo"](ring[j] * at.scale - at.left, ring[j + 1] * at.scale - at.top);
  g.closePath();
  if (selected) { g.strokeStyle = token("--map-select-halo"); g.lineWidth = 6; g.stroke(); g.strokeStyle = token("--map-select"); g.lineWidth = 3; g.stroke(); }
  else { g.strokeStyle = token("--map-select"); g.lineWidth = 1.5; g.setLineDash([4, 3]); g.stroke(); g.setLineDash([]); }
}
