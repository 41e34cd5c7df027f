// The working of an assessment by GB 18218-2018, as core/working.py gives it: on the registration form and at the review desk.

import { h, icon } from "./dom.js";
import { t } from "./i18n.js";

/** What comes out of it: S, α, R and the grade, and what is unknown. Nodes. */
export function verdict(work) {
  const figure = (name, value) => h("span", { class: "hz-b" }, h("b", {}, name), ` ${value ?? t("hz.unknown")}`);
  return [h("p", { class: "hz-v", "data-s": work.s, "data-r": work.r || "", "data-grade": work.grade || "" }, figure("S", `${work.s_whole ? "" : "≥ "}${work.s}`), figure("α", work.alpha), figure("R", work.r),
    h("strong", {}, work.grade || (work.is_major === false ? t("hz.below") : t("hz.unknown.grade")))),
    work.is_major === false ? h("p", { class: "hint hint-warn" }, icon("warn"), h("span", {}, t("hz.below.means"))) : null,
    ...work.unknown.map((one) => h("p", { class: "hint hint-warn" }, icon("warn"), h("span", {}, one)))];
}

/** Every line with its clause. */
export function steps(work) {
  const row = (one) => h("tr", {}, h("td", { class: "nw c2" }, one.clause), h("td", { class: "nw" }, one.what), h("td", {}, one.text, one.note ? h("br") : null, one.note ? h("span", { class: "c2" }, one.note) : null));
  return h("details", { open: "" }, h("summary", {}, t("hz.working")), h("table", { class: "tb tb-d hz-w" },
    h("thead", {}, h("tr", {}, ...["hz.clause", "hz.of", "hz.step"].map((key) => h("th", { scope: "col" }, t(key))))), h("tbody", {}, ...work.steps.map(row))));
}
