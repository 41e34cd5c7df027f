// Two pictures: a value between its borders, and a value over time with the bands of its levels behind.

import { h, mark, svg } from "../dom.js";
import { NUMERAL, decimal, levelName, percent } from "../format.js";
import { t } from "../i18n.js";

const words = (kind, value) => (kind === "T" ? percent(value) : decimal(value));
const plain = (kind, value) => (kind === "T" ? `${Number((value * 100).toPrecision(3))}%` : String(value));

/** The level of a value by its borders [Ⅰ, Ⅱ, Ⅲ] (worst first). */
export const levelOf = (value, borders) => (value === null || value === undefined ? 0 : value >= borders[0] ? 1 : value >= borders[1] ? 2 : value >= borders[2] ? 3 : 4);

/** Where a value stands on four equal bands, in percent from the left (Ⅳ … Ⅰ); each band is linear inside. */
export function position(value, borders) {
  const edges = [0, borders[2], borders[1], borders[0], borders[0] * 1.8];
  let band = 0;
  while (band < 3 && value >= edges[band + 1]) band++;
  const share = (value - edges[band]) / (edges[band + 1] - edges[band]);
  return Math.min(99, 25 * band + 25 * Math.max(0, Math.min(1, share)));
}

const at = (node, left) => { node.style.left = `${left}%`; return node; };

/** The border bar: bands, border values, the value over them. `before` marks an older value. */
export function borderBar(kind, value, borders, before = null) {
  const level = levelOf(value, borders), known = value !== null && value !== undefined;
  const marker = (text, left, old) => { const node = at(h("span", { class: old ? "brd-m is-old" : "brd-m" }, old ? null : h("b", {}, text)), left); const b = node.querySelector("b"); if (b && left < 9) b.style.transform = "translateX(-30%)"; if (b && left > 91) b.style.transform = "translateX(-70%)"; return node; };
  return h("div", { class: "x-one" },
    h("div", { class: "row" }, h("b", { class: "t13 b" }, t(`why.${kind.toLowerCase()}`)), h("span", { class: "end" }, h("span", { class: "lvt" }, mark(level, "16"), h("span", {}, levelName(level))))),
    h("div", { class: "brd", role: "img", "aria-label": t("brd.label", { kind, value: words(kind, value), level: levelName(level) }) },
      h("div", { class: "brd-t" }, h("i"), h("i"), h("i"), h("i")),
      [4, 3, 2, 1].map((one, i) => at(h("span", { class: `brd-l brd-l${i + 1}`, "aria-hidden": "true" }, NUMERAL[one]), 12.5 + 25 * i)),
      [borders[2], borders[1], borders[0]].map((edge, i) => at(h("span", { class: "brd-n", "aria-hidden": "true" }, plain(kind, edge)), 25 * (i + 1))),
      before !== null && known ? marker("", position(before, borders), true) : null,
      known ? marker(words(kind, value), position(value, borders), false) : null));
}

/** What a value lacks or exceeds to its borders, in words. */
export function gap(kind, value, borders) {
  if (value === null || value === undefined) return "";
  const level = levelOf(value, borders), up = level > 1 ? borders[level - 2] : null, down = level < 4 ? borders[level - 1] : null;
  const amount = (x) => (kind === "T" ? t("points", { n: decimal(x * 100) }) : decimal(x));
  return [up !== null ? t("gap.up", { level: NUMERAL[level - 1], n: amount(up - value) }) : "", down !== null ? t("gap.down", { level: NUMERAL[level], n: amount(value - down) }) : ""].filter(Boolean).join(" ");
}

/** A curve over closings: {on, value}[]. Bands of the levels lie behind, borders are dashed lines with their numeral. */
export function curve(kind, points, borders, { width = 344, height = 128 } = {}) {
  const left = 44, right = 10, top = 12, bottom = 22, known = points.filter((one) => one.value !== null && one.value !== undefined);
  const box = svg("svg", { class: "x-tr", viewBox: `0 0 ${width} ${height}`, role: "img", "aria-label": known.length ? t("curve.label", { kind, from: known[0].on, a: words(kind, known[0].value), to: known[known.length - 1].on, b: words(kind, known[known.length - 1].value) }) : t("curve.none") });
  if (!known.length) { box.append(svg("text", { x: width / 2, y: height / 2, class: "trt trm" }, t("curve.none"))); return box; }
  const values = known.map((one) => one.value), low = Math.min(...values), high = Math.max(...values), room = Math.max((high - low) * 0.35, high * 0.08, 1e-6);
  const min = Math.max(0, low - room), max = high + room;
  const X = (i) => left + (known.length === 1 ? 0.5 : i / (known.length - 1)) * (width - left - right - 6) + 3, Y = (v) => top + (1 - (v - min) / (max - min)) * (height - top - bottom);
  const edges = [Infinity, ...borders, 0];
  for (let level = 1; level <= 4; level++) {
    const upper = Math.min(max, edges[level - 1]), lower = Math.max(min, edges[level]);
    if (upper <= lower) continue;
    box.append(svg("rect", { x: left, y: Y(upper), width: width - left - right, height: Y(lower) - Y(upper), class: `trb${level}` }));
    box.append(svg("text", { x: left + 6, y: Math.min(Y(lower) - 4, Y(upper) + 14), class: "trt" }, levelName(level)));
    if (level < 4 && edges[level] > min) box.append(svg("path", { class: "trl", d: `M${left} ${Y(edges[level])}H${width - right}` }), svg("text", { x: left - 5, y: Y(edges[level]) + 4, class: "trt tre" }, plain(kind, edges[level])));
  }
  box.append(svg("text", { x: left - 5, y: Y(max) + 8, class: "trt tre" }, words(kind, max)), svg("text", { x: left - 5, y: Y(min), class: "trt tre" }, words(kind, min)));
  box.append(svg("path", { class: "trp", d: `M${known.map((one, i) => `${X(i).toFixed(1)} ${Y(one.value).toFixed(1)}`).join("L")}` }));
  known.forEach((one, i) => {
    if (known.length <= 30 || i === known.length - 1) box.append(svg("circle", { cx: X(i), cy: Y(one.value), r: i === known.length - 1 ? 4 : 2, class: one.demo ? "trd is-demo" : "trd" }, svg("title", {}, `${one.on} ${words(kind, one.value)}${one.demo ? ` ${t("demo")}` : ""}`)));
  });
  const step = Math.max(1, Math.ceil(known.length / 6));
  known.forEach((one, i) => { if ((known.length - 1 - i) % step === 0) box.append(svg("text", { x: X(i), y: height - 6, class: i === known.length - 1 ? "trt tre" : "trt trm" }, one.on.slice(2, 7))); });
  return box;
}
