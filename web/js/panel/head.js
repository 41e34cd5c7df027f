// Over the list: tabs with counts, chips of what is filtered, sort, export. The number exported stands there before anything is exported.

import { get as fetchJson, stopped } from "../api.js";
import * as catalogue from "../catalogue.js";
import { $, clear, h, icon } from "../dom.js";
import { count } from "../format.js";
import { t } from "../i18n.js";
import { asked, path } from "../query.js";
import { filtersOf, get as state, set, setFilters } from "../state.js";
import { shown } from "../feed.js";
import { filterKeys, filterName, without } from "./chips.js";

const counts = new Map();
let shownTab = "";

/** Lists offered: districts, then every layer; those switched on first. */
function lists() {
  const on = shown(), layers = catalogue.all();
  return [catalogue.DISTRICTS, ...layers.filter((one) => on.has(one.name) || one.name === state().list), ...layers.filter((one) => !on.has(one.name) && one.name !== state().list)].map((one) => (typeof one === "string" ? one : one.name));
}

/** Another list: its layer is put on the map, the selection of the old one goes. */
export function openList(name) {
  const layers = shown();
  const patch = { list: name, sort: "", q: state().q };
  if (catalogue.isLayer(name) && !layers.has(name)) patch.layers = [...layers, name].sort();
  set(patch);
}

export function paintTabs() {
  const host = $("list-tabs"), now = state().list;
  const had = host.contains(document.activeElement);
  clear(host, lists().map((name) => h("button", { role: "tab", type: "button", id: `list-tab-${name}`, "aria-selected": String(name === now), "aria-controls": "rows", tabindex: name === now ? "0" : "-1", onclick: () => openList(name) },
    catalogue.layerLabel(name), h("span", { class: "n" }, name === catalogue.DISTRICTS ? String(catalogue.allDistricts().length) : counts.has(name) ? count(counts.get(name)) : ""))));
  const tab = host.querySelector("[aria-selected=true]");
  if (tab && had) tab.focus();
  if (tab && shownTab !== now) { shownTab = now; requestAnimationFrame(() => { host.scrollLeft = Math.max(0, tab.offsetLeft - host.offsetLeft - 72); }); }
}

/** Counts of the tabs, each under its own filters. */
export async function loadCounts() {
  for (const layer of catalogue.all()) {
    const plain = Object.keys(asked(layer.name)).length === 0;
    if (plain) { counts.set(layer.name, layer.count); continue; }
    fetchJson(path(layer.name, "count"), asked(layer.name), { slot: `count:${layer.name}` })
      .then((body) => { counts.set(layer.name, body.count); paintTabs(); })
      .catch((error) => { if (!stopped(error)) counts.delete(layer.name); });
  }
  paintTabs();
}

export function paintChips() {
  const s = state(), filters = filtersOf(s.list), keys = filterKeys(filters);
  const chip = (words, off) => h("span", { class: "chip chip-on chip-x" }, h("span", {}, words), h("button", { type: "button", "aria-label": t("remove", { what: words }), onclick: off }, icon("close", "14")));
  clear($("chips"), s.q ? chip(t("chip", { field: t("search"), value: s.q }), () => set({ q: "" })) : null, keys.map((key) => chip(filterName(s.list, key), () => setFilters(s.list, without(s.list, key)))),
    keys.length + (s.q ? 1 : 0) > 1 ? h("button", { type: "button", class: "btn btn-quiet btn-s", onclick: () => set({ filters: { ...s.filters, [s.list]: {} }, q: "" }) }, t("clear")) : null);
}

export function paintTools() {
  const s = state(), select = $("sort");
  clear(select, catalogue.sorts(s.list).map(([value, words]) => h("option", { value }, words)));
  select.value = s.sort || catalogue.defaultSort(s.list);
  $("in-view").checked = s.inView;
  $("export").hidden = s.list === catalogue.DISTRICTS;
}

export function closeMenu() {
  const menu = $("export-menu");
  if (menu.hidden) return false;
  const inside = menu.contains(document.activeElement);
  menu.hidden = true;
  $("export").setAttribute("aria-expanded", "false");
  if (inside) $("export").focus();
  return true;
}

/** Wires the head once. `list`: the List, for its count; `view`: the map. */
export function wireHead(list, view) {
  $("sort").addEventListener("change", (event) => set({ sort: event.target.value === catalogue.defaultSort(state().list) ? "" : event.target.value }));
  $("in-view").addEventListener("change", (event) => set({ inView: event.target.checked }));
  $("export").addEventListener("click", () => { if (!closeMenu()) import("./export.js").then((module) => module.exportMenu(view, list.total || 0, closeMenu)); });
  $("export-menu").addEventListener("keydown", (event) => {
    const items = [...event.currentTarget.querySelectorAll("button")], step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step) { items[(items.indexOf(document.activeElement) + step + items.length) % items.length].focus(); event.preventDefault(); }
    event.stopPropagation();
    if (event.key === "Escape") closeMenu();
  });
  document.addEventListener("click", (event) => { if (!event.target.closest("#export-menu, #export")) closeMenu(); });
}
