// Web Mercator on the unit square: x and y in 0..1, north at 0. Longitude and latitude in degrees WGS 84.

const RAD = Math.PI / 180;
export const unitX = (lon) => (lon + 180) / 360;
export const unitY = (lat) => (1 - Math.log(Math.tan(Math.PI / 4 + (lat * RAD) / 2)) / Math.PI) / 2;
export const lonOf = (x) => x * 360 - 180;
export const latOf = (y) => Math.atan(Math.sinh(Math.PI * (1 - 2 * y))) / RAD;
export const metresPerPixel = (lat, zoom) => (156543.03392804097 * Math.cos(lat * RAD)) / 2 ** zoom;

/** A ring of [lon, lat] pairs as x, y, x, y … on the unit square. */
export function unitRing(ring) {
  const out = new Float64Array(ring.length * 2);
  ring.forEach(([lon, lat], i) => { out[2 * i] = unitX(lon); out[2 * i + 1] = unitY(lat); });
  return out;
}

const polygons = (geometry) => (geometry.type === "Polygon" ? [geometry.coordinates] : geometry.type === "MultiPolygon" ? geometry.coordinates : []);

/** A shape to draw: its rings, outer and holes alike (filled even-odd), and its box on the unit square. */
export function shapeOf(geometry) {
  const rings = polygons(geometry).flat().map(unitRing);
  const box = [1, 1, 0, 0];
  for (const ring of rings) {
    for (let i = 0; i < ring.length; i += 2) {
      box[0] = Math.min(box[0], ring[i]); box[1] = Math.min(box[1], ring[i + 1]);
      box[2] = Math.max(box[2], ring[i]); box[3] = Math.max(box[3], ring[i + 1]);
    }
  }
  return { rings, box };
}

/** Is the point of the unit square inside the shape (even-odd)? */
export function inside(shape, x, y) {
  if (x < shape.box[0] || y < shape.box[1] || x > shape.box[2] || y > shape.box[3]) return false;
  let hit = false;
  for (const ring of shape.rings) {
    for (let i = 0, j = ring.length - 2; i < ring.length; j = i, i += 2) {
      const yi = ring[i + 1], yj = ring[j + 1];
      if (yi > y !== yj > y && x < ((ring[j] - ring[i]) * (y - yi)) / (yj - yi) + ring[i]) hit = !hit;
    }
  }
  return hit;
}

/** Where things stand on a picture: `scale` pixels for the unit square, `left`, `top` its origin's offset. */
export const frame = (scale, left, top, width, height, zoom, ratio = 1) => ({
  scale, left, top, width, height, zoom, ratio,
  x: (lon) => unitX(lon) * scale - left,
  y: (lat) => unitY(lat) * scale - top,
});

/** The frame that shows a box [w, s, e, n] in a picture. */
export function fitted(box, width, height, pad = 0) {
  const spanX = unitX(box[2]) - unitX(box[0]), spanY = unitY(box[1]) - unitY(box[3]);
  const scale = Math.min((width - 2 * pad) / spanX, (height - 2 * pad) / spanY);
  const left = (unitX(box[0]) + spanX / 2) * scale - width / 2;
  const top = (unitY(box[3]) + spanY / 2) * scale - height / 2;
  return frame(scale, left, top, width, height, Math.log2(scale / 256));
}

/** Adds the rings of a shape to the current path. */
export function trace(g, at, shape) {
  const { scale, left, top } = at;
  for (const ring of shape.rings) {
    let px = NaN, py = NaN;
    for (let i = 0; i < ring.length; i += 2) {
      const x = ring[i] * scale - left, y = ring[i + 1] * scale - top;
      if (i === 0) g.moveTo(x, y);
      else if (Math.abs(x - px) + Math.abs(y - py) < 0.8 && i < ring.length - 2) continue;
      else g.lineTo(x, y);
      px = x; py = y;
    }
    g.closePath();
  }
}

/** The same with its corners rounded through the middles of its sides: what a coarse shore looks best with. */
export function traceSoft(g, at, shape) {
  const { scale, left, top } = at;
  for (const ring of shape.rings) {
    const n = ring.length / 2 - 1;                     // the last point is the first again
    if (n < 3) continue;
    const x = (i) => ring[2 * (i % n)] * scale - left, y = (i) => ring[2 * (i % n) + 1] * scale - top;
    g.moveTo((x(0) + x(n - 1)) / 2, (y(0) + y(n - 1)) / 2);
    for (let i = 0; i < n; i++) g.quadraticCurveTo(x(i), y(i), (x(i) + x(i + 1)) / 2, (y(i) + y(i + 1)) / 2);
    g.closePath();
  }
}

export const inFrame = (at, box, margin = 0) =>
  box[2] * at.scale - at.left >= -margin && box[0] * at.scale - at.left <= at.width + margin &&
  box[3] * at.scale - at.top >= -margin && box[1] * at.scale - at.top <= at.height + margin;
