// The legend of cells and clusters.

import * as catalogue from "../catalogue.js";
import { clear, h, mark, svg } from "../dom.js";
import { shown } from "../feed.js";
import { NUMERAL } from "../format.js";
import { t } from "../i18n.js";
import { cellResolution, HOUSE } from "../map/zoom.js";

const EDGE = { 7: 1.2, 8: 0.5, 9: 0.2 };
const hexagon = (level) => svg("svg", { class: "hexk", viewBox: "0 0 24 24", "aria-hidden": "true" }, svg("path", { class: `hk${level}`, d: "M12 1.5 21 6.7v10.6L12 22.5 3 17.3V6.7z" }));
const ring = () => svg("svg", { class: "hexk", viewBox: "0 0 24 24", "aria-hidden": "true" }, svg("circle", { cx: 12, cy: 12, r: 10, class: "cl-bg" }), svg("circle", { cx: 12, cy: 12, r: 8, class: "cl-ring cl-3" }), svg("circle", { cx: 12, cy: 12, r: 8, class: "cl-ring cl-2", "stroke-dasharray": "16 60" }));

/** The legend of cells and clusters, while they are on the map. */
export function paintLegend(box, zoom, state) {
  const cells = shown().has(catalogue.CELLS);
  const levels = catalogue.isLayer(state.list) && catalogue.layer(state.list).look.by_level;
  box.hidden = !cells && !levels;
  if (box.hidden) return;
  const resolution = cellResolution(zoom);
  clear(box, cells ? [h("div", { class: "b" }, t("cells.of", { n: resolution }), " ", h("span", { class: "c2" }, t(zoom >= HOUSE ? "cells.outline" : "cells.edge", { n: EDGE[resolution] }))),
    h("div", { class: "row row-3" }, [1, 2, 3, 4].map((level) => h("span", { class: "lvt" }, hexagon(level), NUMERAL[level])), h("span", { class: "c2" }, t("cells.empty"))), resolution < 9 ? h("div", { class: "row c2" }, t("cells.corner")) : null] : null,
  levels ? h("div", { class: "row row-3" }, h("span", { class: "lvt" }, ring(), t("cluster.ring")), h("span", { class: "lvt" }, mark(1, "16"), t("cluster.first"))) : null);
}
