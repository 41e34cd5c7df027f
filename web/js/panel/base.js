// Left panel, third tab: the ground below. The product's own needs no network; others are named with their datum.

import { clear, h } from "../dom.js";
import { t } from "../i18n.js";
import { get as state, set } from "../state.js";

/** Draws the tab: the own ground and the configured `sources`. */
export function paintBase(node, sources) {
  const now = sources.some((one) => one.id === state().base) ? state().base : "";
  const row = (id, label, text) => h("label", { class: "base-li" }, h("input", { type: "radio", name: "base", checked: now === id, onchange: () => set({ base: id }) }), h("span", { class: "grow" }, h("span", { class: "db" }, label), h("span", { class: "t12 c2" }, text)));
  clear(node, h("fieldset", {}, h("legend", { class: "sr" }, t("basemap")), row("", t("base.own"), t("base.own.text")),
    sources.map((one) => row(one.id, one.label, t("base.datum", { datum: t(`datum.${one.datum}`) })))),
  h("p", { class: "sec t12 c2" }, sources.length ? t("base.note") : t("base.none")));
}
