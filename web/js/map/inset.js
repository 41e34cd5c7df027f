// The small picture of the six central districts that the far zoom cannot name.

import { paintBorders, paintGround } from "./ground.js";
import { paintDistrictLabels } from "./labels.js";
import { fitted, latOf, lonOf, unitX, unitY } from "./mercator.js";
import { figure } from "./palette.js";
import { districtAt } from "./ground.js";

const BOX = [116.09, 39.79, 116.60, 40.07];
const SIX = new Set(["110101", "110102", "110105", "110106", "110107", "110108"]);

/** Paints the inset of a view into its canvas. */
export function paintInset(canvas, view) {
  const ratio = Math.min(window.devicePixelRatio || 1, 2), width = canvas.clientWidth, height = canvas.clientHeight;
  if (!width || !height) return;
  canvas.width = width * ratio; canvas.height = height * ratio;
  const g = canvas.getContext("2d", { willReadFrequently: true });
  g.setTransform(ratio, 0, 0, ratio, 0, 0);
  const at = { ...fitted(BOX, width, height), ratio };
  const filled = paintGround(g, { ...at, zoom: 9 }, { fill: view.show.districts ? figure("--map-fill-a") : 0, levels: view.show.levels, tiles: false });
  paintBorders(g, at, filled, view.chosen.district);
  const items = view.labelItems.filter((item) => SIX.has(item.code)).map((item) => ({ ...item, area: 100 - Math.min(item.area, 99), pill: height > 150 && item.area < 100 ? item.pill : "" }));
  paintDistrictLabels(g, at, items, { size: 18 });
}

/** The district under a pointer in the inset, and the place. */
export function insetAt(canvas, event) {
  const box = canvas.getBoundingClientRect(), at = fitted(BOX, box.width, box.height);
  const x = (event.clientX - box.left + at.left) / at.scale, y = (event.clientY - box.top + at.top) / at.scale;
  const district = districtAt(x, y);
  return { code: district ? district.code : "", lon: lonOf(x), lat: latOf(y), inside: unitX(BOX[0]) <= x && unitY(BOX[3]) <= y };
}
export const INSET_BOX = BOX;
