// Marks, clusters and facility squares on a canvas. Drawn once for a size and theme, then stamped.

import { dark, edge, font, token } from "./palette.js";
import { count as written } from "../format.js";

const SHAPE = ["M1.6 12a10.4 10.4 0 1 0 20.8 0a10.4 10.4 0 1 0-20.8 0z", "M12 1.4 22.6 12 12 22.6 1.4 12z", "M12 1.6 23 21.4H1z", "M3.2 2.2h17.6a1 1 0 0 1 1 1v17.6a1 1 0 0 1-1 1H3.2a1 1 0 0 1-1-1V3.2a1 1 0 0 1 1-1z",
  "M1.6 12a10.4 10.4 0 1 0 20.8 0a10.4 10.4 0 1 0-20.8 0z"].map((d) => new Path2D(d));
const NUMERALS = ["", "M12 8v8M10.1 8h3.8M10.1 16h3.8", "M10.5 11.8v6.4M13.5 11.8v6.4M8.9 11.8h6.2M8.9 18.2h6.2", "M8.6 8v8M12 8v8M15.4 8v8M6.8 8h10.4M6.8 16h10.4",
  "M8 8v8M6.6 8h2.8M6.6 16h2.8M11.4 8l2.8 8 2.8-8M10.3 8h2.2M15.9 8h2.2"].map((d) => new Path2D(d));
const HATCH = new Path2D("M4.5 15.5 15.5 4.5M6 19 19 6M10.5 20.5l10-10");

let stamps = new Map();
const pictures = new Map();
export const forgetStamps = () => { stamps = new Map(); };

function stamp(key, side, ratio, draw) {
  let canvas = stamps.get(key);
  if (!canvas) {
    canvas = document.createElement("canvas");
    canvas.width = canvas.height = Math.ceil(side * ratio);
    const g = canvas.getContext("2d", { willReadFrequently: true });
    g.scale(ratio, ratio);
    draw(g);
    stamps.set(key, canvas);
  }
  return canvas;
}

/** The shape of a level with its numeral (from 15 px on), centred at x, y. Level 0: 未评估. */
export function drawMark(g, x, y, level, size, ratio = 1) {
  const side = size + 4;
  const canvas = stamp(`m${level}/${size}/${ratio}/${dark()}`, side, ratio, (q) => {
    const k = size / 24;
    q.translate(2, 2);
    q.scale(k, k);
    q.lineJoin = "round";
    if (!level) {
      q.fillStyle = token("--surface"); q.fill(SHAPE[0]);
      q.strokeStyle = token("--ink-2"); q.lineWidth = 1.2 / Math.max(k, 0.6); q.stroke(HATCH);
      q.lineWidth = 1.75; q.setLineDash([3.6, 2.2]); q.stroke(SHAPE[0]);
      return;
    }
    q.fillStyle = token(`--lv${level}`); q.fill(SHAPE[level]);
    q.strokeStyle = edge(); q.lineWidth = size < 15 ? 1.2 / k : 1.5; q.stroke(SHAPE[level]);
    if (size < 15) return;
    q.strokeStyle = level === 1 || level === 4 ? "#fff" : token(`--on-lv${level}`); q.lineWidth = 1.7; q.stroke(NUMERALS[level]);
  });
  g.drawImage(canvas, x - side / 2, y - side / 2, side, side);
}

/** Only the numeral, for a cell. */
export function drawNumeral(g, x, y, level, size) {
  g.save();
  g.translate(x - size / 2, y - size / 2);
  g.scale(size / 24, size / 24);
  g.globalAlpha = 0.62;
  g.strokeStyle = token("--map-label");
  g.lineWidth = 1.8;
  g.stroke(NUMERALS[level]);
  g.restore();
}

/** White disc, ring of the shares of Ⅱ–Ⅳ, the count. `levels` are [Ⅰ, Ⅱ, Ⅲ, Ⅳ, none]. */
export function drawCluster(g, x, y, n, levels, r) {
  g.beginPath(); g.arc(x, y, r, 0, 2 * Math.PI);
  g.fillStyle = token("--surface"); g.fill();
  g.strokeStyle = edge(); g.lineWidth = 1; g.stroke();
  let angle = -Math.PI / 2;
  g.lineWidth = 4;
  for (const level of [1, 2, 3, 4]) {
    const share = (levels[level - 1] || 0) / n;
    if (!share) continue;
    g.beginPath(); g.arc(x, y, r - 3, angle, angle + share * 2 * Math.PI);
    g.strokeStyle = token(`--lv${level}`); g.stroke();
    angle += share * 2 * Math.PI;
  }
  g.beginPath(); g.arc(x, y, r - 5, 0, 2 * Math.PI);
  g.strokeStyle = edge(); g.lineWidth = 0.75; g.stroke();
  g.font = font(12, true); g.textAlign = "center"; g.textBaseline = "middle"; g.fillStyle = token("--ink");
  g.fillText(short(n), x, y + 0.5);
}

/** A count that fits a disc: 1,204 becomes 1.2k, 千 is not used on the map. */
export const short = (n) => (n < 1000 ? String(n) : n < 10000 ? `${(n / 1000).toFixed(1)}k` : `${Math.round(n / 1000)}k`);
export const clusterRadius = (n, [small, middle, large]) => (n < 10 ? small : n < 40 ? middle : n < 1000 ? large : large + 4);

/** Loads a layer's icon; `then` is called when it can be drawn. */
export function loadIcon(url, then) {
  if (pictures.has(url)) return;
  const image = new Image();
  pictures.set(url, null);
  image.onload = () => { pictures.set(url, image); then(); };
  image.src = url;
}

/** A layer's icon in the colour of labels, once it is loaded. */
function drawIcon(g, x, y, url, size, ratio) {
  const picture = pictures.get(url);
  if (!picture) return;
  const canvas = stamp(`i${url}/${size}/${ratio}/${dark()}`, size, ratio, (q) => {
    q.drawImage(picture, 0, 0, size, size);
    q.globalCompositeOperation = "source-in";
    q.fillStyle = token("--map-label"); q.fillRect(0, 0, size, size);
  });
  g.drawImage(canvas, x - size / 2, y - size / 2, size, size);
}

/** A facility: white rounded square with the layer's icon; `n` > 1 writes the count to its right. */
export function drawFacility(g, x, y, url, size, n = 1, ratio = 1) {
  const half = size / 2;
  round(g, x - half, y - half, size, size, 4);
  g.fillStyle = token("--surface"); g.fill();
  g.strokeStyle = token("--map-city"); g.lineWidth = 1.25; g.stroke();
  drawIcon(g, x, y, url, size - 6, ratio);
  if (n > 1) label(g, written(n), x + half + 4, y, 12, { align: "left" });
}

export function round(g, x, y, w, h, r) {
  g.beginPath();
  g.moveTo(x + r, y);
  g.arcTo(x + w, y, x + w, y + h, r); g.arcTo(x + w, y + h, x, y + h, r); g.arcTo(x, y + h, x, y, r); g.arcTo(x, y, x + w, y, r);
  g.closePath();
}

/** Text with a halo. */
export function label(g, text, x, y, px, { bold = false, align = "center", color = "--map-label", halo = 3 } = {}) {
  g.font = font(px, bold); g.textAlign = align; g.textBaseline = "middle"; g.lineJoin = "round";
  g.strokeStyle = token("--map-halo"); g.lineWidth = halo; g.strokeText(text, x, y);
  g.fillStyle = token(color); g.fillText(text, x, y);
}

/** A white pill with a small mark (level ≥ 1) and a count. Returns its width. */
export function drawPill(g, x, y, text, level = 0, k = 1) {
  g.font = font(12 * k);
  const mark = level ? 14 * k : 0, w = g.measureText(text).width + 14 * k + mark;
  round(g, x - w / 2, y - 9 * k, w, 18 * k, 9 * k);
  g.fillStyle = token("--surface"); g.fill();
  g.strokeStyle = token("--map-border"); g.lineWidth = 1; g.stroke();
  if (level) drawMark(g, x - w / 2 + 11 * k, y, level, Math.round(9 * k));
  g.textAlign = "center"; g.textBaseline = "middle"; g.fillStyle = token("--ink");
  g.fillText(text, x + mark / 2, y + 0.5);
  return w;
}

const GAP = 8;                // between two counts of a strip, and half of it at both ends

/** Width of a strip of counts in CSS pixels. `badges`: {icon, text}. */
export function stripWidth(g, badges, k = 1) {
  g.font = font(12 * k);
  return badges.reduce((sum, one) => sum + (16 + GAP) * k + g.measureText(one.text).width, 0);
}

/** A strip of counts, each behind its layer's icon, in the middle of x, y; 18 px high. */
export function drawStrip(g, x, y, badges, ratio, k = 1) {
  const w = stripWidth(g, badges, k);
  round(g, x - w / 2, y - 9 * k, w, 18 * k, 4 * k);
  g.fillStyle = token("--surface"); g.fill();
  g.strokeStyle = token("--map-border"); g.lineWidth = 1; g.stroke();
  let left = x - w / 2 + (GAP / 2) * k;
  for (const one of badges) {
    drawIcon(g, left + 7 * k, y, one.icon, Math.round(13 * k), ratio);
    g.font = font(12 * k); g.textAlign = "left"; g.textBaseline = "middle"; g.fillStyle = token("--ink");
    g.fillText(one.text, left + 16 * k, y + 0.5);
    left += (16 + GAP) * k + g.measureText(one.text).width;
  }
}

export function drawRing(g, x, y, r, selected) {
  g.beginPath(); g.arc(x, y, r, 0, 2 * Math.PI);
  if (selected) {
    g.strokeStyle = token("--map-select-halo"); g.lineWidth = 7; g.stroke();
    g.strokeStyle = token("--map-select"); g.lineWidth = 3; g.stroke();
  } else {
    g.setLineDash([4, 3]); g.strokeStyle = token("--map-select"); g.lineWidth = 2; g.stroke(); g.setLineDash([]);
  }
}
