// The map as the rest of the page sees it: what to show goes in, what a person does comes out. Nobody else speaks to Leaflet.

import { CanvasLayer } from "./canvas.js";
import { cellAt, cellData, cellInfo, paintCellRing, paintCells, setCells } from "./cells.js";
import { districtAt, forgetHatches, outlines, paintBorders, paintGround, setLevels, setOutlines, setWater } from "./ground.js";
import { paintDistrictLabels } from "./labels.js";
import { metresPerPixel, unitX, unitY } from "./mercator.js";
import { figure, token, usePalette } from "./palette.js";
import { drawnAt, drawnCount, find, hitPoint, itemsOf, paintPoints, setPoints } from "./points.js";
import { drawMark, drawRing, forgetStamps, loadIcon } from "./symbols.js";
import { FAR, MAX_FLY, RECORD_ZOOM, cellResolution } from "./zoom.js";

const LEVELS = new Set([0, 1, 2, 3, 4]);
const same = (a, b) => a === b || (a instanceof Set && b instanceof Set && a.size === b.size && [...a].every((one) => b.has(one)));
const still = () => window.matchMedia("(prefers-reduced-motion: reduce)").matches;

export class MapView {
  /** `box`: the section around; `shell`: what Folium left ({map, bounds}); `say(event, detail)` is told what happens. */
  constructor(box, shell, say) {
    this.box = box; this.map = shell.map; this.bounds = shell.bounds; this.say = say;
    this.show = { fill: figure("--map-fill-a"), levels: LEVELS, cellLevels: LEVELS, cells: true, cellOpacity: 1, districts: true, tiles: false, names: true, k: 1, labels: true };
    this.labelItems = []; this.labelHits = []; this.chosen = { district: "", cell: "", point: null };
    this.hovered = { point: null, cell: "" }; this.waiting = false;
    this.deliberate = false; this.pulse = 0; this.mode = null;
    usePalette(box);
    this.map.attributionControl && this.map.attributionControl.setPrefix(false);
    this._panes();
    this._listen();
  }

  _panes() {
    const pane = (name, z) => { const node = this.map.createPane(name); node.style.zIndex = z; node.style.pointerEvents = "none"; return name; };
    const layer = (name, z, paint, options) => new CanvasLayer(paint, { pane: pane(name, z), ...options }).addTo(this.map);
    this.map.setView([(this.bounds[1] + this.bounds[3]) / 2, (this.bounds[0] + this.bounds[2]) / 2], 9, { animate: false });
    this.ground = layer("rm-ground", 250, (g, at) => {
      this.filled = paintGround(g, at, { fill: this.show.districts ? this.show.fill : 0, levels: this.show.levels, tiles: this.show.tiles, k: this.show.k, far: this.show.far });
    }, { empty: () => this.waiting || !outlines().length });
    this.hexes = layer("rm-hexes", 300, (g, at) => { if (this.cellsOn()) paintCells(g, at, { levels: this.show.cellLevels, opacity: this.show.cellOpacity }); }, { empty: () => this.waiting || !cellData() || !this.cellsOn() });
    this.things = layer("rm-things", 400, (g, at) => this._paintThings(g, at), { empty: () => this.waiting || !outlines().length });
    this.rings = layer("rm-rings", 450, (g, at) => this._paintRings(g, at), { padding: 0.05, empty: () => this.waiting || !this.mode && ![this.hovered.point, this.hovered.cell, this.chosen.point, this.chosen.cell].some(Boolean) });
  }

  _paintThings(g, at) {
    paintBorders(g, at, this.filled, this.chosen.district, this.show.k);
    const far = at.zoom <= (this.show.far || FAR);
    const taken = far ? [] : paintPoints(g, at, { names: this.show.names, chosen: this.chosen.point });
    this.markBox = null;
    const point = this.chosen.point;
    if (far && point && point.lon !== undefined) this.markBox = [at.x(point.lon) - 12, at.y(point.lat) - 12, at.x(point.lon) + 12, at.y(point.lat) + 12];
    if (!this.show.labels) return;
    this.labelHits = paintDistrictLabels(g, at, this.labelItems, { size: Math.round((this.show.k > 1 ? 22 : 20) * this.show.k), soft: !far, edge: (at.width - this.map.getSize().x) / 2, taken: far && this.markBox ? [this.markBox] : taken });
  }

  _paintRings(g, at) {
    if (this.chosen.cell && this.cellsOn()) paintCellRing(g, at, this.chosen.cell, true);
    if (this.hovered.cell && this.cellsOn()) paintCellRing(g, at, this.hovered.cell, false);
    for (const [point, selected] of [[this.hovered.point, false], [this.chosen.point, true]]) {
      if (!point || point.lon === undefined) continue;
      const hit = point.id !== undefined && at.zoom > FAR ? drawnAt(point.layer, point.id) : null;
      const dx = hit ? this._delta(at).x : 0, dy = hit ? this._delta(at).y : 0;
      const x = hit ? hit.x + dx : at.x(point.lon), y = hit ? hit.y + dy : at.y(point.lat);
      drawRing(g, x, y, Math.max(10, hit ? hit.r + 3 : 10) + (selected ? this.pulse : 0), selected);
      if (selected && !hit && point.level !== undefined) drawMark(g, x, y, point.level, 14, at.ratio);
    }
    if (this.mode && this.mode.paint) this.mode.paint(g, at);
  }

  /** From the frame of the things canvas to that of the rings canvas. */
  _delta() { const a = this.things.offset(), b = this.rings.offset(); return { x: a.x - b.x, y: a.y - b.y }; }

  cellsOn() { return this.show.cells && cellResolution(this.map.getZoom()) > 0 && !(this.show.far && this.map.getZoom() <= this.show.far); }

  _listen() {
    const map = this.map;
    map.on("moveend", () => { this.say("move", { ...this.view(), deliberate: this.deliberate }); });
    map.on("dragstart zoomstart", () => { this.deliberate = true; this.setHover(null); this.say("tip", null); });
    map.on("click", (event) => this.mode ? this.mode.click(event.latlng) : this.say("click", this._at(event)));
    map.on("dblclick", () => this.say("dblclick", null));
    let due = 0, last = null;
    map.on("mousemove", (event) => { last = event; if (!due) due = requestAnimationFrame(() => { due = 0; this._hover(last); }); });
    map.getContainer().addEventListener("mouseleave", () => { cancelAnimationFrame(due); due = 0; this._hover(null); });
    new ResizeObserver(() => map.invalidateSize({ pan: false, animate: false })).observe(map.getContainer());
  }

  /** What lies under a pointer: {kind: "point" | "cluster" | "cell" | "district" | "nothing", …}. */
  _at(event) {
    const { lat, lng } = event.latlng, point = event.containerPoint, zoom = this.map.getZoom();
    const far = zoom <= (this.show.far || FAR), offset = this.things.offset();
    const x = point.x - offset.x, y = point.y - offset.y;
    if (!far) {
      const hit = hitPoint(x, y);
      if (hit) return { kind: hit.item.n > 1 ? "cluster" : "point", layer: hit.layer, ...hit.item, x: point.x, y: point.y };
      if (this.cellsOn() && window.h3) {
        const cell = cellAt(lat, lng, cellResolution(zoom)), info = cellInfo(cell);
        if (info && this.show.cellLevels.has(info.level)) return { kind: "cell", ...info, lat, lng, x: point.x, y: point.y };
      }
    }
    const label = far && this.labelHits.find(({ box }) => x >= box[0] && x <= box[2] && y >= box[1] && y <= box[3]);
    const district = label ? { code: label.code } : districtAt(unitX(lng), unitY(lat));
    if (district && far) return { kind: "district", code: district.code, x: point.x, y: point.y };
    return { kind: "nothing", lat, lng, district: district ? district.code : "", x: point.x, y: point.y };
  }

  _hover(event) {
    const at = event && !this.mode && !(this.map.dragging.moved && this.map.dragging.moving()) ? this._at(event) : { kind: "nothing" };
    const hit = at.kind !== "nothing";
    this.map.getContainer().classList.toggle("is-hit", hit);
    this.setHover(at.kind === "point" || at.kind === "cluster" ? at : null, at.kind === "cell" ? at.cell : "");
    this.say("hover", hit ? at : null);
  }

  view() {
    const center = this.map.getCenter(), zoom = this.map.getZoom(), box = this.map.getBounds();
    return { lat: center.lat, lng: center.lng, zoom, bbox: [box.getWest(), box.getSouth(), box.getEast(), box.getNorth()], resolution: cellResolution(zoom) };
  }

  metresPerPixel() { return metresPerPixel(this.map.getCenter().lat, this.map.getZoom()); }

  /** The whole city, leaving `right` pixels for the inset. */
  fitCity(animate = false, pad = [18, 18, 18, 18]) {
    this.deliberate = animate;
    const [w, s, e, n] = this.bounds;
    this.map.fitBounds([[s, w], [n, e]], { animate: animate && !still(), duration: 0.35, paddingTopLeft: [pad[3], pad[0]], paddingBottomRight: [pad[1], pad[2]] });
  }

  fitBox([w, s, e, n], animate = true) { this.deliberate = true; this.map.fitBounds([[s, w], [n, e]], { animate: animate && !still(), duration: 0.35, padding: [24, 24], maxZoom: MAX_FLY }); }
  setView({ lat, lng, zoom }) { this.map.setView([lat, lng], zoom, { animate: false }); }
  zoomBy(step) { this.deliberate = true; this.map.setZoom(Math.round((this.map.getZoom() + step) * 2) / 2); }

  /** Goes to a place, not farther in than `zoom` and never out. */
  flyTo(lon, lat, zoom = RECORD_ZOOM) {
    this.deliberate = true;
    const to = Math.min(MAX_FLY, Math.max(zoom, this.map.getZoom()));
    this.map.setView([lat, lon], to, { animate: !still() && this.map.getZoom() > to - 4, duration: 0.35 });
  }

  /** Moves so that a place is in the free part of the map, without zooming. */
  panInto(lon, lat, covered = 0) {
    const point = this.map.latLngToContainerPoint([lat, lon]), size = this.map.getSize();
    const free = size.y - covered;
    if (point.x > 24 && point.y > 24 && point.x < size.x - 24 && point.y < free - 24) return;
    this.deliberate = true;
    this.map.panBy([point.x - size.x / 2, point.y - free / 2], { animate: !still(), duration: 0.3 });
  }

  /** Between `hold` and `go` things come in and nothing is painted: a picture costs an old machine a quarter of a second. */
  hold() { this.waiting = true; }
  go() { this.waiting = false; this.repaint(); }

  // what to show
  setOutlines(collection) { setOutlines(collection); this.repaint(); }
  setWater(collection) { setWater(collection); this.ground.repaint(); }

  /** `districts`: of the API; `pills`: code → text, `pillLevel`: the mark in the pill. */
  setDistricts(districts, name) {
    setLevels(new Map(districts.map((item) => [item.code, item.shown || 0])));
    const shapes = new Map(outlines().map((item) => [item.code, item.shape.box]));
    this.labelItems = districts.filter((item) => item.label).map((item) => {
      const box = shapes.get(item.code) || [0, 0, 1, 1];
      return { code: item.code, lon: item.label[0], lat: item.label[1], level: item.shown || 0, name: name(item), area: item.area_km2 || 0, pill: "", pillLevel: 0, badges: [],
        room: (at) => Math.min((box[2] - box[0]) * at.scale, (box[3] - box[1]) * at.scale) };
    });
    this.repaint();
  }

  setPills(counts, level) {
    for (const item of this.labelItems) { item.pill = counts ? counts(item.code) : ""; item.pillLevel = level; }
    this.things.repaint();
  }

  /** Counts of facilities by district while single ones are too small to see: [{icon, text(code)}]; an empty text is left out. */
  setBadges(layers) {
    for (const { icon } of layers) loadIcon(icon, () => this.things.repaint());
    for (const item of this.labelItems) item.badges = layers.map(({ icon, text }) => ({ icon, text: text(item.code) })).filter((one) => one.text);
    this.things.repaint();
  }

  setCells(columns) { setCells(columns); this.hexes.repaint(); this.rings.repaint(); }
  setPoints(name, columns, look) { if (columns) loadIcon(look.icon, () => this.things.repaint()); setPoints(name, columns, look); this.things.repaint(); this.rings.repaint(); }
  set(patch) {
    const changed = Object.keys(patch).some((key) => !same(this.show[key], patch[key]));
    Object.assign(this.show, patch);
    if (changed) this.repaint();
  }
  repaint() { this.ground.repaint(); this.hexes.repaint(); this.things.repaint(); this.rings.repaint(); }

  /** The theme changed: every colour is read again. */
  recolour() { usePalette(this.box); forgetStamps(); forgetHatches(); this.show.fill = figure("--map-fill-a"); this.repaint(); }

  setHover(point, cell = "") {
    const old = this.hovered;
    if (old.cell === cell && (old.point && old.point.id) === (point && point.id) && (old.point && old.point.cell) === (point && point.cell)) return;
    this.hovered = { point, cell };
    this.rings.repaint();
  }

  /** `point`: {layer, id, lon, lat} or null. A new selection pulses three times within two seconds, then stands. */
  choose({ point = null, district = "", cell = "" }) {
    const old = this.chosen;
    this.chosen = { point, district, cell };
    if (old.district !== district || (old.point && old.point.id) !== (point && point.id)) this.things.repaint();
    this.rings.repaint();
    if (point && !still() && (!old.point || old.point.id !== point.id)) this._flash();
  }

  _flash() {
    const began = performance.now(), point = this.chosen.point;
    const step = (now) => {
      const passed = now - began;
      this.pulse = passed < 1800 && this.chosen.point === point ? 6 * Math.abs(Math.sin((passed / 600) * Math.PI)) : 0;
      this.rings.repaint();
      if (this.pulse || (passed < 1800 && this.chosen.point === point)) requestAnimationFrame(step);
    };
    requestAnimationFrame(step);
  }

  /** What the map holds of a layer: ids of single records, how many records in all, how many of them are drawn. */
  held(layer) { const items = itemsOf(layer); return { ids: items.filter((one) => one.id !== undefined).map((one) => one.id), all: items.reduce((sum, one) => sum + one.n, 0), drawn: drawnCount(layer) }; }

  /** The drawn place of a record, if the map has it. */
  place(layer, id) { const item = find(layer, id); return item ? { layer, id, lon: item.lon, lat: item.lat } : null; }

  /** Tile sources from below to above; none for the product's own ground. */
  async setTiles(sources, onError) {
    this.wanted = sources;
    const { tileLayer } = sources.length ? await import("./tiles.js") : {};
    if (this.wanted !== sources) return;
    for (const old of this.tiles || []) old.remove();
    this.tiles = sources.map((one) => tileLayer(one, onError).addTo(this.map));
    this.set({ tiles: sources.length > 0 });
  }

  /** Takes over clicks (measuring); null gives them back. */
  setMode(mode) { this.mode = mode; this.map.getContainer().style.cursor = mode ? "crosshair" : ""; this.rings.repaint(); }
  colour(name) { return token(name); }
}
