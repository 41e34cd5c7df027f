// What is filtered, in words, and how to take one filter away.

import * as catalogue from "../catalogue.js";
import { NUMERAL, levelName } from "../format.js";
import { said, t } from "../i18n.js";
import { filtersOf } from "../state.js";

/** How many filters a layer has on. */
export function filterCount(filters) { return Object.keys(filters).filter((key) => key !== "attr").length + Object.keys(filters.attr || {}).length; }

/** The words of one filter: 等级：Ⅰ Ⅱ. */
export function filterName(layer, key) {
  const filters = filtersOf(layer);
  if (key === "level") return t("chip", { field: t("level"), value: filters.level.map((n) => (filters.level.length === 1 ? levelName(n) : NUMERAL[n] || t("level.0"))).join(" ") });
  if (key === "district") return t("chip", { field: t("district"), value: few(filters.district.map(catalogue.districtName)) });
  if (key === "status") return t("chip", { field: t("status"), value: few(filters.status.map((one) => t(`status.${one}`))) });
  if (key === "danger") return t("chip", { field: t("danger"), value: t(`danger.${filters.danger}`) });
  if (key === "verified") return t("chip", { field: t("verified"), value: t(`verified.${filters.verified}`) });
  if (key === "parent") return t("chip", { field: t("parent"), value: String(filters.parent) });
  const spec = catalogue.field(layer, key.slice(5));
  return t("chip", { field: spec ? said(spec.label) : key.slice(5), value: few((filters.attr || {})[key.slice(5)].map((code) => catalogue.option(spec, code))) });
}
const few = (values) => (values.length > 2 ? t("few", { first: values[0], n: values.length }) : values.join("、"));

export const filterKeys = (filters) => [...Object.keys(filters).filter((key) => key !== "attr"), ...Object.keys(filters.attr || {}).map((name) => `attr.${name}`)];

/** The filters of a layer without one of them. */
export function without(layer, key) {
  const filters = filtersOf(layer), rest = { ...filters, attr: { ...(filters.attr || {}) } };
  if (key.startsWith("attr.")) delete rest.attr[key.slice(5)]; else delete rest[key];
  return rest;
}
