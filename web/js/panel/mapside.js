// What stands on the map but is no map: the scale, the legend of what is drawn, the words beside the pointer.

import * as catalogue from "../catalogue.js";
import { $, clear, h, mark, svg } from "../dom.js";
import { shown } from "../feed.js";
import { NUMERAL, count, decimal, levelName, metres, percent } from "../format.js";
import { t } from "../i18n.js";
import { cellResolution, FAR, HOUSE } from "../map/zoom.js";
import { cellWords } from "./rows.js";

const STEPS = [20, 50, 100, 200, 500, 1000, 2000, 5000, 10000, 20000, 50000];

export function scaleBar(view, longest = 96) {
  const box = $("scale"), per = view.metresPerPixel();
  const length = STEPS.filter((one) => one / per <= longest).pop() || STEPS[0], rule = h("i");
  rule.style.width = `${length / per}px`;
  clear(box, length < 1000 ? metres(length) : t("kilometres", { n: length / 1000 }), rule);
}

const EDGE = { 7: 1.2, 8: 0.5, 9: 0.2 };
const hexagon = (level) => svg("svg", { class: "hexk", viewBox: "0 0 24 24", "aria-hidden": "true" }, svg("path", { class: `hk${level}`, d: "M12 1.5 21 6.7v10.6L12 22.5 3 17.3V6.7z" }));
const ring = () => svg("svg", { class: "hexk", viewBox: "0 0 24 24", "aria-hidden": "true" }, svg("circle", { cx: 12, cy: 12, r: 10, class: "cl-bg" }), svg("circle", { cx: 12, cy: 12, r: 8, class: "cl-ring cl-3" }), svg("circle", { cx: 12, cy: 12, r: 8, class: "cl-ring cl-2", "stroke-dasharray": "16 60" }));

/** The legend of cells and clusters, while they are on the map. */
export function legendBox(view, state) {
  const box = $("legend"), zoom = view.view().zoom, cells = shown().has(catalogue.CELLS) && zoom > FAR;
  const levels = catalogue.isLayer(state.list) && catalogue.layer(state.list).look.by_level;
  box.hidden = zoom <= FAR || window.innerWidth < 600 || (!cells && !levels);
  if (box.hidden) return;
  const resolution = cellResolution(zoom);
  clear(box, cells ? [h("div", { class: "b" }, t("cells.of", { n: resolution }), " ", h("span", { class: "c2" }, t(zoom >= HOUSE ? "cells.outline" : "cells.edge", { n: EDGE[resolution] }))),
    h("div", { class: "row row-3" }, [1, 2, 3, 4].map((level) => h("span", { class: "lvt" }, hexagon(level), NUMERAL[level])), h("span", { class: "c2" }, t("cells.empty"))), resolution < 9 ? h("div", { class: "row c2" }, t("cells.corner")) : null] : null,
  levels ? h("div", { class: "row row-3" }, h("span", { class: "lvt" }, ring(), t("cluster.ring")), h("span", { class: "lvt" }, mark(1, "16"), t("cluster.first"))) : null);
}

function lines(at) {
  if (at.kind === "point") { const layer = catalogue.layer(at.layer); return [at.name || t("noname"), [layer && layer.look.by_level ? levelName(at.level) : "", catalogue.layerLabel(at.layer)].filter(Boolean).join(" · ")]; }
  if (at.kind === "cluster") return [t("cluster.n", { n: count(at.n), layer: catalogue.layerLabel(at.layer) }), at.levels.slice(0, 4).map((n, i) => (n ? `${NUMERAL[i + 1]} ${count(n)}` : "")).filter(Boolean).join("　") || t("cluster.click")];
  if (at.kind === "cell") return [`${t("cell")} ${cellWords(at)[0]}`, cellWords(at)[1]];
  if (at.kind === "district") {
    const item = catalogue.district(at.code);
    return item ? [catalogue.districtName(at.code), item.shown ? `${levelName(item.shown)} · D ${decimal(item.d)} · T ${percent(item.t)}` : t("level.0")] : null;
  }
  return null;
}

/** Words beside the pointer, as text. */
export function tip(view, at) {
  const box = $("tip"), said = at ? lines(at) : null;
  box.hidden = !said;
  if (!said) return;
  clear(box, h("b", {}, said[0]), h("br"), said[1]);
  const host = $("mapbox"), w = box.offsetWidth, tall = box.offsetHeight;
  const x = at.x + 14 + w > host.clientWidth ? at.x - 14 - w : at.x + 14, y = Math.max(4, Math.min(host.clientHeight - tall - 4, at.y + 14));
  box.style.transform = `translate(${Math.round(x)}px, ${Math.round(y)}px)`;
}
