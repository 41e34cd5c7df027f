// The list of districts: chosen and sorted here, since all sixteen are at hand.

import * as catalogue from "../catalogue.js";
import { h, iconButton, mark } from "../dom.js";
import { count, decimal, levelName, percent } from "../format.js";
import { t } from "../i18n.js";
import { filtersOf, href } from "../state.js";
import { dot } from "./rows.js";

/** Districts under the state's filters, in its order; `view` is the map's box [w, s, e, n], used when only the view counts. */
export function chosen(s, view) {
  const levels = filtersOf(catalogue.DISTRICTS).level, words = s.q.toLowerCase().split(/\s+/).filter(Boolean);
  const key = s.sort.replace(/^-/, ""), sign = s.sort.startsWith("-") ? -1 : 1;
  const value = (item) => (item[key] === null || item[key] === undefined ? -Infinity : item[key]);
  const inside = ([lon, lat]) => lon >= view[0] && lon <= view[2] && lat >= view[1] && lat <= view[3];
  const named = (item) => words.every((word) => `${item.name}${item.name_en}${item.code}`.toLowerCase().includes(word));
  const worst = (a, b) => (a.shown || 9) - (b.shown || 9) || (b.d || 0) - (a.d || 0);
  const byKey = (a, b) => (value(a) > value(b) ? 1 : value(a) < value(b) ? -1 : 0) * sign;
  return catalogue.allDistricts().filter((item) => (!levels || levels.includes(item.shown || 0)) && named(item) && (!s.inView || inside(item.label)))
    .sort(["d", "t", "code"].includes(key) ? byKey : worst);
}

/** A district in the list of districts. */
export function districtRow(item, { open, go }) {
  return [mark(item.shown, "24", levelName(item.shown)),
    h("div", { class: "grow" }, h("a", { class: "t cut li-a", href: href({ district: item.code, id: null, cell: "", why: false }), onclick: open }, catalogue.districtName(item.code)),
      h("div", { class: "m cut" }, dot(levelName(item.shown), item.computed !== item.shown ? t("row.computed", { level: levelName(item.computed) }) : "", t("row.confidence", { letter: item.confidence || t("unknown") }), t("row.sources", { n: count(item.sources) })))),
    h("span", { class: "go" }, iconButton("goto", t("goto"), go, { class: "ib ib-s", tabindex: "-1" })),
    h("div", { class: "r" }, `D ${decimal(item.d)}`, h("br"), `T ${percent(item.t)}`)];
}
