// One row of the list: a mark or icon, the name as a link stretched over the row, what and where, two facts, the way to it on the map.

import * as catalogue from "../catalogue.js";
import { h, iconButton, layerIcon, mark } from "../dom.js";
import { count, day, decimal, levelName } from "../format.js";
import { t } from "../i18n.js";
import { href } from "../state.js";

export const dot = (...parts) => parts.filter(Boolean).join(" · ");

function dangers(found) {
  if (!found) return null;
  if (found.overdue) return h("span", { class: "cbad" }, t("row.overdue", { n: found.overdue }));
  return found.open ? t("row.dangers", { n: found.open }) : t("row.nodangers");
}

function fact(layer, properties) {
  if (layer.look.by_level) return dangers(properties.dangers);
  for (const name of layer.list_columns || []) {
    const spec = catalogue.field(layer.name, name);
    if (spec && (spec.type === "integer" || spec.type === "number")) {
      const text = catalogue.valueText(spec, properties[name]);
      return text === null ? h("span", { class: "unk" }, `${t("unknown.of", { what: labelOf(spec) })}`) : text;
    }
  }
  return null;
}

const labelOf = (spec) => catalogue.valueText(null, spec.label[document.documentElement.lang === "en" ? "en" : "zh"]) || spec.name;

/** A record of a layer. `go(feature)` zooms, `open(feature, event)` opens its card. */
export function featureRow(layer, feature, { open, go }) {
  const p = feature.properties, name = p.name || t("noname");
  const level = p.effective_level;
  const sign = layer.look.by_level ? mark(level, "24", levelName(level)) : layerIcon(layer.look.icon, 24);
  const first = fact(layer, p);
  const state = p.status === "incomplete" ? h("span", { class: "cwarn" }, t("status.incomplete")) : p.status === "retired" ? t("status.retired") : t("row.verified", { on: day(p.verified_on, true) });
  return [sign,
    h("div", { class: "grow" }, h("a", { class: "t cut li-a", href: href({ id: { layer: layer.name, id: feature.id }, district: "", cell: "", why: false }), onclick: open }, name),
      h("div", { class: "m cut" }, dot(p.parent_name, `${catalogue.districtName(p.district)}${p.town_name ? ` ${p.town_name}` : ""}`, p.parent_name ? "" : p.address))),
    feature.geometry ? h("span", { class: "go" }, iconButton("goto", t("goto"), go, { class: "ib ib-s", tabindex: "-1" })) : h("span", { class: "tag tag-warn" }, t("noplace")),
    h("div", { class: "r" }, first || "", h("br"), state)];
}

/** The mark and words of a cell's level, for tips. */
export const cellWords = (info) => [`${levelName(info.level)}`, t("cell.tip", { risk: decimal(info.risk, 1), n: count(info.count) })];
