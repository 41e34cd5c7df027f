// A list without rows: why it is empty, and what each filter left out would give.

import { get as fetchJson } from "../api.js";
import * as catalogue from "../catalogue.js";
import { clear, h } from "../dom.js";
import { count } from "../format.js";
import { t } from "../i18n.js";
import { path } from "../query.js";
import { filtersOf, get as state, set, setFilters } from "../state.js";
import { apiFilters } from "../url.js";
import { filterKeys, filterName, without } from "./chips.js";
import { block } from "./notice.js";

/** 筛选无结果: what each filter left out would give. */
export async function emptyList(note, current) {
  const s = state(), filters = filtersOf(s.list), say = (node) => clear(note, node);
  const keys = filterKeys(filters);
  const clearAll = [t("clear.all"), () => set({ filters: { ...s.filters, [s.list]: {} }, q: "", inView: false }), true];
  if (!keys.length && !s.q && !s.inView) { say(block({ title: t("empty.first", { layer: catalogue.layerLabel(s.list) }), text: t("empty.first.text") })); return; }
  const chips = h("div", { class: "col" });
  say(block({ name: "filter", title: t("empty.filter", { layer: catalogue.layerLabel(s.list) }), text: t("empty.filter.text"), extra: chips, actions: [clearAll] }));
  if (s.inView) chips.append(h("button", { type: "button", class: "chip", onclick: () => set({ inView: false }) }, t("without", { what: t("inview") })));
  if (s.q) chips.append(h("button", { type: "button", class: "chip", onclick: () => set({ q: "" }) }, t("without", { what: `${t("search")} ${s.q}` })));
  for (const key of keys) {
    const chip = h("button", { type: "button", class: "chip", onclick: () => setFilters(s.list, without(s.list, key)) }, t("without", { what: filterName(s.list, key) }));
    chips.append(chip);
    if (s.list === catalogue.DISTRICTS) continue;
    try {
      const body = await fetchJson(path(s.list, "count"), apiFilters(without(s.list, key), { q: s.q }));
      if (current()) chip.append(h("span", { class: "n" }, t("n.items", { n: count(body.count) })));
    } catch (error) { /* the way out stands without its number */ }
  }
}
