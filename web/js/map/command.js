// The map of an incident: the zone that decides and the shapes in it, who is sent where, shelters that may not be used struck out.

import { CanvasLayer } from "./canvas.js";
import { outlines, paintBorders, paintGround, setOutlines, setWater } from "./ground.js";
import { metresPerPixel, shapeOf, trace } from "./mercator.js";
import { token, usePalette } from "./palette.js";
import { drawFacility, drawRing, forgetStamps, label, loadIcon } from "./symbols.js";

const STEPS = [10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10000, 20000];
const STRUCK = new Set(["in_zone", "downwind"]);
const FILL = [0.62, 0.26, 0.1];                // the worst level first
const icon = (layer) => `/static/layers/${layer}/icon.svg`;

export class CommandMap {
  /** `pick(lon, lat)`: a place was chosen by a click, or by Enter in the middle; `scale(metres, pixels)` writes a length. */
  constructor(node, { pick, scale, bounds }) {
    this.node = node; this.plan = null; this.place = null; this.shapes = []; this.chosen = null;
    usePalette(node);
    this.map = L.map(node, { attributionControl: false, zoomControl: false, keyboard: true, minZoom: 7, maxZoom: 19, zoomSnap: 0.25, zoomAnimation: false, fadeAnimation: false });
    const [w, s, e, n] = bounds;
    this.map.fitBounds([[s, w], [n, e]], { animate: false });
    const pane = (name, z) => { const made = this.map.createPane(name); made.style.zIndex = z; made.style.pointerEvents = "none"; return name; };
    this.ground = new CanvasLayer((g, at) => { paintGround(g, at, { fill: 0, levels: new Set(), tiles: this.tiled }); paintBorders(g, at, false, ""); }, { pane: pane("rc-ground", 250), empty: () => !outlines().length }).addTo(this.map);
    this.things = new CanvasLayer((g, at) => this._paint(g, at), { pane: pane("rc-things", 400), empty: () => !this.place }).addTo(this.map);
    this.map.on("zoomend moveend", () => this._scale(scale));
    this.map.on("click", (event) => pick(event.latlng.lng, event.latlng.lat));
    node.addEventListener("keydown", (event) => {
      if (event.key !== "Enter" || event.target !== node) return;
      const middle = this.map.getCenter();
      pick(middle.lng, middle.lat);
      event.preventDefault();
    });
    new ResizeObserver(() => { this.map.invalidateSize({ pan: false, animate: false }); }).observe(node);
    for (const layer of ["shelter", "depot", "rescue_team", "protected_site"]) loadIcon(icon(layer), () => this.things.repaint());
  }

  land(districts, water) { setOutlines(districts); setWater(water); this.repaint(); }
  zoomBy(step) { this.map.setZoom(this.map.getZoom() + step); }
  repaint() { this.ground.repaint(); this.things.repaint(); }
  recolour() { usePalette(this.node); forgetStamps(); this.repaint(); }

  /** Only a place so far: nothing is known of what follows. */
  at(lon, lat) { this.place = { lon, lat }; this.plan = null; this.shapes = []; this.map.setView([lat, lon], Math.max(12, this.map.getZoom()), { animate: false }); this.repaint(); }

  /** A plan; `go` moves the view to it. */
  show(plan, go) {
    this.plan = plan; this.place = plan.place;
    this.shapes = [...plan.zone.levels].reverse().map((one, i) => ({ shape: shapeOf(one.shape), alpha: FILL[plan.zone.levels.length - 1 - i] || 0.1, name: one.name }));
    this.zone = shapeOf(plan.zone.shape);
    if (go || !this._seen()) this.fit();
    this.repaint();
  }

  _corners() {
    const all = (plan) => (plan.zone.shape.type === "Polygon" ? [plan.zone.shape.coordinates] : plan.zone.shape.coordinates).flat(2);
    return [...all(this.plan), [this.place.lon, this.place.lat]].map(([lon, lat]) => [lat, lon]);
  }
  _seen() { return this.map.getBounds().contains(L.latLngBounds(this._corners())); }
  fit() {
    if (!this.plan) return;
    const used = this.plan.shelters.filter((s) => s.assigned).slice(0, 12).map((s) => [s.lat, s.lon]);
    this.map.fitBounds(L.latLngBounds([...this._corners(), ...used]), { padding: [40, 40], maxZoom: 16, animate: false });
  }

  /** Rings a record of the plan and brings it into view. */
  choose(lon, lat) {
    this.chosen = [lon, lat];
    if (!this.map.getBounds().contains([lat, lon])) this.map.panTo([lat, lon], { animate: false });
    this.things.repaint();
  }

  async setTiles(sources, onError) {
    if (!sources.length) return;
    const { tileLayer } = await import("./tiles.js");
    this.tiled = true;
    tileLayer(sources[0], onError).addTo(this.map);
    this.repaint();
  }

  _paint(g, at) {
    if (this.plan) this._follows(g, at);
    if (this.chosen) drawRing(g, at.x(this.chosen[0]), at.y(this.chosen[1]), 18, true);
    const x = at.x(this.place.lon), y = at.y(this.place.lat);
    g.beginPath(); g.arc(x, y, 13, 0, 2 * Math.PI);
    g.fillStyle = token("--map-select"); g.fill(); g.strokeStyle = token("--map-select-halo"); g.lineWidth = 3; g.stroke();
    label(g, "!", x, y + 1, 16, { bold: true, color: "--map-select-halo", halo: 0 });
  }

  _follows(g, at) {
    const purple = token("--plume"), plan = this.plan;
    for (const { shape, alpha } of this.shapes) {
      g.beginPath(); trace(g, at, shape);
      g.fillStyle = purple; g.globalAlpha = alpha; g.fill("evenodd"); g.globalAlpha = 1;
      g.strokeStyle = purple; g.lineWidth = 1; g.stroke();
    }
    g.beginPath(); trace(g, at, this.zone);
    if (!this.shapes.length) { g.fillStyle = purple; g.globalAlpha = 0.16; g.fill("evenodd"); g.globalAlpha = 1; }
    g.strokeStyle = purple; g.lineWidth = 2.5; g.setLineDash([8, 4]); g.stroke(); g.setLineDash([]);
    const to = new Map(plan.shelters.map((s) => [s.id, s]));
    g.strokeStyle = token("--accent"); g.lineWidth = 1; g.globalAlpha = this.plan.assignment.length > 120 ? 0.16 : 0.45; g.setLineDash([3, 3]); g.beginPath();
    for (const a of plan.assignment) { const s = to.get(a.shelter); if (s) { g.moveTo(at.x(a.lon), at.y(a.lat)); g.lineTo(at.x(s.lon), at.y(s.lat)); } }
    g.stroke(); g.setLineDash([]); g.globalAlpha = 1;
    g.fillStyle = token("--bad");
    for (const u of plan.unmet) { g.beginPath(); g.arc(at.x(u.lon), at.y(u.lat), 4, 0, 2 * Math.PI); g.fill(); }
    for (const s of plan.sites) drawFacility(g, at.x(s.lon), at.y(s.lat), icon("protected_site"), 18, 1, at.ratio);
    for (const d of plan.depots) drawFacility(g, at.x(d.lon), at.y(d.lat), icon("depot"), 20, 1, at.ratio);
    for (const one of plan.teams) if (!one.why) drawFacility(g, at.x(one.lon), at.y(one.lat), icon("rescue_team"), 20, 1, at.ratio);
    this._shelters(g, at);
  }

  _shelters(g, at) {
    const rest = this.plan.shelters.filter((s) => !s.assigned && !STRUCK.has(s.why));
    g.globalAlpha = 0.55;
    for (const s of rest) drawFacility(g, at.x(s.lon), at.y(s.lat), icon("shelter"), 14, 1, at.ratio);
    g.globalAlpha = 1;
    for (const s of this.plan.shelters.filter((one) => STRUCK.has(one.why))) {
      const x = at.x(s.lon), y = at.y(s.lat);
      g.globalAlpha = 0.7; drawFacility(g, x, y, icon("shelter"), 18, 1, at.ratio); g.globalAlpha = 1;
      g.beginPath(); g.moveTo(x - 11, y + 11); g.lineTo(x + 11, y - 11);
      g.strokeStyle = token("--surface"); g.lineWidth = 5; g.stroke(); g.strokeStyle = token("--plume"); g.lineWidth = 2.5; g.stroke();
    }
    const taken = [];
    const most = [...this.plan.shelters].filter((one) => one.assigned).sort((a, b) => b.assigned - a.assigned);
    for (const s of most) {
      const x = at.x(s.lon), y = at.y(s.lat);
      drawFacility(g, x, y, icon("shelter"), 24, 1, at.ratio);
      const wide = 13 * (s.name || s.code || "").length + 30;
      if (taken.some(([a, b, w]) => x < a + w && x + wide > a && Math.abs(b - y) < 20)) continue;
      taken.push([x, y, wide]);
      if (taken.length > 24 && at.zoom < 13) continue;
      label(g, s.name || s.code || "", x + 16, y, 12, { align: "left" });
    }
  }

  _scale(write) {
    const per = metresPerPixel(this.map.getCenter().lat, this.map.getZoom());
    const length = STEPS.filter((one) => one / per <= 96).pop() || STEPS[0];
    write(length, length / per);
  }
}
