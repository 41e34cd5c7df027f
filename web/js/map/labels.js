// Names and counts of districts: placed by size, moved a little or shrunk to a mark where two would collide, never below 12 px.

import { drawMark, drawPill, drawStrip, label, stripWidth } from "./symbols.js";
import { districtAt } from "./ground.js";
import { font } from "./palette.js";

const meets = (a, b) => a[0] < b[2] && b[0] < a[2] && a[1] < b[3] && b[1] < a[3];
const SHIFTS = [[0, 0], [0, -10], [0, 12], [-14, 0], [14, 0], [-16, -12], [16, 12], [-22, 8], [24, -8], [0, -22], [0, 24], [-30, 14], [30, -14], [30, 26], [-30, -20], [34, 6]];

/**
 * Draws what fits. `items`: {lon, lat, level, name, pill, pillLevel, badges, area, code}. Returns boxes {code, box} for the pointer.
 * `edge`: so many pixels at each side of the frame are out of sight. With `soft`, only the name in grey (when cells or sources are on the map).
 */
export function paintDistrictLabels(g, at, items, { size = 20, soft = false, shifts = SHIFTS, taken = [], only = null, edge = 0 } = {}) {
  const k = size / 20, placed = [], hits = [];
  const free = (box) => !placed.some((other) => meets(box, other)) && !taken.some((other) => meets(box, other));
  for (const item of [...items].sort((a, b) => b.area - a.area)) {
    if (only && !only.has(item.code)) continue;
    const x = at.x(item.lon), y = at.y(item.lat);
    if (x < -60 || y < -60 || x > at.width + 60 || y > at.height + 60) continue;
    g.font = font(soft ? 14 : Math.round(13 * k), true);
    const width = Math.max(g.measureText(item.name).width, size) + 4;
    if (soft) {
      const box = [x - width / 2, y - 9, x + width / 2, y + 9];
      if (!free(box)) continue;
      placed.push(box);
      label(g, item.name, x, y, 14, { bold: true, color: "--ink-2" });
      continue;
    }
    const pill = item.pill ? 20 * k : 0;
    const boxAt = (dx, dy) => [x + dx - width / 2, y + dy - 20 * k, x + dx + width / 2, y + dy + 22 * k + pill];
    const shift = shifts.find(([dx, dy]) => free(boxAt(dx * k, dy * k)) && item.room(at) > (k > 1.5 ? 14 : 30) * k);
    if (!shift) {
      const r = 8 * k, box = [x - r, y - r, x + r, y + r];
      placed.push(box); hits.push({ code: item.code, box });
      drawMark(g, x, y, item.level, Math.round(15 * k), at.ratio);
      continue;
    }
    const cx = x + shift[0] * k, cy = y + shift[1] * k, box = boxAt(shift[0] * k, shift[1] * k);
    placed.push(box); hits.push({ code: item.code, box });
    drawMark(g, cx, cy - 9 * k, item.level, size, at.ratio);
    label(g, item.name, cx, cy + 11 * k, Math.round(13 * k), { bold: true, halo: 3 * Math.max(1, k * 0.8) });
    if (item.pill) drawPill(g, cx, cy + 29 * k, item.pill, item.pillLevel, k);
  }
  if (!soft) for (const one of strips(g, at, items, hits, free, k, edge)) { placed.push(one.box); hits.push({ code: one.code, box: one.box }); }
  return hits;
}

/** Counts of facilities at the labels that have room for them, above, below or beside, all or as many as fit; never on another district. */
function* strips(g, at, items, hits, free, k, edge) {
  const named = new Map(items.map((item) => [item.code, item])), tall = 20 * k;
  const sight = ([l, t, r, b]) => l > edge && t > edge && r < at.width - edge && b < at.height - edge;
  const own = (code, x, y) => { const there = districtAt((x + at.left) / at.scale, (y + at.top) / at.scale); return !there || there.code === code; };
  for (const { code, box: [l, t, r, b] } of [...hits]) {
    const { badges = [] } = named.get(code);
    for (let n = badges.length; n; n--) {
      const some = badges.slice(0, n), w = stripWidth(g, some, k) + 2, x = (l + r) / 2, y = (t + b) / 2;
      const spots = [[x, t - tall / 2], [x, b + tall / 2], [r + w / 2 + 1, y], [l - w / 2 - 1, y]];
      const boxed = spots.map(([cx, cy]) => [cx - w / 2, cy - tall / 2, cx + w / 2, cy + tall / 2]);
      const i = boxed.findIndex((box, j) => free(box) && sight(box) && own(code, ...spots[j]));
      if (i < 0) continue;
      drawStrip(g, spots[i][0], spots[i][1], some, at.ratio, k);
      yield { code, box: boxed[i] };
      break;
    }
  }
}
