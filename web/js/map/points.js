// Single records, clusters and facilities. One canvas for all layers; the pointer is answered from what was drawn.

import { unitX, unitY } from "./mercator.js";
import { font } from "./palette.js";
import { clusterRadius, drawCluster, drawFacility, drawMark, label } from "./symbols.js";
import { HOUSE, STREET, sizes } from "./zoom.js";

const layers = new Map();     // name → {items, byLevel, icon, order}
let drawn = [];               // {x, y, r, item, layer}

/** Takes the API's columns for a layer, or null to take it off. */
export function setPoints(name, columns, look) {
  if (!columns) { layers.delete(name); return; }
  const items = [];
  const { singles, clusters } = columns;
  for (let i = 0; i < singles.id.length; i++) {
    items.push({ id: singles.id[i], ux: unitX(singles.lon[i]), uy: unitY(singles.lat[i]), lon: singles.lon[i], lat: singles.lat[i], level: singles.level[i] || 0, name: singles.name[i] || "", n: 1 });
  }
  for (let i = 0; i < clusters.count.length; i++) {
    items.push({ cell: clusters.cell[i], ux: unitX(clusters.lon[i]), uy: unitY(clusters.lat[i]), lon: clusters.lon[i], lat: clusters.lat[i], levels: clusters.levels[i] || [], level: 0, name: "", n: clusters.count[i] });
  }
  layers.set(name, { items, byLevel: look.byLevel, icon: look.icon, order: look.order || 0 });
}

export const pointLayers = () => layers;
/** How many records of a layer are drawn, clusters counted whole. */
export const drawnCount = (name) => drawn.filter((hit) => hit.layer === name).reduce((sum, hit) => sum + hit.item.n, 0);
export const find = (name, id) => { const layer = layers.get(name); return layer ? layer.items.find((item) => item.id === id) : undefined; };

const meets = (a, b) => a[0] < b[2] && b[0] < a[2] && a[1] < b[3] && b[1] < a[3];

/** Clusters step aside for level Ⅰ and for each other, a little. */
function aside(spot, fixed) {
  for (let round = 0; round < 2; round++) {
    for (const other of fixed) {
      const need = spot.r + other.r, dx = spot.x - other.x, dy = spot.y - other.y;
      if (Math.abs(dx) >= need || Math.abs(dy) >= need) continue;
      const distance = Math.hypot(dx, dy);
      if (distance >= need) continue;
      const push = distance ? need / distance : 1;
      spot.x = other.x + (distance ? dx * push : need);
      spot.y = other.y + dy * (distance ? push : 1);
    }
  }
}

/**
 * Joins what would overlap: on a grid of `cell` pixels, counts and levels added up, the place their weighted middle. Selected records and
 * level Ⅰ stand apart. From zoom 17 on nothing is joined.
 */
function joined(hits, cell) {
  const bins = new Map();
  for (const hit of hits) {
    const key = `${hit.layer}/${Math.floor(hit.ux / cell)}/${Math.floor(hit.uy / cell)}`, bin = bins.get(key);
    if (bin) bin.push(hit); else bins.set(key, [hit]);
  }
  const out = [];
  for (const bin of bins.values()) {
    if (bin.length === 1) { out.push(bin[0]); continue; }
    let n = 0, x = 0, y = 0, lon = 0, lat = 0;
    const levels = [0, 0, 0, 0, 0], ids = [];
    for (const { item, x: hx, y: hy } of bin) {
      n += item.n; x += hx * item.n; y += hy * item.n; lon += item.lon * item.n; lat += item.lat * item.n;
      if (item.n === 1 && item.id !== undefined) { levels[item.level ? item.level - 1 : 4] += 1; ids.push(item.id); } else (item.levels || []).forEach((value, i) => { levels[i] += value; });
    }
    out.push({ x: x / n, y: y / n, r: 0, layer: bin[0].layer, item: { n, lon: lon / n, lat: lat / n, levels, ids, level: 0, name: "", cell: `j${bin[0].ux}/${bin[0].uy}` } });
  }
  return out;
}

/** `show.names`: write names where they fit, `show.chosen`: the selected record {layer, id}, never joined. Returns the boxes taken, so that district names keep clear. */
export function paintPoints(g, at, show) {
  const size = sizes(at.zoom), taken = [];
  drawn = [];
  // ux, uy: pixels of the whole world, so that bins stay where they are while panning
  const spot = (layer, item) => ({ ux: item.ux * at.scale, uy: item.uy * at.scale, x: item.ux * at.scale - at.left, y: item.uy * at.scale - at.top, r: 0, item, layer });
  const chosen = (hit) => show.chosen && hit.item.id === show.chosen.id && hit.layer === show.chosen.layer;
  const seen = (hit) => hit.x > -40 && hit.y > -40 && hit.x < at.width + 40 && hit.y < at.height + 40;
  const ordered = [...layers].sort((a, b) => b[1].order - a[1].order);
  const firsts = [], rest = [], squares = [], clusters = [], singles = [], join = at.zoom < 17;
  for (const [name, layer] of ordered) {
    for (const item of layer.items) {
      const hit = spot(name, item);
      if (!seen(hit)) continue;
      if (layer.byLevel && item.level === 1) { hit.r = size.first / 2; firsts.push(hit); }
      else if (chosen(hit) || !join) { if (layer.byLevel) (item.n > 1 ? clusters : singles).push(hit); else squares.push(hit); }
      else (layer.byLevel ? rest : squares).push(hit);
    }
  }
  const facilities = join ? joined(squares, size.facility * 2 + (at.zoom < STREET ? 24 : 6)) : squares;
  for (const hit of join ? joined(rest, at.zoom < STREET ? 72 : 40) : []) (hit.item.n > 1 ? clusters : singles).push(hit);
  for (const hit of facilities) hit.r = size.facility / 2;
  for (const hit of singles) hit.r = size.single / 2;
  for (const hit of clusters) hit.r = clusterRadius(hit.item.n, size.cluster);
  if (clusters.length < 600) { const fixed = [...firsts]; for (const hit of clusters) { aside(hit, fixed); fixed.push(hit); } }
  if (at.zoom < STREET && clusters.length + facilities.length < 900) {
    const fixed = [...firsts, ...clusters];                  // what is seen from afar stands about where it is: a square beside a ring, not under it
    for (const hit of facilities) { aside(hit, fixed); fixed.push(hit); }
  }
  for (const hit of facilities) { const layer = layers.get(hit.layer); drawFacility(g, hit.x, hit.y, layer.icon, size.facility, hit.item.n, at.ratio); }
  for (const hit of singles) drawMark(g, hit.x, hit.y, hit.item.level, size.single, at.ratio);
  for (const hit of clusters) drawCluster(g, hit.x, hit.y, hit.item.n, hit.item.levels, hit.r);
  for (const hit of firsts) drawMark(g, hit.x, hit.y, 1, size.first, at.ratio);
  drawn = [...facilities, ...singles, ...clusters, ...firsts];
  const own = drawn.findIndex(chosen);                       // the selected one lies on top
  if (own >= 0) {
    const [hit] = drawn.splice(own, 1), layer = layers.get(hit.layer);
    if (!layer.byLevel) drawFacility(g, hit.x, hit.y, layer.icon, size.facility, 1, at.ratio); else drawMark(g, hit.x, hit.y, hit.item.level, hit.r * 2, at.ratio);
    drawn.push(hit);
  }
  for (const hit of drawn) taken.push([hit.x - hit.r, hit.y - hit.r, hit.x + hit.r, hit.y + hit.r]);
  if (show.names && at.zoom >= STREET) names(g, at, taken, [...firsts, ...singles.filter((hit) => at.zoom >= HOUSE || hit.item.level === 2), ...facilities.filter((hit) => hit.item.n === 1)]);
  return taken;
}

function names(g, at, taken, hits) {
  g.font = font(12);
  let written = 0;
  for (const hit of hits) {
    if (written > 160 || !hit.item.name) continue;
    const text = hit.item.name.length > 16 ? `${hit.item.name.slice(0, 15)}…` : hit.item.name;
    const width = g.measureText(text).width + 4;
    const right = [hit.x + hit.r + 3, hit.y - 8, hit.x + hit.r + 3 + width, hit.y + 8];
    const left = [hit.x - hit.r - 3 - width, hit.y - 8, hit.x - hit.r - 3, hit.y + 8];
    const own = taken.findIndex((box) => box[0] === hit.x - hit.r && box[1] === hit.y - hit.r);
    const free = (box) => !taken.some((other, i) => i !== own && meets(box, other));
    const box = free(right) ? right : free(left) ? left : null;
    if (!box) continue;
    taken.push(box);
    written++;
    label(g, text, box === right ? box[0] : box[2], hit.y, 12, { align: box === right ? "left" : "right" });
    g.font = font(12);
  }
}

/** The topmost thing at a position of the frame. */
export function hitPoint(x, y, slack = 3) {
  for (let i = drawn.length - 1; i >= 0; i--) {
    const hit = drawn[i];
    if (Math.abs(hit.x - x) <= hit.r + slack && Math.abs(hit.y - y) <= hit.r + slack) return hit;
  }
  return null;
}

export const drawnAt = (name, id) => drawn.find((hit) => hit.layer === name && (hit.item.id === id || (hit.item.ids && hit.item.ids.includes(id))));
export const itemsOf = (name) => (layers.has(name) ? layers.get(name).items : []);
