// A canvas that moves with the map. Software drawing is asked for, so that no graphics processor is needed or waited for.

import { frame } from "./mercator.js";

const RESTING_MS = 140;

/** `paint(g, frame)` is called after every move; between moves the picture is only shifted and scaled. */
export const CanvasLayer = L.Renderer.extend({
  initialize(paint, options) {
    L.setOptions(this, { padding: 0.12, ...options });
    L.stamp(this);
    this._layers = {};
    this._paint = paint;
    this._due = 0;
  },
  _initContainer() {
    const canvas = (this._container = document.createElement("canvas"));
    canvas.className = "rm-canvas";
    canvas.setAttribute("aria-hidden", "true");
    this._g = canvas.getContext("2d", { willReadFrequently: true });
  },
  _destroyContainer() {
    cancelAnimationFrame(this._due);
    clearTimeout(this._later);
    this._container.remove();
    delete this._container;
    delete this._g;
  },
  _updatePaths() {},
  _onViewReset() { this._reset(); },
  _reset() { this._drawn = null; this._update(); this._updateTransform(this._center, this._zoom); },
  _onZoomEnd() {},
  _update() {
    if (this._map._animatingZoom && this._bounds) return;
    clearTimeout(this._later);
    if (this._holds()) { this._later = setTimeout(() => { if (this._map) { this._drawn = null; this._update(); } }, RESTING_MS); return; }
    L.Renderer.prototype._update.call(this);
    const canvas = this._container, box = this._bounds, size = box.getSize();
    this._ratio = Math.min(window.devicePixelRatio || 1, 2);
    L.DomUtil.setPosition(canvas, box.min);
    canvas.style.width = `${size.x}px`; canvas.style.height = `${size.y}px`;
    cancelAnimationFrame(this._due);
    this._due = 0;
    this._draw();
  },
  /** After a move within what is painted already the picture stands; it is painted anew when the hand rests. */
  _holds() {
    const was = this._drawn, map = this._map;
    if (!was || was.zoom !== map.getZoom() || was.ratio !== Math.min(window.devicePixelRatio || 1, 2)) return false;
    const corner = map.containerPointToLayerPoint([0, 0]), size = map.getSize();
    return this._bounds.contains(L.bounds(corner, corner.add(size)));
  },
  /** Paints again on the next frame, once however often it is asked. */
  repaint() {
    if (!this._map || this._due) return;
    this._due = requestAnimationFrame(() => { this._due = 0; if (this._map && !this._map._animatingZoom) this._draw(); });
  },
  _draw() {
    const g = this._g, canvas = this._container, box = this._bounds, size = box.getSize(), map = this._map;
    const nothing = this.options.empty && this.options.empty();
    // an empty layer has no picture at all: handing a blank one to the screen costs as much as a full one
    const width = nothing ? 0 : Math.round(size.x * this._ratio), height = nothing ? 0 : Math.round(size.y * this._ratio);
    if (canvas.width !== width || canvas.height !== height) { canvas.width = width; canvas.height = height; }
    const origin = map.getPixelOrigin(), zoom = map.getZoom();
    this._drawn = { zoom, ratio: this._ratio };
    if (nothing) return;
    g.setTransform(this._ratio, 0, 0, this._ratio, 0, 0);
    g.clearRect(0, 0, size.x, size.y);
    this._paint(g, frame(256 * 2 ** zoom, origin.x + box.min.x, origin.y + box.min.y, size.x, size.y, zoom, this._ratio));
  },
  /** The canvas's own corner in container pixels, to turn pointer positions into frame positions. */
  offset() { return this._map.layerPointToContainerPoint(this._bounds.min); },
});
