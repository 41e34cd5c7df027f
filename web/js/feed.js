// Brings the map what its view and the state ask for: pills far out, cells and points nearer. Old answers never overtake new ones.

import { get as fetchJson, stop, stopped } from "./api.js";
import * as catalogue from "./catalogue.js";
import { count } from "./format.js";
import { loadH3 } from "./map/cells.js";
import { cellResolution, FAR } from "./map/zoom.js";
import { asked, boxText, path } from "./query.js";
import { filtersOf, get as state } from "./state.js";

const LEVELS = [0, 1, 2, 3, 4];
const padded = ([w, s, e, n], share) => { const dx = (e - w) * share, dy = (n - s) * share; return [w - dx, s - dy, e + dx, n + dy]; };
const within = (a, b) => a[0] >= b[0] && a[1] >= b[1] && a[2] <= b[2] && a[3] <= b[3];
const clipped = (box, city) => [Math.max(box[0], city[0] - 0.2), Math.max(box[1], city[1] - 0.2), Math.min(box[2], city[2] + 0.2), Math.min(box[3], city[3] + 0.2)];

/** Layers switched on: chosen ones, or the catalogue's own choice. */
export const shown = () => new Set(state().layers || catalogue.defaultLayers());

export class Feed {
  constructor(view, notice) {
    this.view = view; this.notice = notice;
    this.cellBox = null; this.cellRun = null; this.cellResolution = 0;
    this.points = new Map();                                  // layer → what its points on the map answer
    this.inView = {};                                         // layer → records within the view
    this.due = 0;
    this.pillsFor = ""; this.badgesFor = "";
  }

  /** What the map should hold is looked at again, once however often it is asked. */
  refresh() { if (!this.due) this.due = setTimeout(() => { this.due = 0; this._look(); }, 0); }

  /** The same at once; the promise is kept when all of it is on the map or has failed. */
  now() { clearTimeout(this.due); this.due = 0; return this._look(); }

  _look() {
    const s = state(), on = shown(), view = this.view.view(), far = view.zoom <= FAR;
    const levels = (name) => new Set(filtersOf(name).level || LEVELS);
    this.view.set({ districts: on.has(catalogue.DISTRICTS), levels: levels(catalogue.DISTRICTS), cells: on.has(catalogue.CELLS), cellLevels: levels(catalogue.CELLS) });
    return Promise.all([this._pills(s, far), this._badges(s, far), this._cells(view, on.has(catalogue.CELLS)), ...catalogue.all().map((layer) => this._points(layer, view, far, on.has(layer.name)))]);
  }

  async _pills(s, far) {
    if (!catalogue.isLayer(s.list) || !shown().has(s.list) || window.innerWidth < 600) { this.view.setPills(null, 0); this.pillsFor = ""; return; }
    const question = JSON.stringify([s.list, asked(s.list)]);
    if (!far || question === this.pillsFor) return;
    try {
      const counts = await fetchJson(path(s.list, "districts"), asked(s.list), { slot: "pills" });
      this.pillsFor = question;
      const level = filtersOf(s.list).level;
      this.view.setPills((code) => count(counts[code] || 0), level && level.length === 1 ? level[0] : 0);
      this.say("pills", null);
    } catch (error) { if (!stopped(error)) this.say("pills", error); }
  }

  /** What is on the map and not in the list, counted by district: far out single ones would be too small to see. */
  async _badges(s, far) {
    const layers = catalogue.all().filter((one) => shown().has(one.name) && one.name !== s.list).sort((a, b) => a.look.order - b.look.order);
    const question = JSON.stringify(layers.map((one) => [one.name, asked(one.name)]));
    if (!far || question === this.badgesFor) return;
    try {
      const counts = await Promise.all(layers.map((one) => fetchJson(path(one.name, "districts"), asked(one.name), { slot: `badges:${one.name}` })));
      this.badgesFor = question;
      this.view.setBadges(layers.map((one, i) => ({ icon: one.look.icon, text: (code) => (counts[i][code] ? count(counts[i][code]) : "") })));
      this.say("badges", null);
    } catch (error) { if (!stopped(error)) this.say("badges", error); }
  }

  async _cells(view, on) {
    const resolution = on ? cellResolution(view.zoom) : 0;
    if (!resolution) { this.view.setCells(null); this.cellBox = null; stop("cells"); return; }
    const city = this.view.bounds;
    const box = clipped(view.bbox, city);
    if (this.cellBox && this.cellResolution === resolution && within(box, this.cellBox)) return;
    const wanted = resolution === 7 ? clipped([-180, -85, 180, 85], city) : clipped(padded(view.bbox, 0.4), city);
    if (wanted[0] >= wanted[2] || wanted[1] >= wanted[3]) { this.view.setCells(null); return; }
    try {
      const [columns] = await Promise.all([fetchJson("/api/cells", { resolution, bbox: boxText(wanted) }, { slot: "cells" }), this.h3()]);
      if (cellResolution(this.view.view().zoom) !== resolution) return;
      this.cellBox = wanted; this.cellResolution = resolution;
      this.view.setCells(columns);
      this.say("cells", null);
    } catch (error) { if (!stopped(error)) this.say("cells", error); }
  }

  h3() { return loadH3(); }

  async _points(layer, view, far, on) {
    const look = { byLevel: layer.look.by_level, icon: layer.look.icon, order: layer.look.order };
    const own = state().list === layer.name;
    const hidden = !on || far || (view.zoom < Math.min(layer.look.min_zoom, 12) && !own);
    if (hidden) {
      stop(`points:${layer.name}`);
      this.points.delete(layer.name);
      this.view.setPoints(layer.name, null, look);
      return;
    }
    const exact = own && state().inView;                      // then map and list answer for the same box, to the record
    const question = JSON.stringify([asked(layer.name), exact && view.bbox]), zoom = Math.floor(view.zoom);
    const had = this.points.get(layer.name);
    if (had && had.question === question && had.zoom === zoom && within(view.bbox, had.box)) return;
    const box = exact ? view.bbox : padded(view.bbox, 0.15);
    try {
      const columns = await fetchJson(path(layer.name, "points"), asked(layer.name, { bbox: boxText(box), zoom }), { slot: `points:${layer.name}` });
      this.points.set(layer.name, { question, zoom, box });
      this.view.setPoints(layer.name, columns, look);
      this.say("points", null);
    } catch (error) { if (!stopped(error)) this.say("points", error); }
  }

  /** Grades changed: what was fetched before is not good any more. */
  forget() { this.cellBox = null; this.points.clear(); this.pillsFor = ""; this.badgesFor = ""; }

  say(what, error) { this.notice(what, error); }
}
