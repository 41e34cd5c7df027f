// The card under the list: a record, a district or a cell. It opens at once with what the list knows and fills in.

import { get as fetchJson, stopped } from "../api.js";
import * as catalogue from "../catalogue.js";
import { $, clear, h, icon, iconButton, layerIcon, mark, tabKeys } from "../dom.js";
import { levelName } from "../format.js";
import { t } from "../i18n.js";
import { asked, boxText, path } from "../query.js";
import { get as state, set } from "../state.js";
import { cellBody, cellFoot, districtBody, districtFoot } from "./areas.js";
import { copy, skeleton, toast, wrong } from "./notice.js";
import { tabsOf } from "./record.js";

let opened = "";            // what the card shows: "shelter:12", "110101", "89…"
let tab = "about";
let tools = null;

/** `more`: {view, located(layer, feature), close()}. */
export function wireCard(more) { tools = more; }

export const cardOpen = () => !$("card").hidden;

export function closeCard() { set({ id: null, district: "", cell: "", why: false }); }

/** Follows the state: opens, fills or closes. */
export async function followCard(known = null) {
  const s = state(), card = $("card");
  const key = s.id ? `${s.id.layer}:${s.id.id}` : s.district ? `d${s.district}` : s.cell ? `c${s.cell}` : "";
  if (key === opened && key) return;
  if (!key) {
    const inside = card.contains(document.activeElement);
    card.hidden = true; opened = ""; clear(card);
    if (inside) $("rows").focus();
    return;
  }
  opened = key;
  card.hidden = false;
  if (s.id) record(s.id, key, known);
  else if (s.district) area(key, "districts", () => district(s.district, key));
  else area(key, "cells", () => cell(s.cell, key));
}

const close = () => iconButton("close", t("close.key"), closeCard, { class: "ib", "data-close": true });
const link = () => iconButton("link", t("copy.link"), () => copy(location.href));
const still = (key) => opened === key;

function head(sign, title, sub, ...buttons) {
  return h("div", { class: "rec-h" }, sign, h("div", { class: "grow" }, h("h2", { class: "cut", title }, title), h("p", { class: "t13 c2 cut" }, sub)), ...buttons, link(), close());
}

async function record({ layer: name, id }, key, known) {
  const card = $("card"), layer = catalogue.layer(name);
  if (!layer) { clear(card, head(mark(0, "40"), t("error.absent"), "")); return; }
  const top = (feature) => {
    const p = feature.properties, level = p.effective_level;
    const sign = layer.look.by_level || level ? mark(level, "40", levelName(level)) : layerIcon(layer.look.icon, 32);
    return head(sign, p.name || t("noname"), [p.parent_name, p.code, p.demo ? t("demo") : ""].filter(Boolean).join(" · "),
      feature.geometry ? iconButton("goto", t("goto.key"), () => tools.view.flyTo(...feature.geometry.coordinates)) : null);
  };
  if (known && known.id === id) clear(card, top(known));
  const slow = setTimeout(() => { if (still(key)) clear(card, known && known.id === id ? top(known) : null, skeleton(3)); }, 400);
  try {
    const feature = await fetchJson(`/api/layers/${name}/features/${id}`, {}, { slot: "card" });
    clearTimeout(slow);
    if (!still(key)) return;
    tools.located(name, feature);
    paint(card, layer, feature, top(feature));
  } catch (error) {
    clearTimeout(slow);
    if (stopped(error) || !still(key)) return;
    clear(card, h("div", { class: "rec-h" }, h("div", { class: "grow" }), close()), wrong(error, () => { opened = ""; followCard(known); }));
  }
}

function paint(card, layer, feature, top) {
  const tabs = tabsOf(layer, feature);
  if (!tabs.some((one) => one.key === tab)) tab = "about";
  const body = h("div", { class: "scroll grow sec-pad", id: "card-body", role: "tabpanel", tabindex: "0", "aria-labelledby": `card-tab-${tab}` });
  const row = h("div", { class: "tabs", role: "tablist", "aria-label": t("card") });
  const draw = () => {
    clear(row, tabs.map((one) => h("button", { role: "tab", type: "button", id: `card-tab-${one.key}`, "aria-selected": String(one.key === tab), "aria-controls": "card-body", tabindex: one.key === tab ? "0" : "-1",
      onclick: () => { tab = one.key; draw(); const again = document.getElementById(`card-tab-${tab}`); if (again) again.focus(); } }, one.label, one.n ? h("span", { class: "n" }, one.n) : null)));
    body.setAttribute("aria-labelledby", `card-tab-${tab}`);
    clear(body, tabs.find((one) => one.key === tab).body());
    body.scrollTop = 0;
  };
  draw();
  tabKeys(row);
  const p = feature.properties, district = p.district && catalogue.district(p.district);
  const commands = layer.look.by_level && feature.geometry && $("nav-command");      // only who may is offered it
  clear(card, top, row, body, h("div", { class: "rec-f" },
    commands ? h("a", { class: "btn btn-main", id: "assess", href: `/command?id=${layer.name}:${feature.id}` }, icon("warn"), t("cmd.from")) : null,
    h("button", { type: "button", class: commands ? "btn" : "btn btn-main", onclick: () => { tab = "near"; draw(); if (feature.geometry) tools.view.flyTo(...feature.geometry.coordinates, 14.5); } }, t("card.near")),
    district ? h("button", { type: "button", class: "btn btn-quiet end", onclick: () => set({ district: p.district, why: true, id: null }) }, t("card.why", { name: catalogue.districtName(p.district), level: levelName(district.shown).split(" ")[0] })) : null));
}

/** `draw` makes the card; while it waits a skeleton stands, after 400 ms. */
async function area(key, kind, draw) {
  const card = $("card");
  const slow = setTimeout(() => { if (still(key)) clear(card, h("div", { class: "rec-h" }, h("div", { class: "grow" }), close()), skeleton(3)); }, 400);
  try { await draw(); } catch (error) {
    if (!stopped(error) && still(key)) clear(card, h("div", { class: "rec-h" }, h("div", { class: "grow" }), close()), wrong(error, () => { opened = ""; followCard(); }));
  }
  clearTimeout(slow);
}

async function district(code, key) {
  const on = state().on;
  const grade = await fetchJson(`/api/districts/${code}/grade`, on ? { as_of: on } : {}, { slot: "card" });
  if (!still(key)) return;
  clear($("card"), head(mark(grade.shown, "40", levelName(grade.shown)), `${catalogue.districtName(code)}　${levelName(grade.shown)}`, t("why.sub.short", { as_of: grade.as_of, method: methodName(grade.method) })),
    h("div", { class: "scroll grow sec-pad", tabindex: "0", role: "group", "aria-label": t("why") }, districtBody(grade)), districtFoot(code, grade));
}

export const methodName = (method) => (method && typeof method === "object" ? method.name || method.id : method) || t("unknown");

async function cell(id, key) {
  const coarse = id[1] !== "9";                   // the engine explains cells of resolution 9; coarser ones are sums of them
  const body = coarse ? { coarse, resolution: id[1], ...(await coarseCell(id)) } : await fetchJson(`/api/cells/${id}`, {}, { slot: "card" });
  if (!still(key)) return;
  clear($("card"), head(mark(body.level, "40", levelName(body.level)), `${t("cell")} ${levelName(body.level)}`, `H3-${id[1]} · ${id}`),
    h("div", { class: "scroll grow sec-pad", tabindex: "0", role: "group", "aria-label": t("cell") }, cellBody(body)), cellFoot(body, () => goToCell(id)));
}

/** Where a cell is: {lat, lng}. */
async function centre(id) { await tools.h3(); const [lat, lng] = window.h3.cellToLatLng(id); return { lat, lng }; }

async function goToCell(id) { const { lat, lng } = await centre(id); tools.view.flyTo(lng, lat, { 7: 11.4, 8: 13 }[id[1]] || 14.6); }

/** The columns of one cell, whatever its resolution. */
async function coarseCell(id) {
  const { lat, lng } = await centre(id), near = 0.0005;
  const columns = await fetchJson("/api/cells", { resolution: id[1], bbox: boxText([lng - near, lat - near, lng + near, lat + near]) });
  const i = columns.cell.indexOf(id);
  return i < 0 ? { level: null, risk: 0, sources: 0 } : { level: columns.level[i], risk: columns.risk[i], sources: columns.count[i], worst: columns.worst[i] };
}

/** The selected record no longer is in the set: its card goes, and that is said. */
export async function leave() {
  const { id } = state();
  if (!id) return;
  try {
    const body = await fetchJson(path(id.layer, "count"), asked(id.layer, { ids: id.id }), { slot: "leaving" });
    if (body.count === 0 && state().id && state().id.id === id.id) { closeCard(); toast(t("card.filtered")); }
  } catch (error) { /* the card stays */ }
}

export const forgetCard = () => { opened = ""; };
