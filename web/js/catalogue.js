// What the server declares: layers with their fields, districts, the last grading run, the city's status. Loaded once, districts again on need.

import { get } from "./api.js";
import { said, t } from "./i18n.js";

const layers = new Map();
let districts = [];
let run = null;
let status = {};
let codes = {};

export const DISTRICTS = "districts";   // two lists that are no layers
export const CELLS = "cells";

export async function loadLayers() {
  const body = await get("/api/layers", {}, { keep: 0 });
  codes = body.codes || {};
  for (const layer of body.layers) layers.set(layer.name, layer);
  return layers;
}

export async function loadDistricts(asOf = "") {
  const body = await get("/api/districts", asOf ? { as_of: asOf } : {}, { slot: "districts" });
  districts = body.districts;
  run = body.run;
  return districts;
}

export async function loadStatus() { status = await get("/api/status", {}, { keep: 0, slot: "status" }); return status; }

export const all = () => [...layers.values()];
export const layer = (name) => layers.get(name);
export const isLayer = (name) => layers.has(name);
export const allDistricts = () => districts;
export const gradingRun = () => run;
export const cityStatus = () => status;
export const district = (code) => districts.find((item) => item.code === code);
export const districtName = (code) => { const item = district(code); return item ? said({ zh: item.name, en: item.name_en }) : code || t("unknown"); };
export const layerLabel = (name) => (name === DISTRICTS ? t("list.districts") : layers.has(name) ? said(layers.get(name).label) : name);
export const field = (name, attribute) => { const one = layers.get(name); return one && one.fields.find((item) => item.name === attribute); };
export const defaultLayers = () => [DISTRICTS, CELLS, ...all().filter((item) => item.look.default_on).map((item) => item.name)].sort();
export const defaultList = () => { const first = all().find((item) => item.look.by_level && item.look.default_on) || all()[0]; return first ? first.name : DISTRICTS; };

/** The words of one code of a field. */
export function option(spec, code) {
  const list = (spec && spec.options && spec.options.length ? spec.options : spec && codes[spec.codes]) || [];
  const found = list.find((item) => String(item.code) === String(code));
  return found ? said(found) || String(code) : String(code);
}

/** A value of a field as a person reads it, or null where it is missing. */
export function valueText(spec, value) {
  if (value === null || value === undefined || value === "") return null;
  if (!spec) return Array.isArray(value) ? value.join("、") : String(value);
  if (spec.type === "boolean") return t(value ? "yes" : "no");
  if (spec.type === "codes") return (Array.isArray(value) ? value : [value]).map((code) => option(spec, code)).join("、");
  if (spec.type === "code") return option(spec, value);
  if (spec.type === "integer" || spec.type === "number") return `${Number(value).toLocaleString(document.documentElement.lang)}${spec.unit ? ` ${spec.unit}` : ""}`;
  return String(value);
}

/** Sorts offered for a list: [value, words]. */
export function sorts(name) {
  if (name === DISTRICTS) return [["", t("sort.level")], ["-d", "D"], ["-t", "T"], ["code", t("sort.code")]];
  const byLevel = layers.has(name) && layers.get(name).look.by_level;
  return [...(byLevel ? [["effective_level", t("sort.level")]] : []), ["name", t("sort.name")], ["code", t("sort.code")], ["-verified_on", t("sort.newest")], ["verified_on", t("sort.oldest")], ["district", t("sort.district")]];
}
export const defaultSort = (name) => sorts(name)[0][0];
