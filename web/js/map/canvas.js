// A canvas that moves with the map. Software drawing is asked for, so that no graphics processor is needed or waited for.

import { frame } from "./mercator.js";

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
    this._container.remove();
    delete this._container;
    delete this._g;
  },
  _updatePaths() {},
  _onViewReset() { this._reset(); },
  _reset() { this._update(); this._updateTransform(this._center, this._zoom); },
  _onZoomEnd() {},
  _update() {
    if (this._map._animatingZoom && this._bounds) return;
    L.Renderer.prototype._update.call(this);
    const canvas = this._container, box = this._bounds, size = box.getSize();
    this._ratio = Math.min(window.devicePixelRatio || 1, 2);
    L.DomUtil.setPosition(canvas, box.min);
    const width = Math.round(size.x * this._ratio), height = Math.round(size.y * this._ratio);
    if (canvas.width !== width || canvas.height !== height) {
      canvas.width = width; canvas.height = height;
      canvas.style.width = `${size.x}px`; canvas.style.height = `${size.y}px`;
    }
    cancelAnimationFrame(this._due);
    this._due = 0;
    this._draw();
  },
  /** Paints again on the next frame, once however often it is asked. */
  repaint() {
    if (!this._map || this._due) return;
    this._due = requestAnimationFrame(() => { this._due = 0; if (this._map && !this._map._animatingZoom) this._draw(); });
  },
  _draw() {
    const g = this._g, box = this._bounds, size = box.getSize(), map = this._map;
    const origin = map.getPixelOrigin(), zoom = map.getZoom();
    g.setTransform(this._ratio, 0, 0, this._ratio, 0, 0);
    g.clearRect(0, 0, size.x, size.y);
    this._paint(g, frame(256 * 2 ** zoom, origin.x + box.min.x, origin.y + box.min.y, size.x, size.y, zoom, this._ratio));
  },
  /** The canvas's own corner in container pixels, to turn pointer positions into frame positions. */
  offset() { return this._map.layerPointToContainerPoint(this._bounds.min); },
});
