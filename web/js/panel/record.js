// The tabs of a record's card: what it is, chemicals, stock, hidden dangers, history, surroundings.

import { get as fetchJson, stopped } from "../api.js";
import * as catalogue from "../catalogue.js";
import { clear, h, icon, layerIcon, mark } from "../dom.js";
import { count, day, decimal, known, levelName, metres, moment } from "../format.js";
import { said, t } from "../i18n.js";
import { set } from "../state.js";
import { skeleton } from "./notice.js";

const unknown = () => h("span", { class: "unk" }, t("unknown"));
const pair = (term, value) => [h("dt", {}, term), h("dd", {}, value === null || value === undefined || value === "" ? unknown() : value)];
const OWN = new Set(["code", "name", "level", "effective_level", "district", "town", "address", "status", "missing", "verified_on", "parent_id", "parent_name", "version", "demo", "dangers", "layer", "steward_name"]);

/** What stands first if something is wrong with the record. */
function banner(feature) {
  const p = feature.properties, late = (feature.dangers || []).find((one) => one.overdue && (one.grade || one.level) !== "general") || (feature.dangers || []).find((one) => one.overdue);
  if (late) return h("div", { class: "ban ban-bad" }, icon("error"), h("span", {}, t("ban.overdue", { what: late.title || late.description || t(`danger.level.${late.grade || late.level || "general"}`), on: day(late.deadline_on) })));
  if (p.status === "incomplete") return h("div", { class: "ban ban-warn" }, icon("warn"), h("span", {}, t("ban.incomplete", { what: (p.missing || []).map((name) => fieldName(feature.layer, name)).join("、") || t("unknown") })));
  return null;
}

const COMMON = ["code", "name", "parent_code", "district", "town", "address", "lon", "lat", "verified_on"];
function fieldName(layer, name) {
  const spec = catalogue.field(layer, name);
  return spec ? said(spec.label) : COMMON.includes(name) ? t(`field.${name}`) : name === "level" || name === "effective_level" ? t("level") : name === "geom" ? t("place") : name;
}

function about(layer, feature) {
  const p = feature.properties, place = feature.geometry ? feature.geometry.coordinates : null;
  const attributes = { ...(p.attributes || {}) };
  for (const spec of layer.fields) if (p[spec.name] !== undefined && !OWN.has(spec.name)) attributes[spec.name] = p[spec.name];
  return [banner(feature), h("dl", { class: "kv kv-1" },
    pair(t("place"), `${catalogue.districtName(p.district)}${p.town_name ? ` ${p.town_name}` : ""}`),
    p.address ? pair(t("field.address"), p.address) : null,
    layer.look.by_level || known(p.level) ? [pair(t("level.registered"), levelName(p.level)), p.effective_level !== p.level ? pair(t("level.effective"), levelName(p.effective_level)) : null] : null,
    layer.fields.map((spec) => pair(said(spec.label), catalogue.valueText(spec, attributes[spec.name]))),
    feature.shelter ? shelter(feature) : null,
    p.parent_name ? pair(t("parent"), p.parent_id && p.parent_layer ? h("button", { type: "button", class: "linkish", onclick: () => set({ id: { layer: p.parent_layer, id: p.parent_id } }) }, p.parent_name) : p.parent_name) : null,
    p.steward_name ? pair(t("steward"), p.steward_name) : null,
    (feature.links || []).map((one) => pair(t(`link.${one.how}`), h("button", { type: "button", class: "linkish", onclick: () => set({ id: { layer: one.layer, id: one.id } }) }, `${one.name || t("noname")} ${one.code}`))),
    pair(t("status"), t(`status.${p.status}`)), pair(t("verified.on"), known(p.verified_on) ? day(p.verified_on) : null),
    place ? pair(t("lonlat"), `${place[0].toFixed(6)}, ${place[1].toFixed(6)}`) : pair(t("lonlat"), null),
    Object.entries(feature.children || {}).map(([name, n]) => pair(catalogue.layerLabel(name), h("button", { type: "button", class: "linkish", onclick: () => children(name, feature.id) }, t("n.items", { n: count(n) })))))];
}

/** People in a shelter and its free places, with the time they were told of. */
function shelter({ id, shelter: one }) {
  const people = (n) => known(n) ? t("sh.n", { n: count(n) }) : null, told = (text, at) => text && at ? h("span", {}, text, " ", h("span", { class: "t12 c2" }, t("sh.asof", { at: moment(at) }))) : text;
  return [pair(t("sh.people"), told(people(one.people), one.counted_at)), pair(t("sh.free"), people(one.free)),
    pair(t("sh.title"), h("a", { href: `/shelters/${id}/state` }, one.state_at ? t("sh.asof", { at: moment(one.state_at) }) : t("sh.byrecord")))];
}

const children = (layer, parent) => set({ list: layer, sort: "", filters: { [layer]: { parent } }, id: null });

/** A table of whatever columns the rows have, of those we know how to name. */
function table(rows, columns) {
  const used = columns.filter(({ key }) => rows.some((row) => known(row[key])));
  return h("div", { class: "tb-wrap" }, h("table", { class: "tb tb-d tb-flush" }, h("thead", {}, h("tr", {}, used.map((one) => h("th", { scope: "col", class: one.num ? "num" : null }, t(one.label))))),
    h("tbody", {}, rows.map((row) => h("tr", {}, used.map((one) => h("td", { class: [one.num ? "num" : "", one.bad && one.bad(row) ? "cbad" : ""].join(" ").trim() || null }, known(row[one.key]) ? (one.text ? one.text(row[one.key], row) : String(row[one.key])) : unknown())))))));
}

const number = (digits) => (value) => decimal(Number(value), digits).replace(/\.?0+$/, "");
const HOLDINGS = [{ key: "name", label: "col.chemical" }, { key: "chemical", label: "col.chemical" }, { key: "cas", label: "col.cas" }, { key: "quantity_t", label: "col.quantity_t", num: true, text: number(3) }, { key: "design_max_t", label: "col.design_max", num: true, text: number(3) },
  { key: "critical_t", label: "col.critical", num: true, text: number(3) }, { key: "beta", label: "col.beta", num: true, text: number(2) }, { key: "share", label: "col.share", num: true, text: number(3) }];
const STOCK = [{ key: "supply_code", label: "col.code" }, { key: "code", label: "col.code" }, { key: "supply_name", label: "col.item" }, { key: "name", label: "col.item" }, { key: "quantity", label: "col.quantity", num: true, text: count }, { key: "unit", label: "col.unit" }, { key: "batch_no", label: "col.batch" }, { key: "batch", label: "col.batch" },
  { key: "expires_on", label: "col.expires", num: true, text: (value) => day(value), bad: (row) => row.expires_on && row.expires_on < new Date().toISOString().slice(0, 10) }];
const DANGERS = [{ key: "grade", label: "level", text: (value) => t(`danger.level.${value}`) }, { key: "level", label: "level", text: (value) => t(`danger.level.${value}`) }, { key: "title", label: "col.danger" }, { key: "description", label: "col.danger" }, { key: "state", label: "status", text: (value) => t(`danger.state.${value}`) },
  { key: "deadline_on", label: "col.deadline", num: true, text: (value) => day(value), bad: (row) => row.overdue }];

function history(feature) {
  const rows = feature.history;
  return h("ol", { class: "tl-p" }, rows.map((one) => h("li", {}, h("div", { class: "row" }, h("b", { class: "t13 b" }, t("version", { n: one.version })), h("span", {}, operation(one.operation)), h("span", { class: "end c2" }, moment(one.recorded_at))),
    h("p", { class: "t12 c2" }, [one.actor, (one.changed || []).length ? t("changed", { what: one.changed.slice(0, 6).map((name) => fieldName(feature.layer, name)).join("、") }) : ""].filter(Boolean).join(" · ")))));
}
const operation = (name) => t(["import", "edit", "undo", "retire", "create", "merge", "transfer", "change", "confirm", "unconfirm", "regrade", "demo", "insert", "update"].includes(name) ? `op.${name}` : "op.other");

/** What is around: the record's own neighbours, else asked of /api/near. */
function near(feature) {
  const box = h("div", {});
  const show = (rows) => clear(box, rows.length ? rows.map((one) => h("button", { type: "button", class: "nb-li", onclick: () => set({ id: { layer: one.layer, id: one.id } }) },
    catalogue.isLayer(one.layer) && !catalogue.layer(one.layer).look.by_level ? layerIcon(catalogue.layer(one.layer).look.icon, 20) : mark(one.effective_level || one.level, "16", levelName(one.effective_level || one.level)),
    h("span", { class: "grow cut" }, one.name || t("noname")), h("span", { class: "c2" }, catalogue.layerLabel(one.layer)), h("span", { class: "num" }, metres(one.distance_m)))) : h("p", { class: "t13 c2" }, t("near.none")));
  if (feature.neighbours && feature.neighbours.length) { show(feature.neighbours); return box; }
  if (!feature.geometry) { clear(box, h("p", { class: "t13 c2" }, t("noplace"))); return box; }
  clear(box, skeleton(2));
  const layers = catalogue.all().filter((one) => one.group === "resource").map((one) => one.name).join(",");
  fetchJson("/api/near", { lon: feature.geometry.coordinates[0], lat: feature.geometry.coordinates[1], layers, radius_m: 5000, limit: 12 }, { slot: "near" })
    .then((body) => show(body.found || []))
    .catch((error) => { if (!stopped(error)) clear(box, h("p", { class: "t13 cbad" }, error.message)); });
  return box;
}

/** [{key, label, n, body()}] */
export function tabsOf(layer, feature) {
  const tabs = [{ key: "about", label: t("tab.about"), body: () => about(layer, feature) }];
  const add = (key, rows, body) => { if (rows && rows.length) tabs.push({ key, label: t(`tab.${key}`), n: rows.length, body }); };
  add("holdings", feature.holdings, () => table(feature.holdings, HOLDINGS));
  add("stock", feature.stock, () => table(feature.stock, STOCK));
  add("dangers", feature.dangers, () => h("div", {}, table(feature.dangers, DANGERS), h("p", { class: "mt8" }, h("a", { href: `/dangers?feature=${feature.id}` }, t("nav.dangers")), "　", h("a", { href: `/dangers/new?source=${feature.id}` }, t("dg.new")))));
  add("history", feature.history, () => history(feature));
  tabs.push({ key: "near", label: t("tab.near"), body: () => near(feature) });
  return tabs;
}
