// Where it happened: found by name, enterprise, code or address, or by coordinates in any notation and datum.

import { get, stopped } from "../api.js";
import { $, clear, h, icon } from "../dom.js";
import { half, said, t } from "../i18n.js";

const layers = document.body.dataset.layers.split(",").filter(Boolean);
const MOST = 10;
const line = (bad, text, ...more) => h("li", {}, icon(bad ? "error" : "info"), h("span", { class: "grow" }, text), ...more);

async function named(text, pick) {
  const found = (await Promise.all(layers.map((layer) => get(`/api/layers/${layer}/features`, { q: text, limit: 4 }, { slot: `find-${layer}` })))).flatMap((one, i) => one.features.map((f) => ({ layer: layers[i], ...f })))
    .filter((one) => one.geometry).slice(0, MOST);
  clear($("found"), found.length ? found.map((one) => h("li", {}, h("button", { type: "button", class: "c-hit", onclick: () => { clear($("found")); pick({ layer: one.layer, id: one.id, name: one.properties.name || "" }); } },
    h("b", {}, one.properties.name || one.properties.code || t("noname")), h("span", { class: "t12 c2" }, [one.properties.code, one.properties.address].filter(Boolean).join(" · "))))) : line(true, t("form.found.none")));
}

/** `pick({layer, id, name})` a record, or `pick({lon, lat})` a place, WGS 84. */
export function wireWhere(pick) {
  $("find").addEventListener("submit", async (event) => {
    event.preventDefault();
    const text = $("q").value.trim(), crs = $("crs");
    if (!text) { $("q").focus(); return; }
    try {
      const found = await get("/api/place", { text, crs: crs.value }, { slot: "place", keep: 0 });
      if (found.lon === null && found.doubts.some((one) => one.code === "not-a-coordinate") && !/\d.*[,，;；\s].*\d/.test(text)) { await named(text, pick); return; }
      const use = (lon, lat) => { clear($("found")); pick({ lon, lat }); };
      const lines = found.doubts.map((one) => line(one.severity === "refuse", [half(one.reason), half(one.remedy)].filter(Boolean).join("。"),
        one.proposal && one.proposal.lon ? h("button", { type: "button", class: "btn btn-s", onclick: () => use(one.proposal.lon, one.proposal.lat) }, t("form.use")) : null));
      if (found.lon !== null) {
        if (crs.value !== "wgs84" && found.moved_m) lines.push(line(false, t("form.moved.datum", { crs: crs.selectedOptions[0].textContent, n: Math.round(found.moved_m) })));
        if (found.district) lines.push(line(false, t("form.in.district", { name: said(found.district) })));
        pick({ lon: found.lon, lat: found.lat });
      }
      clear($("found"), lines);
    } catch (error) { if (!stopped(error)) clear($("found"), line(true, error.message)); }
  });
}
