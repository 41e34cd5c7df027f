// The short card of a district and of a cell; the long one is why.js.

import * as catalogue from "../catalogue.js";
import { h, icon, mark } from "../dom.js";
import { count, decimal, levelName, percent } from "../format.js";
import { half, t } from "../i18n.js";
import { set } from "../state.js";
import { borderBar } from "./charts.js";

const bars = (parts) => h("div", { class: "x-three" }, [["h", parts.h], ["e", parts.e], ["k", parts.k]].map(([key, value]) =>
  h("div", { class: "fac3" }, h("div", { class: "row" }, h("span", {}, t(`part.${key}`)), h("b", { class: "end" }, decimal(value, 3))), meter(value, key === "k" ? "a" : ""))));

/** A bar of a share of one; unknown is empty and said so. */
export function meter(share, tone = "") {
  const fill = h("i", { class: tone || null });
  fill.style.width = `${Math.max(0, Math.min(1, share || 0)) * 100}%`;
  return h("div", { class: "bar", role: "img", "aria-label": percent(share, 1) }, fill);
}
export { bars as partBars };

export function districtBody(grade) {
  if (!grade.shown) return [h("div", { class: "ban ban-note" }, icon("info"), h("span", {}, reason(grade))), facts(grade)];
  return [
    grade.difference && grade.difference.length ? h("div", { class: "ban ban-warn" }, icon("warn"), h("span", {}, t("why.differs", { computed: levelName(grade.computed), shown: levelName(grade.shown) }), " ", grade.difference.map((one) => half(one.text)).join("；"))) : null,
    (grade.restored || []).map((one) => h("div", { class: "ban ban-good" }, icon("ok"), h("span", {}, half(one.text)))),
    h("div", { class: "x-mini" }, borderBar("T", grade.t, grade.borders.t), borderBar("D", grade.d, grade.borders.d)),
    facts(grade)];
}

/** Why a district is 未评估: the rule that says so, and that it is not low. */
export const reason = (grade) => [...(grade.difference || []).map((one) => half(one.text)), t("unassessed")].join("；");

function facts(grade) {
  const rank = grade.rank || {}, confidence = grade.confidence || {};
  return h("dl", { class: "kv kv-1" },
    h("dt", {}, t("why.computed")), h("dd", {}, levelName(grade.computed)),
    h("dt", {}, t("why.rank")), h("dd", {}, rankText(rank)),
    h("dt", {}, t("why.confidence")), h("dd", {}, confidence.letter ? `${confidence.letter} · ${percent(confidence.share, 0)}` : t("unknown")),
    h("dt", {}, t("residents")), h("dd", {}, grade.residents ? [count(Math.round(grade.residents.count)), half(grade.residents.source), grade.residents.valid_on].filter(Boolean).join(" · ") : t("unknown")));
}

export const rankText = (rank) => (rank && rank.city ? t("why.rank.of", { zone: rank.zone, zoneOf: rank.zone_of, city: rank.city, cityOf: rank.city_of }) : t("unknown"));

export const districtFoot = (code, grade) => h("div", { class: "rec-f" },
  h("button", { type: "button", class: "btn btn-main", onclick: () => set({ why: true }) }, t("why.open", { level: levelName(grade.shown).split(" ")[0] })),
  h("button", { type: "button", class: "btn", onclick: () => { const list = catalogue.defaultList(); set({ list, sort: "", filters: { [list]: { district: [code] } }, district: "" }); } }, t("why.sources")));

export function cellBody(cell) {
  const parts = cell.parts || {};
  return [h("dl", { class: "kv kv-1" },
    h("dt", {}, "ρ"), h("dd", {}, decimal(cell.risk, 1)),
    cell.residents === undefined ? null : [h("dt", {}, t("residents")), h("dd", {}, cell.residents === null ? t("unknown") : count(Math.round(cell.residents)))],
    h("dt", {}, t("cell.sources")), h("dd", {}, count(cell.sources)),
    cell.occupants ? [h("dt", {}, t("cell.occupants")), h("dd", {}, count(Math.round(cell.occupants)))] : null,
    cell.floor ? [h("dt", {}, t("cell.floor")), h("dd", {}, t("cell.floor.text"))] : null,
    cell.worst && cell.worst < cell.level ? [h("dt", {}, t("cell.worst")), h("dd", {}, levelName(cell.worst))] : null),
  parts.h !== undefined && parts.h !== null ? bars(parts) : null,
  cell.contributors && cell.contributors.length ? h("div", {}, h("h3", {}, t("why.contributors")), cell.contributors.map(contributor)) : h("p", { class: "t13 c2" }, t(cell.coarse ? "cell.coarse" : "cell.neighbour"))];
}

/** One source of an area's risk; its name opens its card. */
export const contributor = (one) => h("button", { type: "button", class: "nb-li", onclick: () => set({ id: { layer: one.layer, id: one.id }, cell: "", why: false }) },
  mark(one.level, "16", levelName(one.level)), h("span", { class: "grow cut" }, one.name || t("noname")), h("span", { class: "num" }, percent(one.share, 1)));

/** Ways on from a cell: nearer, or to its districts. `go` zooms to it. */
export const cellFoot = (cell, go) => h("div", { class: "rec-f" }, h("button", { type: "button", class: cell.coarse ? "btn btn-main" : "btn", onclick: go }, t("cell.zoom")),
  (cell.districts || []).filter((one) => one.code !== "000000").map((one) => h("button", { type: "button", class: "btn btn-quiet", onclick: () => set({ cell: "", district: one.code }) }, catalogue.districtName(one.code))));
