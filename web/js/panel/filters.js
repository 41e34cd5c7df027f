// Left panel, second tab: facets with counts. Each facet counts with its own choice left out.

import * as catalogue from "../catalogue.js";
import { clear, h, icon, mark } from "../dom.js";
import { count, levelName } from "../format.js";
import { said, t } from "../i18n.js";
import { filtersOf, get as state, setFilters } from "../state.js";
import { DANGER, DEFAULT_STATUS, STATUS, VERIFIED } from "../url.js";

const LONG = 12;
const SHORT = 8;
const needle = new Map();
const whole = new Set();

function choose(layer, key, value, on, radio) {
  const filters = { ...filtersOf(layer), attr: { ...(filtersOf(layer).attr || {}) } };
  if (radio) filters[key] = on ? value : undefined;
  else {
    const bag = key.startsWith("attr.") ? filters.attr : filters, name = key.startsWith("attr.") ? key.slice(5) : key;
    const now = bag[name] || (key === "status" ? DEFAULT_STATUS : []);
    bag[name] = on ? [...now, value] : now.filter((one) => one !== value);
  }
  setFilters(layer, filters);
}

/** One facet: {key, title, values: [{value, words, sign?}], counts, radio?, note?}. */
function facet(layer, { key, title, values, counts, radio = false, note = "" }, again) {
  const filters = filtersOf(layer);
  const chosen = key.startsWith("attr.") ? (filters.attr || {})[key.slice(5)] || [] : key === "status" ? filters.status || DEFAULT_STATUS : radio ? [filters[key]] : filters[key] || [];
  const text = (needle.get(layer + key) || "").toLowerCase();
  const matching = values.filter((one) => !text || one.words.toLowerCase().includes(text));
  const open = whole.has(layer + key) || matching.length <= SHORT;
  const seen = open ? matching : matching.filter((one, i) => i < SHORT - 2 || chosen.includes(one.value));
  return h("fieldset", { class: "sec", "data-facet": key }, h("legend", { class: "sr" }, title), h("div", { class: "sec-h" }, h("h2", { class: "h3" }, title), h("span", { class: "t12 c3 end" }, note)),
    values.length > LONG ? h("label", { class: "in in-s" }, h("span", { class: "sr" }, t("search.in", { what: title })), icon("search", "14"), h("input", { type: "search", placeholder: t("search.in", { what: title }), value: needle.get(layer + key) || "", "data-needle": key,
      oninput: (event) => { needle.set(layer + key, event.target.value); again(); } })) : null,
    h("div", { class: "fct" }, seen.map((one) => h("label", {}, h("input", { type: "checkbox", checked: chosen.includes(one.value), "data-value": one.value, onchange: (event) => choose(layer, key, one.value, event.target.checked, radio) }), one.sign || null, h("span", { class: "cut" }, one.words),
      counts ? h("span", { class: counts[one.value] ? "n" : "n is-0" }, count(counts[one.value] || 0)) : null))),
    !open ? h("button", { type: "button", class: "linkish", onclick: () => { whole.add(layer + key); again(); } }, t("rest", { n: matching.length - seen.length })) : null);
}

/** Draws the tab. `facets` are the API's, or undefined while they are on their way. */
export function paintFilters(node, facets) {
  const layer = state().list;
  const again = () => {
    const active = node.contains(document.activeElement) ? document.activeElement : null;
    const mark_ = active && (active.dataset.needle ? `[data-needle="${active.dataset.needle}"]` : active.dataset.value !== undefined ? `[data-facet="${active.closest("[data-facet]").dataset.facet}"] [data-value="${active.dataset.value}"]` : "");
    const at = active && active.selectionStart;
    draw();
    const back = mark_ && node.querySelector(mark_);
    if (back) { back.focus({ preventScroll: true }); if (at !== null && at !== undefined && back.type === "search") back.setSelectionRange(at, at); }
  };
  const draw = () => {
    if (layer === catalogue.DISTRICTS) {
      clear(node, facet(layer, { key: "level", title: t("level"), values: [1, 2, 3, 4, 0].map((n) => ({ value: n, words: levelName(n), sign: mark(n) })), counts: tally() }, again));
      return;
    }
    const spec = catalogue.layer(layer);
    if (!spec) { clear(node); return; }
    const f = facets || {};
    const level = f.level || {};
    clear(node,
      spec.look.by_level || Object.keys(level).some((key) => key !== "0") ? facet(layer, { key: "level", title: t("level"), values: [1, 2, 3, 4, 0].filter((n) => n || level[0]).map((n) => ({ value: n, words: levelName(n), sign: mark(n) })), counts: f.level }, again) : null,
      facet(layer, { key: "district", title: t("district"), values: catalogue.allDistricts().map((item) => ({ value: item.code, words: catalogue.districtName(item.code) })), counts: f.district, note: t("n.districts", { n: catalogue.allDistricts().length }) }, again),
      spec.fields.filter((field) => field.facet).map((field) => {
        const counts = f[`attr.${field.name}`], codes = optionCodes(field, counts);
        return codes.length ? facet(layer, { key: `attr.${field.name}`, title: said(field.label), values: codes.map((code) => ({ value: code, words: catalogue.option(field, code) })), counts }, again) : null;
      }),
      spec.look.by_level ? facet(layer, { key: "danger", title: t("danger"), radio: true, values: DANGER.map((one) => ({ value: one, words: t(`danger.${one}`) })), counts: f.danger }, again) : null,
      facet(layer, { key: "verified", title: t("verified"), radio: true, values: VERIFIED.map((one) => ({ value: one, words: t(`verified.${one}`) })), counts: f.verified }, again),
      facet(layer, { key: "status", title: t("status"), values: STATUS.map((one) => ({ value: one, words: t(`status.${one}`) })), counts: f.status }, again));
  };
  again();
}

const tally = () => { const out = {}; for (const item of catalogue.allDistricts()) out[item.shown || 0] = (out[item.shown || 0] || 0) + 1; return out; };

function optionCodes(field, counts) {
  const declared = (field.options || []).map((one) => String(one.code));
  const found = Object.keys(counts || {}).filter((code) => code !== "" && code !== "null" && !declared.includes(code));
  const all = [...declared, ...found];
  return counts ? all.sort((a, b) => (counts[b] || 0) - (counts[a] || 0)) : all;
}
