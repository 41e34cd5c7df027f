// 定级说明卡: the answer, its arithmetic, then what to do. One page over the map, with its own address.

import { get as fetchJson, stopped } from "../api.js";
import * as catalogue from "../catalogue.js";
import { $, clear, h, icon, mark } from "../dom.js";
import { NUMERAL, count, decimal, fine, known, levelName, percent, signed } from "../format.js";
import { half, t } from "../i18n.js";
import { get as state, set } from "../state.js";
import { meter, partBars, rankText, reason } from "./areas.js";
import { methodName } from "./card.js";
import { borderBar, curve, gap, levelOf } from "./charts.js";
import { copy, skeleton, wrong } from "./notice.js";
import { whatIf } from "./whatif.js";

let opened = "", first = true;

export const whyOpen = () => !$("why").hidden;
export function closeWhy() { set({ why: false }); }

/** Follows the state: draws, leaves or closes the page. */
export async function followWhy() {
  const s = state(), page = $("why"), key = s.why && s.district ? `${s.district}@${s.on}` : "";
  if (key === opened) return;
  const before = opened, atLoad = first;
  first = false;
  opened = key;
  if (!key) {
    const inside = page.contains(document.activeElement);
    page.hidden = true; clear(page);
    $("main").hidden = false;
    document.body.classList.remove("is-why");
    if (inside && before) { const card = $("card"); (card.hidden ? $("rows") : card).focus(); }
    return;
  }
  page.hidden = false;
  $("main").hidden = true;
  document.body.classList.add("is-why");
  const slow = setTimeout(() => { if (opened === key) clear(page, skeleton(8)); }, 400);
  try {
    const grade = await fetchJson(`/api/districts/${s.district}/grade`, s.on ? { as_of: s.on } : {}, { slot: "why" });
    clearTimeout(slow);
    if (opened !== key) return;
    draw(page, s.district, grade);
    if (!atLoad) page.querySelector("[data-back]").focus({ preventScroll: true });
  } catch (error) {
    clearTimeout(slow);
    if (stopped(error) || opened !== key) return;
    clear(page, h("div", { class: "sub" }, back()), wrong(error, () => { opened = ""; followWhy(); }));
  }
}

const back = () => h("button", { type: "button", class: "btn btn-s", "data-back": true, onclick: closeWhy }, icon("left"), t("why.back"));

function draw(page, code, grade) {
  const s = state(), name = catalogue.districtName(code), rank = grade.rank || {};
  clear(page,
    h("section", { class: "sub", "aria-label": t("why") }, back(), mark(grade.shown, "40", levelName(grade.shown)),
      h("div", { class: "grow" }, h("h1", {}, `${name}　${levelName(grade.shown)}`), h("p", { class: "t13 c2 cut" }, [t("why.sub", { as_of: grade.as_of, method: methodName(grade.method) }), rank.city ? rankText(rank) : "", catalogue.cityStatus().demo ? t("demo") : ""].filter(Boolean).join(" · "))),
      h("label", { class: "in in-date" }, h("span", { class: "u" }, t("why.replay")), h("input", { type: "date", value: s.on || grade.as_of || "", "aria-label": t("why.replay"), onchange: (event) => set({ on: event.target.value }) })),
      h("button", { type: "button", class: "btn", onclick: () => copy(location.href) }, icon("link"), t("copy.link")),
      h("button", { type: "button", class: "btn btn-main", onclick: () => window.print() }, icon("print"), t("print"))),
    h("div", { class: "grid-x" },
      h("section", { class: "panel scroll x-left", "aria-label": t("why.time"), tabindex: "0" }, times(grade), confidence(grade), firmness(grade), changes(grade)),
      h("section", { class: "scroll x-mid", "aria-label": t("why.of", { level: levelName(grade.shown) }), tabindex: "0" }, reasons(grade), contributors(grade)),
      grade.shown ? whatIf(code, grade) : h("section", { class: "panel panel-r" })));
}

function reasons(grade) {
  if (!grade.shown) return h("div", { class: "card" }, h("div", { class: "empty" }, mark(0, "40"), h("h2", { class: "h3" }, `${catalogue.districtName(state().district)} ${t("level.0")}`), h("p", { class: "t13" }, reason(grade))));
  const { d, t: share, borders, parts = {}, difference = [] } = grade;
  const dLevel = levelOf(d, borders.d), tLevel = levelOf(share, borders.t), worse = Math.min(dLevel, tLevel);
  return h("div", { class: "card" }, h("div", { class: "sec" },
    h("div", { class: "sec-h" }, h("h2", {}, t("why.of", { level: levelName(grade.shown) }))),
    h("p", { class: "t14 mb8" }, t(dLevel === tLevel ? "why.both" : tLevel < dLevel ? "why.by.t" : "why.by.d", { t: percent(share), d: decimal(d), tl: NUMERAL[tLevel], dl: NUMERAL[dLevel], level: NUMERAL[worse] })),
    difference.length ? h("div", { class: "ban ban-warn mb8" }, icon("warn"), h("span", {}, t("why.differs", { computed: levelName(grade.computed), shown: levelName(grade.shown) }), " ", difference.map((one, i) => [i ? "；" : "", half(one.text), ids(one), (one.dangers || []).slice(0, 3).map((d) => [" ", h("a", { href: `/dangers/${d.id}` }, d.code)])]))) : null,
    (grade.restored || []).map((one) => h("div", { class: "ban ban-good mb8" }, icon("ok"), h("span", {}, half(one.text), one.dangers.slice(0, 3).map((d) => [" ", h("a", { href: `/dangers/${d.id}` }, d.code)])))),
    h("div", { class: "x-two" },
      h("div", {}, borderBar("T", share, borders.t), h("p", { class: "t12 c2" }, gap("T", share, borders.t), " ", fall("t", grade.next))),
      h("div", {}, borderBar("D", d, borders.d), h("p", { class: "t12 c2" }, gap("D", d, borders.d), " ", fall("d", grade.next))))),
  h("div", { class: "sec" }, h("div", { class: "sec-h wrap" }, h("h2", { class: "h3" }, t("why.parts")), h("span", { class: "t12 c3" }, t("why.parts.note")), h("span", { class: "t12 c3 end" }, "ρ = 100 · h · (0.3 + 0.7 e) · (1 − 0.3 k)")),
    known(parts.h) ? partBars(parts) : h("p", { class: "t13 c2" }, t("unknown")), known(parts.h) ? product(parts, d) : null,
    parts.coping ? h("p", { class: "t12 c2" }, t("why.coping", { density: count(Math.round(parts.density_km2)), shelter: decimal(parts.coping.shelter, 2), rescue: decimal(parts.coping.rescue, 2), reserve: decimal(parts.coping.reserve, 2) })) : null,
    grade.residents ? h("p", { class: "t12 c2 mt8" }, t("why.residents", { n: count(Math.round(grade.residents.count)), source: half(grade.residents.source), on: grade.residents.valid_on || t("unknown") })) : null));
}

const ids = (one) => (one.features || []).slice(0, 3).map((feature) => [" ", h("button", { type: "button", class: "linkish", onclick: () => set({ id: { layer: feature.layer || "risk_source", id: feature.id }, why: false, district: "" }) }, feature.name || `#${feature.id}`)]);

/** What a fall to the better grade takes, the margin included. */
function fall(kind, next) {
  const better = next && next.better;
  if (!better || !(kind === "t" ? better.t_over : better.d_over)) return "";
  const below = kind === "t" ? percent(better.t_fall) : decimal(better.d_fall);
  return t(kind === "t" ? "fall.t" : "fall.d", { level: NUMERAL[better.grade], below, people: count(Math.ceil(better.people_over)), n: decimal(better.d_over) });
}

/** The product of the averages, and what the averages hide: it adds up to D. */
function product(parts, d) {
  const e = 0.3 + 0.7 * parts.e, k = 1 - 0.3 * parts.k, made = known(parts.product) ? parts.product : 100 * parts.h * e * k;
  return h("p", { class: "t12 c2 mt8" }, t("why.product", { h: decimal(parts.h, 3), e: decimal(e, 3), k: decimal(k, 3), made: decimal(made), rest: signed(d - made) }), " ", h("b", {}, decimal(d)));
}

function contributors(grade) {
  const list = grade.contributors || [], foreign = grade.foreign || {}, top = Math.max(...list.map((one) => one.share || 0), 1e-9);
  const told = list.reduce((sum, one) => sum + (one.share || 0), 0), rest = grade.rest || { count: null, share: Math.max(0, 1 - told) }, closing = list.some((one) => one.rectify_d);
  return h("div", { class: "card" }, h("div", { class: "sec-h x-ch" }, h("h2", { class: "h3" }, t("why.contributors")), h("span", { class: "t12 c3" }, t("why.contributors.note")),
    h("button", { type: "button", class: "linkish end", onclick: () => { const name = catalogue.defaultList(); set({ list: name, sort: "", filters: { ...state().filters, [name]: { district: [state().district] } }, why: false, district: "" }); } }, t("why.onmap"))),
  list.length ? h("div", { class: "tb-wrap" }, h("table", { class: "tb tb-d" },
    h("thead", {}, h("tr", {}, h("th", { scope: "col" }, t("col.source")), h("th", { scope: "col", class: "num" }, t("col.share.d")), h("th", { scope: "col", class: "x-bar" }, h("span", { class: "sr" }, t("col.bar"))), h("th", { scope: "col", class: "num" }, t("col.delta.d")), h("th", { scope: "col", class: "num" }, t("col.delta.t")), closing ? h("th", { scope: "col", class: "num" }, t("col.rectify.d")) : null)),
    h("tbody", {}, list.map((one) => h("tr", {}, h("td", {}, h("span", { class: "lvt" }, mark(one.level, "16", levelName(one.level)), h("button", { type: "button", class: "x-name", onclick: () => set({ id: { layer: one.layer, id: one.id }, why: false, district: "" }) }, one.name || t("noname")), one.own === false ? h("span", { class: "tag" }, t("why.foreign.one")) : null)),
      h("td", { class: "num" }, percent(one.share)), h("td", { class: "x-bar" }, meter((one.share || 0) / top)), h("td", { class: "num" }, known(one.delta_d) ? fine(one.delta_d) : t("unknown")), h("td", { class: "num" }, known(one.delta_t) ? `${signed(one.delta_t * 100)}` : t("unknown")), closing ? h("td", { class: "num" }, one.rectify_d ? fine(one.rectify_d) : t("none")) : null))),
    h("tfoot", {}, h("tr", {}, h("td", { class: "c2" }, t("why.rest", { n: count(rest.count) })), h("td", { class: "num" }, percent(rest.share)), h("td", { colspan: closing ? 4 : 3 })),
      foreign.count ? h("tr", {}, h("td", { class: "c2" }, t("why.foreign", { n: count(foreign.count) })), h("td", { class: "num" }, percent(foreign.share)), h("td", { colspan: closing ? 4 : 3 })) : null))) : h("p", { class: "sec t13 c2" }, t("why.none")));
}

let kind = "D";
function times(grade) {
  const box = h("div", {}), points = (grade.curve || []).map((one) => ({ on: one.on, value: kind === "D" ? one.d : one.t, demo: one.demo }));
  const paint = () => {
    const list = (grade.curve || []).map((one) => ({ on: one.on, value: kind === "D" ? one.d : one.t, demo: one.demo }));
    clear(box, h("div", { class: "sec-h" }, h("h2", { class: "h3" }, t("why.time")), h("span", { class: "seg end", role: "group", "aria-label": t("why.time") }, ["D", "T"].map((one) => h("button", { type: "button", "aria-pressed": String(one === kind), onclick: () => { kind = one; paint(); } }, one)))),
      curve(kind, list, kind === "D" ? grade.borders.d : grade.borders.t), list.some((one) => one.demo) ? h("p", { class: "t12 c3" }, t("curve.demo")) : null);
  };
  paint();
  return points.length || grade.borders ? h("div", { class: "sec" }, box) : null;
}

function confidence(grade) {
  const c = grade.confidence || {};
  return h("div", { class: "sec" }, h("div", { class: "sec-h" }, h("h2", { class: "h3" }, t("why.fresh")), h("span", { class: "tag tag-note end" }, c.letter ? `${t("why.confidence")} ${c.letter}` : t("unknown"))),
    known(c.share) ? [meter(c.share, "a"), h("p", { class: "t13 c2 mt4" }, t("why.fresh.text", { share: percent(c.share, 0) }))] : h("p", { class: "t13 c2" }, t("unknown")),
    (c.stale || []).length ? h("ul", { class: "mt4" }, c.stale.slice(0, 6).map((one) => h("li", { class: "row t13" }, mark(one.level, "16", levelName(one.level)), one.name ? h("button", { type: "button", class: "x-name cut", onclick: () => set({ id: { layer: one.layer || "risk_source", id: one.id }, why: false, district: "" }) }, one.name) : h("span", {}, levelName(one.level)), h("span", { class: "end cwarn nw" }, known(one.days_over) ? t("why.lapsed", { n: count(one.days_over) }) : t("verified.unknown"))))) : null,
    (c.caps || []).length ? h("p", { class: "t12 c2 mt4" }, t("why.caps", { what: c.caps.map((one) => t(`cap.${one}`)).join("；") })) : null);
}

function firmness(grade) {
  const f = grade.firmness;
  if (!f) return null;
  return h("div", { class: "sec" }, h("div", { class: "sec-h" }, h("h2", { class: "h3" }, t("why.firm"))), h("dl", { class: "kv kv-1" },
    h("dt", {}, t("why.firm.grade")), h("dd", {}, h("b", {}, percent(f.grade, 0)), " ", h("span", { class: "c2" }, t("why.firm.of", { n: f.n }))),
    h("dt", {}, t("why.firm.rank")), h("dd", {}, h("b", {}, known(f.rank_low) ? (f.rank_low === f.rank_high ? String(f.rank_low) : `${f.rank_low}–${f.rank_high}`) : t("unknown")))));
}

function changes(grade) {
  const all = grade.changes;
  if (!all) return null;
  const rows = Object.entries(all.closing || {}).filter(([key, value]) => key !== "total" && typeof value === "number" && Math.abs(value) >= 0.0005);
  return h("div", { class: "sec" }, h("div", { class: "sec-h" }, h("h2", { class: "h3" }, t("why.changes")), h("span", { class: "t12 c3 end" }, t("why.since", { on: all.since }))),
    known(all.delta_d) && Math.abs(all.delta_d) >= 0.0005 ? h("p", { class: "t13" }, `ΔD ${signed(all.delta_d, 3)}`) : h("p", { class: "t13 c2" }, t(known(all.delta_d) ? "why.unchanged" : "unknown")),
    rows.length ? h("dl", { class: "kv kv-1 mt4" }, rows.map(([key, value]) => [h("dt", {}, changeName(key)), h("dd", {}, `ΔD ${signed(value, 3)}`)])) : null);
}
const CHANGES = ["new", "retired", "changed", "dangers", "residents", "coping", "lapse", "method", "total", "rest"];
const changeName = (key) => (CHANGES.includes(key) ? t(`change.${key}`) : key);
