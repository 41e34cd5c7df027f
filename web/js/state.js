// The one state of the page, kept in the address. Deliberate acts are pushed, panning replaces.

import { blank, format, parse, tidyFilters } from "./url.js";

let state = blank();
const listeners = new Set();

export const get = () => state;
export const filtersOf = (layer) => state.filters[layer] || {};

/** Calls `run(state, changed)` after every change; `changed` names the keys. Returns the way to stop. */
export function watch(run) { listeners.add(run); return () => listeners.delete(run); }

function tell(changed) { for (const run of [...listeners]) run(state, changed); }
const same = (a, b) => a === b || JSON.stringify(a) === JSON.stringify(b);

function address() {
  const text = format(state);
  return location.pathname + (text ? `?${text}` : "");
}

/** Takes over some keys. `how`: "push" for what a person did, "replace" for what follows the map. */
export function set(patch, how = "push") {
  const next = { ...state, ...patch };
  const changed = new Set(Object.keys(patch).filter((key) => !same(state[key], next[key])));
  if (!changed.size) return;
  state = next;
  const to = address();
  if (to !== location.pathname + location.search) history[how === "push" ? "pushState" : "replaceState"](null, "", to);
  tell(changed);
}

/** Replaces the filters of one layer. */
export function setFilters(layer, filters) {
  const all = { ...state.filters };
  const tidy = tidyFilters(filters);
  if (Object.keys(tidy).length) all[layer] = tidy; else delete all[layer];
  set({ filters: all });
}

/** Reads the address once, with `defaults.list` where it names no list, and follows back and forward. */
export function start(defaults) {
  const read = () => {
    const query = new URLSearchParams(location.search);
    if (!parse(location.search).list) query.set("l", defaults.list);
    return parse(query.toString());
  };
  state = read();
  addEventListener("popstate", () => {
    const before = state;
    state = read();
    const changed = new Set(Object.keys(state).filter((key) => !same(before[key], state[key])));
    changed.add("history");
    tell(changed);
  });
}

/** The address of a changed state, for links that must work in a new tab. */
export const href = (patch) => { const text = format({ ...state, ...patch }); return text ? `?${text}` : location.pathname; };
