// Hexagons from cell ids: boundaries worked out here, once a cell, drawn one by one (one great path is eight times slower).

import { unitX, unitY } from "./mercator.js";
import { figure, token } from "./palette.js";
import { drawNumeral } from "./symbols.js";
import { HOUSE } from "./zoom.js";

const rings = new Map();      // cell → x, y … on the unit square, the centre last
const KEEP = 60000;
let data = null;              // {resolution, cell[], level[], risk[], count[], worst[]}
let index = new Map();
let order = [];               // positions by level, Ⅰ last and so on top
let shapes = [];              // rings in that order, as they are first needed

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

/** Takes columns of the API, or null. They are drawn level by level, so that a colour is set once and not once a cell. */
export function setCells(columns) {
  data = columns;
  index = new Map();
  order = [];
  shapes = [];
  if (!data) return;
  data.cell.forEach((cell, i) => { index.set(cell, i); order.push(i); });
  order.sort((a, b) => data.level[b] - data.level[a]);
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
  const edge = token("--hex-edge"), numerals = [];
  let span = 0, drawn = 0, last = -1;
  g.lineWidth = 0.8;
  for (let k = 0; k < order.length; k++) {
    const i = order[k], level = data.level[i];
    if (!show.levels.has(level)) continue;
    const ring = shapes[k] || (shapes[k] = ringOf(data.cell[i])), n = ring.length - 2;
    const cx = ring[n] * scale - left, cy = ring[n + 1] * scale - top;
    if (!span) {
      let low = 2, high = -1;
      for (let j = 1; j < n; j += 2) { low = Math.min(low, ring[j]); high = Math.max(high, ring[j]); }
      span = (high - low) * scale;
    }
    if (cx < -span || cy < -span || cx > width + span || cy > height + span) continue;
    drawn++;
    if (level !== last) {
      last = level;
      g.fillStyle = colour[level]; g.globalAlpha = alpha[level] * (outline ? 0.16 : 1);
      if (outline) { g.strokeStyle = colour[level]; g.lineWidth = level === 4 ? 1 : 2; } else g.strokeStyle = edge;
    }
    if (span < 4) { g.fillRect(cx - span / 2, cy - span / 2, span, span); continue; }
    g.beginPath();
    g.moveTo(ring[0] * scale - left, ring[1] * scale - top);
    for (let j = 2; j < n; j += 2) g.lineTo(ring[j] * scale - left, ring[j + 1] * scale - top);
    g.closePath();
    g.fill();
    if (span > 9) { const own = g.globalAlpha; g.globalAlpha = outline ? 0.9 : 1; g.stroke(); g.globalAlpha = own; }
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
