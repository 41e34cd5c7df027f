// Left panel, first tab: the layer tree. A legend entry is a filter: click switches it, a double click leaves only it.

import * as catalogue from "../catalogue.js";
import { clear, h, icon, iconButton, layerIcon, mark } from "../dom.js";
import { shown } from "../feed.js";
import { count, levelName } from "../format.js";
import { said, t } from "../i18n.js";
import { filtersOf, get as state, set, setFilters } from "../state.js";

const folded = new Set();
const open = new Set([catalogue.DISTRICTS]);
let opacity = 72;

/** Switches a level of a layer's filter; `only` leaves it alone. */
export function toggleLevel(layer, level, choices, only) {
  const filters = filtersOf(layer), now = filters.level || choices;
  const next = only ? (now.length === 1 && now[0] === level ? choices : [level]) : now.includes(level) ? now.filter((one) => one !== level) : [...now, level];
  setFilters(layer, { ...filters, level: !next.length || choices.every((one) => next.includes(one)) ? undefined : next });
}

function legend(layer, choices, counts) {
  const on = filtersOf(layer).level;
  return h("div", { class: "lg", role: "group", "aria-label": t("legend.of", { layer: layer === catalogue.CELLS ? t("cells") : layer === catalogue.DISTRICTS ? t("districts") : catalogue.layerLabel(layer) }), title: t("legend.hint") },
    choices.map((level) => h("button", { type: "button", "data-level": level, "aria-pressed": String(!on || on.includes(level)), onclick: (event) => toggleLevel(layer, level, choices, event.detail > 1) },
      mark(level), h("span", { class: "nm" }, levelName(level)), counts ? h("span", { class: "n" }, count(counts[level] || 0)) : null)));
}

function toggleLayer(name, on) {
  const next = new Set(shown());
  if (on) next.add(name); else next.delete(name);
  const list = [...next].sort(), plain = catalogue.defaultLayers();
  set({ layers: list.join() === plain.join() ? null : list });
}

function entry({ name, sign, label, note, body, description, hint }) {
  const on = shown().has(name), unfolded = open.has(name);
  const more = body || description ? iconButton("right", t(unfolded ? "fold" : "unfold", { what: label }), () => { if (unfolded) open.delete(name); else open.add(name); repaint(); },
    { class: "ib ib-s", "aria-expanded": String(unfolded) }) : null;
  return h("div", { class: on ? "ly" : "ly is-off", "data-layer": name },
    h("div", { class: "ly-r" }, h("label", {}, h("input", { type: "checkbox", checked: on, onchange: (event) => toggleLayer(name, event.target.checked) }), sign, h("span", { class: "cut", title: hint || null }, label)), h("span", { class: "ly-n" }, note), more),
    unfolded && description ? h("p", { class: "ly-d" }, description) : null,
    on && unfolded && body ? body() : null);
}

let host = null, tools = null;
/** Draws the tab into `node`. `more`: {tree, view, facets(name) → {level: {…}} or undefined}. */
export function paintLayers(node, more) { host = node; tools = more; repaint(); }

function repaint() {
  const focused = host.contains(document.activeElement) ? [...host.querySelectorAll("button, input")].indexOf(document.activeElement) : -1;
  const list = state().list;
  if (!repaint.list || repaint.list !== list) { open.add(list); if (repaint.list) open.delete(repaint.list); repaint.list = list; }
  clear(host, tools.tree.map(({ group, layers }) => {
    const names = layers.filter((name) => catalogue.isLayer(name));
    if (!names.length && group !== "risk") return null;
    const closed = folded.has(group);
    return [h("button", { type: "button", class: "lg-h", "aria-expanded": String(!closed), onclick: () => { if (closed) folded.delete(group); else folded.add(group); repaint(); } },
      icon(closed ? "right" : "down", "14"), t(`group.${group}`), closed ? h("span", { class: "end cut" }, names.map(catalogue.layerLabel).join("、")) : null),
    closed ? null : [group === "risk" ? pseudo() : null, names.map(real)]];
  }));
  if (focused >= 0) { const again = host.querySelectorAll("button, input")[focused]; if (again) again.focus(); }
}

function pseudo() {
  const districts = catalogue.allDistricts(), counts = {};
  for (const item of districts) counts[item.shown || 0] = (counts[item.shown || 0] || 0) + 1;
  const far = tools.view.view().zoom <= 9.4;
  return [
    entry({ name: catalogue.DISTRICTS, sign: icon("map"), label: t("districts"), note: far ? t("n.districts", { n: districts.length }) : t("zoom.less"), body: () => [legend(catalogue.DISTRICTS, [1, 2, 3, 4, 0], counts), slider()] }),
    entry({ name: catalogue.CELLS, sign: icon("hex"), label: t("cells"), note: far ? t("zoom.more") : `H3-${tools.view.view().resolution}`, description: t("cells.text"), body: () => legend(catalogue.CELLS, [1, 2, 3, 4], null) }),
  ];
}

function slider() {
  const output = h("output", {}, `${opacity}%`);
  return h("div", { class: "op" }, icon("opacity", "14"), h("input", { type: "range", min: 40, max: 100, value: opacity, "aria-label": t("opacity.of", { layer: t("districts") }),
    oninput: (event) => { opacity = Number(event.target.value); output.textContent = `${opacity}%`; tools.view.set({ fill: opacity / 100 }); } }), output);
}

function real(name) {
  const layer = catalogue.layer(name), facets = tools.facets(name);
  const counts = facets && facets.level;
  const choices = counts && counts[0] ? [1, 2, 3, 4, 0] : [1, 2, 3, 4];
  const zoom = tools.view.view().zoom, hidden = shown().has(name) && state().list !== name && zoom > 9.4 && zoom < Math.min(layer.look.min_zoom, 12);
  return entry({ name, sign: layerIcon(layer.look.icon), label: catalogue.layerLabel(name), note: hidden ? t("zoom.more") : count(layer.count), hint: said(layer.description), description: layer.look.by_level ? "" : said(layer.description),
    body: layer.look.by_level ? () => legend(name, choices, counts) : null });
}

export const openLayers = () => [...open].filter((name) => catalogue.isLayer(name) && catalogue.layer(name).look.by_level);
