// Where it stands: a click on the small map, a coordinate pasted in any datum, or a record found by its name. Always told in WGS 84.

import { get, stopped } from "../api.js";
import { $, clear, h, icon } from "../dom.js";
import { metres } from "../format.js";
import { half, said, t } from "../i18n.js";
import { PickMap } from "../map/pick.js";

const exactly = (value) => (value < 1000 ? t("metres", { n: Math.round(value) }) : metres(value));
const seven = (value) => String(Number(value.toFixed(7)));
let map = null, old = null;

function here() {
  const lon = Number($("f-lon").value), lat = Number($("f-lat").value);
  return $("f-lon").value.trim() && $("f-lat").value.trim() && Number.isFinite(lon) && Number.isFinite(lat) && Math.abs(lon) <= 180 && Math.abs(lat) <= 90 ? [lon, lat] : null;
}

function put(lon, lat, go) {
  $("f-lon").value = seven(lon); $("f-lat").value = seven(lat);
  $("f-lat").dispatchEvent(new Event("change", { bubbles: true }));
  draw(go);
}

function draw(go, one = null) {
  const now = here();
  if (map && (now || old)) map.put({ old, now, level: one ? one.effective_level.new : 0, moved: one ? one.place.moved_m : 0, near: one ? one.near : [] }, go);
}

/** The saved draft's place, level and neighbours on the map. */
export function showPlace(one) { if (one.place.old) old = one.place.old; draw(false, one); }

const line = (bad, text, ...more) => h("li", {}, icon(bad ? "error" : "info"), h("span", {}, text), ...more);

async function search(text, layers) {
  const found = (await Promise.all(layers.map((layer) => get(`/api/layers/${layer}/features`, { q: text, limit: 4 }, { slot: `find-${layer}` })))).flatMap((one) => one.features).filter((one) => one.geometry);
  clear($("told"), found.length ? found.slice(0, 8).map((one) => line(false, [one.properties.name || t("noname"), one.properties.address].filter(Boolean).join(" · "),
    h("button", { type: "button", class: "btn btn-s", onclick: () => { put(...one.geometry.coordinates, true); clear($("told")); } }, t("form.use")))) : line(true, t("form.found.none")));
}

async function take(layers) {
  const text = $("f-place").value.trim(), crs = $("f-crs");
  if (!text) { $("f-place").focus(); return; }
  try {
    const found = await get("/api/place", { text, crs: crs.value }, { slot: "place", keep: 0 });
    if (found.lon === null && found.doubts.some((one) => one.code === "not-a-coordinate") && !/\d.*[,，;；\s].*\d/.test(text)) { await search(text, layers); return; }
    const lines = found.doubts.map((one) => line(one.severity === "refuse", [half(one.reason), half(one.remedy)].filter(Boolean).join("。"),
      one.proposal && one.proposal.lon ? h("button", { type: "button", class: "btn btn-s", onclick: () => { put(one.proposal.lon, one.proposal.lat, true); clear($("told")); } }, t("form.use")) : null));
    if (found.lon !== null) {
      if (crs.value !== "wgs84" && found.moved_m) lines.push(line(false, t("form.moved.datum", { crs: crs.selectedOptions[0].textContent, n: Math.round(found.moved_m) })));
      if (found.district) lines.push(line(false, t("form.in.district", { name: said(found.district) })));
      put(found.lon, found.lat, true);
      $("f-place").value = "";
    }
    clear($("told"), lines);
  } catch (error) {
    if (!stopped(error)) clear($("told"), line(true, error.message));
  }
}

export function wirePlace(layers) {
  $("map-box").hidden = false;
  map = new PickMap($("place-map"), { metres: exactly, words: { old: t("review.place.old"), new: t("form.place.new"), place: t("form.place.new") },
    scale: (length, width) => { const rule = h("i"); rule.style.width = `${width}px`; clear($("map-scale"), metres(length), rule); } }, (lon, lat) => put(lon, lat, false));
  Promise.all([get("/api/districts.geojson", {}, { keep: 0 }), get("/api/water.geojson", {}, { keep: 0 }), get("/api/basemaps", {}, { keep: 0 })])
    .then(([outlines, water, bases]) => { map.land(outlines, water); map.setTiles(bases, () => {}); }).catch(() => {});
  $("map-in").addEventListener("click", () => map.zoomBy(1));
  $("map-out").addEventListener("click", () => map.zoomBy(-1));
  document.addEventListener("riskmap:theme", () => map.recolour());
  $("take").addEventListener("click", (event) => { event.preventDefault(); take(layers); });
  $("f-place").addEventListener("keydown", (event) => { if (event.key === "Enter") { event.preventDefault(); take(layers); } });
  for (const name of ["f-lon", "f-lat"]) $(name).addEventListener("change", () => draw(false));
  draw(true);
}
