// State ⇄ query string. Pure: no page, no history. Unknown keys are ignored; what is written is canonical (same state, same text).

/** @typedef {{level?: number[], district?: string[], status?: string[], danger?: string, verified?: string, parent?: number, attr?: Object<string, string[]>}} Filters */
/** @typedef {{view: ?{lat: number, lng: number, zoom: number}, layers: ?string[], list: string, filters: Object<string, Filters>, q: string,
 *   inView: boolean, id: ?{layer: string, id: number}, district: string, cell: string, why: boolean, on: string, sort: string, base: string,
 *   mode: string, lang: string, theme: string}} State */

export const DANGER = ["open", "major", "overdue"];
export const VERIFIED = ["valid", "lapsed", "unknown"];
export const STATUS = ["approved", "incomplete", "retired"];
export const DEFAULT_STATUS = ["approved", "incomplete"];
const NAME = /^[a-z][a-z0-9_]{0,39}$/;
const DAY = /^\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])$/;
const SORT = /^-?[a-z][a-z0-9_]{0,39}$/;

/** The state nobody has touched. */
export const blank = () => ({
  view: null, layers: null, list: "", filters: {}, q: "", inView: false, id: null, district: "", cell: "", why: false, on: "", sort: "", base: "",
  mode: "", lang: "", theme: "",
});

const round = (value, digits) => Number(value.toFixed(digits));
const split = (text) => text.split(",").map((part) => part.replace(/%2C/g, ",").replace(/%25/g, "%")).filter((part) => part !== "");
const joined = (values) => values.map((value) => String(value).replace(/%/g, "%25").replace(/,/g, "%2C")).join(",");
const sorted = (values) => [...new Set(values)].sort((a, b) => (a < b ? -1 : a > b ? 1 : 0));

function view(text) {
  const [lat, lng, zoom] = text.split(",").map(Number);
  if (![lat, lng, zoom].every(Number.isFinite) || Math.abs(lat) > 85 || Math.abs(lng) > 180 || zoom < 0 || zoom > 22) return null;
  return { lat: round(lat, 5), lng: round(lng, 5), zoom: round(zoom, 2) };
}

/** One filter value by its key, or undefined when it says nothing. */
function filterValue(key, text) {
  if (key === "level") {
    const levels = sorted(split(text).map(Number).filter((n) => Number.isInteger(n) && n >= 0 && n <= 4));
    return levels.length ? levels : undefined;
  }
  if (key === "danger") return DANGER.includes(text) ? text : undefined;
  if (key === "verified") return VERIFIED.includes(text) ? text : undefined;
  if (key === "parent") return /^\d{1,15}$/.test(text) ? Number(text) : undefined;
  const values = sorted(split(text));
  if (key === "district") { const codes = values.filter((code) => /^\d{6}$/.test(code)); return codes.length ? codes : undefined; }
  if (key === "status") {
    const states = values.filter((state) => STATUS.includes(state));
    return states.length && joined(states) !== joined(sorted(DEFAULT_STATUS)) ? states : undefined;
  }
  return values.length ? values : undefined;
}

const OWN = ["level", "district", "status", "danger", "verified", "parent"];

/** Filters without empty ones; values sorted, unknown ones dropped. */
export function tidyFilters(filters) {
  const out = {};
  for (const key of OWN) {
    const value = filters[key];
    if (value === undefined || value === null || value === "") continue;
    const kept = filterValue(key, Array.isArray(value) ? joined(value) : String(value));
    if (kept !== undefined) out[key] = kept;
  }
  const attr = {};
  for (const name of Object.keys(filters.attr || {}).sort()) {
    if (!NAME.test(name) || OWN.includes(name)) continue;
    const kept = filterValue("", joined(filters.attr[name] || []));
    if (kept !== undefined) attr[name] = kept;
  }
  if (Object.keys(attr).length) out.attr = attr;
  return out;
}

/** @returns {State} */
export function parse(query) {
  const given = new URLSearchParams(query);
  const state = blank();
  const list = given.get("l") || "";
  if (NAME.test(list)) state.list = list;
  if (given.has("v")) state.view = view(given.get("v"));
  if (given.has("layers")) state.layers = sorted(split(given.get("layers")).filter((name) => NAME.test(name)));
  state.q = (given.get("q") || "").slice(0, 200).trim();
  state.inView = given.get("view") === "1";
  const id = /^(?:([a-z][a-z0-9_]{0,39}):)?(\d{1,15})$/.exec(given.get("id") || "");
  if (id && (id[1] || state.list)) state.id = { layer: id[1] || state.list, id: Number(id[2]) };
  if (/^\d{6}$/.test(given.get("district") || "")) state.district = given.get("district");
  if (/^8[0-9a-f]{14}$/.test(given.get("cell") || "")) state.cell = given.get("cell");
  state.why = given.get("why") === "1" && state.district !== "";
  if (DAY.test(given.get("on") || "")) state.on = given.get("on");
  if (SORT.test(given.get("sort") || "")) state.sort = given.get("sort");
  if (/^[a-z0-9_-]{1,40}$/.test(given.get("base") || "")) state.base = given.get("base");
  if (given.get("mode") === "wall") state.mode = "wall";
  if (["zh-CN", "en"].includes(given.get("lang"))) state.lang = given.get("lang");
  if (["dark", "light"].includes(given.get("theme"))) state.theme = given.get("theme");
  for (const [key, text] of given) {
    if (!key.startsWith("f.")) continue;
    const path = key.slice(2).split(".");
    const layer = path.length === 2 ? path[0] : state.list;
    const name = path[path.length - 1];
    if (path.length > 2 || !NAME.test(layer) || !NAME.test(name)) continue;
    const filters = state.filters[layer] || (state.filters[layer] = {});
    const value = filterValue(OWN.includes(name) ? name : "", text);
    if (value === undefined) continue;
    if (OWN.includes(name)) filters[name] = value;
    else (filters.attr || (filters.attr = {}))[name] = value;
  }
  for (const layer of Object.keys(state.filters)) {
    state.filters[layer] = tidyFilters(state.filters[layer]);
    if (!Object.keys(state.filters[layer]).length) delete state.filters[layer];
  }
  return state;
}

function filterPairs(prefix, filters) {
  const pairs = [];
  for (const key of OWN) if (filters[key] !== undefined) pairs.push([`f.${prefix}${key}`, Array.isArray(filters[key]) ? joined(filters[key]) : String(filters[key])]);
  for (const [name, values] of Object.entries(filters.attr || {})) pairs.push([`f.${prefix}${name}`, joined(values)]);
  return pairs;
}

/** The query string of a state, without "?". */
export function format(state) {
  const pairs = [];
  const put = (key, value) => { if (value) pairs.push([key, String(value)]); };
  if (state.view) put("v", [round(state.view.lat, 5), round(state.view.lng, 5), round(state.view.zoom, 2)].join(","));
  if (state.layers) pairs.push(["layers", joined(sorted(state.layers))]);
  put("l", state.list);
  for (const layer of Object.keys(state.filters).sort()) {
    if (!NAME.test(layer)) continue;
    pairs.push(...filterPairs(layer === state.list ? "" : `${layer}.`, tidyFilters(state.filters[layer])));
  }
  put("q", state.q);
  put("view", state.inView ? "1" : "");
  if (state.id) put("id", state.id.layer === state.list ? state.id.id : `${state.id.layer}:${state.id.id}`);
  put("district", state.district);
  put("cell", state.cell);
  put("why", state.why && state.district ? "1" : "");
  for (const key of ["on", "sort", "base", "mode", "lang", "theme"]) put(key, state[key]);
  return pairs.map(([key, value]) => `${key}=${encodeURIComponent(value).replace(/%2C/g, ",").replace(/%3A/g, ":")}`).join("&");
}

/** The parameters of the API for one layer's filters: the same for list, map, facets, counts and export. */
export function apiFilters(filters, more = {}) {
  const out = {};
  const tidy = tidyFilters(filters || {});
  for (const key of OWN) if (tidy[key] !== undefined) out[key] = Array.isArray(tidy[key]) ? tidy[key].join(",") : String(tidy[key]);
  for (const [name, values] of Object.entries(tidy.attr || {})) out[`attr.${name}`] = values.join(",");
  for (const [key, value] of Object.entries(more)) if (value !== null && value !== undefined && value !== "") out[key] = String(value);
  return out;
}
