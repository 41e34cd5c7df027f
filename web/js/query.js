// The one question that list, map, counts and export ask of a layer.

import { filtersOf, get as state } from "./state.js";
import { apiFilters } from "./url.js";

export const boxText = (box) => box.map((value) => value.toFixed(6)).join(",");

/** Filters of a layer; the search words belong to the list's own layer. */
export function asked(layer, more = {}) {
  const s = state();
  return apiFilters(filtersOf(layer), { q: layer === s.list ? s.q : "", ...more });
}

export const path = (layer, tail) => `/api/layers/${layer}/${tail}`;
