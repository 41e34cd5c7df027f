// A small map on which a place is put by a click, or by Enter in its middle.

import { PairMap } from "./pair.js";

export class PickMap extends PairMap {
  /** `pick(lon, lat)` is called with WGS 84 degrees. */
  constructor(node, options, pick) {
    super(node, options);
    this.map.on("click", (event) => pick(event.latlng.lng, event.latlng.lat));
    node.addEventListener("keydown", (event) => {
      if (event.key !== "Enter" || event.target !== node) return;
      const middle = this.map.getCenter();
      pick(middle.lng, middle.lat);
      event.preventDefault();
    });
  }

  /** The place as it is now beside the one in force; the view moves only where it would be out of sight or `go` is said. */
  put({ old, now, level, moved, near }, go) {
    const seen = this.pair && now && this.map.getBounds().contains([now[1], now[0]]) && this.map.getZoom() >= 12;
    const pair = { old, now, level, moved, radius: 0, near: near || [] };
    if (go || !seen) this.show(pair); else { this.pair = pair; this.repaint(); }
  }
}
