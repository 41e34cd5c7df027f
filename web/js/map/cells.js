// Hexagons from cell ids. h3 tells the middle of each; the six corners around it are the same for all cells of a neighbourhood, to a
// thousandth of their size, and are asked for once. Large ones are drawn as paths one by one (one great path is eight times slower), small
// ones pixel by pixel.

import { unitX, unitY } from "./mercator.js";
import { figure, token } from "./palette.js";
import { drawNumeral } from "./symbols.js";
import { HOUSE } from "./zoom.js";

const SMALL = 9;              // CSS pixels from top to bottom: below, neither an edge nor a numeral would be seen
let data = null;              // {resolution, cell[], level[], risk[], count[], worst[]}
let index = new Map();
let order = [];               // positions by level, Ⅰ last and so on top
let middles = new Float64Array(0);   // x, y of each cell on the unit square, NaN until first needed
let kin = new Int32Array(0);         // the neighbourhood of each, into `corners`
const corners = [];           // of a neighbourhood: six x, y from the middle, on the unit square
const hoods = new Map();      // beginning of a cell id → position in `corners`
let coming = null;

/** h3-js is large and only cells need it: it is asked for when the first of them is wanted. */
export function loadH3() {
  if (window.h3) return Promise.resolve();
  coming = coming || new Promise((done, failed) => {
    const script = document.createElement("script");
    script.src = "/static/vendor/h3-js/h3-js.umd.js";
    script.onload = done; script.onerror = () => { coming = null; failed(new Error("h3-js")); };
    document.head.append(script);
  });
  return coming;
}

/** Corners of one cell, exactly: x, y … on the unit square. */
function ringOf(cell) {
  const edge = window.h3.cellToBoundary(cell), ring = new Float64Array(edge.length * 2);
  edge.forEach(([lat, lng], i) => { ring[2 * i] = unitX(lng); ring[2 * i + 1] = unitY(lat); });
  return ring;
}

/** Works out where the cell at a position is. An id's first eight signs name a neighbourhood some kilometres wide. */
function place(i) {
  const cell = data.cell[i], [lat, lng] = window.h3.cellToLatLng(cell), x = unitX(lng), y = unitY(lat), key = cell.slice(0, 8);
  let hood = hoods.get(key);
  if (hood === undefined) {
    hood = corners.push(ringOf(cell).map((value, j) => value - (j % 2 ? y : x))) - 1;
    hoods.set(key, hood);
  }
  middles[2 * i] = x; middles[2 * i + 1] = y; kin[i] = hood;
}

/** Takes columns of the API, or null. They are drawn level by level, so that a colour is set once and not once a cell. */
export function setCells(columns) {
  const before = { index, middles, kin };
  data = columns;
  index = new Map();
  order = [];
  if (!data) return;
  const n = data.cell.length;
  middles = new Float64Array(2 * n).fill(NaN); kin = new Int32Array(n);
  for (let i = 0; i < n; i++) {
    const cell = data.cell[i], old = before.index.get(cell);
    if (old !== undefined) { middles[2 * i] = before.middles[2 * old]; middles[2 * i + 1] = before.middles[2 * old + 1]; kin[i] = before.kin[old]; }
    index.set(cell, i);
  }
  for (const level of [4, 3, 2, 1, 0]) for (let i = 0; i < n; i++) if ((data.level[i] || 0) === level) order.push(i);
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
  if (!data || !window.h3 || !order.length) return 0;
  const { scale, left, top, width, height } = at;
  const alpha = [0, 1, 2, 3, 4].map((level) => figure(`--hex-a${level}`) * (show.opacity || 1));
  const colour = [0, 1, 2, 3, 4].map((level) => token(`--lv${level}`));
  for (const i of order) if (Number.isNaN(middles[2 * i])) place(i);
  const [low, high] = heights(corners[kin[order[0]]]), span = (high - low) * scale;
  const seen = order.filter((i) => {
    const x = middles[2 * i] * scale - left, y = middles[2 * i + 1] * scale - top;
    return show.levels.has(data.level[i]) && x > -span && y > -span && x < width + span && y < height + span;
  });
  if (span < SMALL) paintSmall(g, at, seen, colour, alpha); else paintLarge(g, at, seen, colour, alpha, span);
  return seen.length;
}

/** The least and the greatest y of a ring. */
function heights(ring) {
  let low = Infinity, high = -Infinity;
  for (let j = 1; j < ring.length; j += 2) { low = Math.min(low, ring[j]); high = Math.max(high, ring[j]); }
  return [low, high];
}

function paintLarge(g, at, seen, colour, alpha, span) {
  const { scale, left, top } = at, outline = at.zoom >= HOUSE, edge = token("--hex-edge"), numerals = [];
  const scaled = new Map();
  let last = -1;
  g.lineWidth = 0.8;
  for (const i of seen) {
    const level = data.level[i], cx = middles[2 * i] * scale - left, cy = middles[2 * i + 1] * scale - top;
    let ring = scaled.get(kin[i]);
    if (!ring) { ring = corners[kin[i]].map((value) => value * scale); scaled.set(kin[i], ring); }
    if (level !== last) {
      last = level;
      g.fillStyle = colour[level]; g.globalAlpha = alpha[level] * (outline ? 0.16 : 1);
      if (outline) { g.strokeStyle = colour[level]; g.lineWidth = level === 4 ? 1 : 2; } else g.strokeStyle = edge;
    }
    g.beginPath();
    g.moveTo(cx + ring[0], cy + ring[1]);
    for (let j = 2; j < ring.length; j += 2) g.lineTo(cx + ring[j], cy + ring[j + 1]);
    g.closePath();
    g.fill();
    const own = g.globalAlpha;
    g.globalAlpha = outline ? 0.9 : 1; g.stroke(); g.globalAlpha = own;
    if (span > 28) numerals.push(cx, cy, level, data.worst ? data.worst[i] : level);
  }
  g.globalAlpha = 1;
  for (let i = 0; i < numerals.length; i += 4) {
    const level = numerals[i + 2], worst = numerals[i + 3];
    if (level <= 3 && !outline) drawNumeral(g, numerals[i], numerals[i + 1], level, Math.min(18, span * 0.42));
    if (worst && worst < level && !outline) corner(g, numerals[i], numerals[i + 1], span, worst);
  }
}

/** Colour and opacity as one number of an image's memory. */
function paint(g, colour, alpha) {
  g.fillStyle = colour;                                      // whatever the style sheet says comes back as #rrggbb
  const bytes = [1, 3, 5].map((at) => parseInt(g.fillStyle.slice(at, at + 2), 16));
  return new Uint32Array(new Uint8ClampedArray([...bytes, Math.round(255 * alpha)]).buffer)[0];
}

/** Small hexagons: a pixel of the screen is of the one hexagon that its middle lies in. Five times quicker than paths, and without seams. */
function paintSmall(g, at, seen, colour, alpha) {
  const wide = g.canvas.width, tall = g.canvas.height, scale = at.scale * at.ratio, left = at.left * at.ratio, top = at.top * at.ratio;
  const image = g.createImageData(wide, tall), pixels = new Uint32Array(image.data.buffer);
  const inks = colour.map((one, level) => paint(g, one, alpha[level])), scaled = new Map();
  for (const i of seen) {
    let hood = scaled.get(kin[i]);
    if (!hood) { const ring = corners[kin[i]].map((value) => value * scale); hood = { ring, reach: heights(ring) }; scaled.set(kin[i], hood); }
    const { ring, reach: [low, high] } = hood, cx = middles[2 * i] * scale - left, cy = middles[2 * i + 1] * scale - top, ink = inks[data.level[i]];
    const end = Math.min(tall, Math.ceil(cy + high - 0.5));
    for (let y = Math.max(0, Math.ceil(cy + low - 0.5)); y < end; y++) {
      const across = y + 0.5 - cy;
      let from = Infinity, to = -Infinity;
      for (let j = 0, k = ring.length - 2; j < ring.length; k = j, j += 2) {
        if ((ring[k + 1] <= across) === (ring[j + 1] <= across)) continue;
        const x = ring[k] + ((across - ring[k + 1]) / (ring[j + 1] - ring[k + 1])) * (ring[j] - ring[k]);
        if (x < from) from = x;
        if (x > to) to = x;
      }
      const first = Math.max(0, Math.ceil(cx + from - 0.5)), stop = Math.min(wide, Math.ceil(cx + to - 0.5));
      if (first < stop) pixels.fill(ink, y * wide + first, y * wide + stop);
    }
  }
  g.putImageData(image, 0, 0);
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
  const ring = ringOf(cell);
  g.beginPath();
  for (let j = 0; j < ring.length; j += 2) g[j ? "lineTo" : "moveTo"](ring[j] * at.scale - at.left, ring[j + 1] * at.scale - at.top);
  g.closePath();
  if (selected) { g.strokeStyle = token("--map-select-halo"); g.lineWidth = 6; g.stroke(); g.strokeStyle = token("--map-select"); g.lineWidth = 3; g.stroke(); }
  else { g.strokeStyle = token("--map-select"); g.lineWidth = 1.5; g.setLineDash([4, 3]); g.stroke(); g.setLineDash([]); }
}
