// Measuring a way on the map: click adds a point, the sum stands at the last one, Esc or a double click ends.

import { label } from "./symbols.js";
import { token } from "./palette.js";

const R = 6371008.8, RAD = Math.PI / 180;

/** Great-circle metres between two {lat, lng}. */
export function distance(a, b) {
  const u = Math.sin(((b.lat - a.lat) * RAD) / 2) ** 2 + Math.cos(a.lat * RAD) * Math.cos(b.lat * RAD) * Math.sin(((b.lng - a.lng) * RAD) / 2) ** 2;
  return 2 * R * Math.asin(Math.sqrt(u));
}

/** A mode for MapView.setMode. `written(metres)` formats, `changed` repaints. */
export function measuring(written, changed) {
  const points = [];
  return {
    click(place) { points.push({ lat: place.lat, lng: place.lng }); changed(); },
    paint(g, at) {
      if (!points.length) return;
      const xy = points.map((p) => [at.x(p.lng), at.y(p.lat)]);
      for (const [colour, width] of [["--map-select-halo", 6], ["--accent", 3]]) {
        g.beginPath(); xy.forEach(([x, y], i) => g[i ? "lineTo" : "moveTo"](x, y));
        g.strokeStyle = token(colour); g.lineWidth = width; g.lineJoin = "round"; g.stroke();
      }
      let sum = 0;
      xy.forEach(([x, y], i) => {
        if (i) sum += distance(points[i - 1], points[i]);
        g.beginPath(); g.arc(x, y, 4, 0, 2 * Math.PI); g.fillStyle = token("--surface"); g.fill(); g.strokeStyle = token("--accent"); g.lineWidth = 2; g.stroke();
        if (i) label(g, written(sum), x + 8, y - 10, 13, { bold: i === xy.length - 1, align: "left" });
      });
    },
  };
}
