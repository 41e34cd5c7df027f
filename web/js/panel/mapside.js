// What stands on the map but is no map: the scale, the legend of what is drawn, the words beside the pointer.

import * as catalogue from "../catalogue.js";
import { $, clear, h } from "../dom.js";
import { NUMERAL, count, decimal, levelName, metres, percent } from "../format.js";
import { t } from "../i18n.js";
import { FAR } from "../map/zoom.js";
import { cellWords } from "./rows.js";

const STEPS = [20, 50, 100, 200, 500, 1000, 2000, 5000, 10000, 20000, 50000];

export function scaleBar(view, longest = 96) {
  const box = $("scale"), per = view.metresPerPixel();
  const length = STEPS.filter((one) => one / per <= longest).pop() || STEPS[0], rule = h("i");
  rule.style.width = `${length / per}px`;
  clear(box, length < 1000 ? metres(length) : t("kilometres", { n: length / 1000 }), rule);
}

/** The legend of what near zooms draw; it comes with the first of them. */
export async function legendBox(view, state) {
  const box = $("legend");
  if (view.view().zoom <= FAR || window.innerWidth < 600) { box.hidden = true; return; }
  (await import("./legend.js")).paintLegend(box, view.view().zoom, state);
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
