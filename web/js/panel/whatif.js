// 假设整改: tick what would be done and see the grade; nothing is written. 降级清单: a proposed list, greedy by recomputed Δ and called so.

import { get as fetchJson, send, stopped } from "../api.js";
import { clear, h, icon, later, mark } from "../dom.js";
import { NUMERAL, decimal, fine, known, levelName, percent } from "../format.js";
import { t } from "../i18n.js";
import { set } from "../state.js";
import { levelOf } from "./charts.js";

const FEW = 6;

/** Ids of the open hidden dangers of a source, which is what closing them means to the engine. */
async function openDangers(item) {
  const feature = await fetchJson(`/api/layers/${item.layer || "risk_source"}/features/${item.id}`);
  return (feature.dangers || []).filter((one) => !["closed", "withdrawn"].includes(one.state)).map((one) => one.id);
}

/** The right panel of the page. */
export function whatIf(code, grade) {
  const ticked = new Map();                     // key → {kind, id}
  const result = h("div", { class: "sec", "aria-live": "polite" }), choices = h("div", {}), plan = h("div", { class: "sec" });
  let steps = [], whole = false;

  const show = (before, after, waiting = false) => clear(result,
    h("div", { class: "x-res" }, side(t("now"), before.shown), icon("right", "20"), side(t("after"), after ? after.shown : before.shown, true)),
    h("dl", { class: "x-dl" }, line("T", percent(before.t), after && percent(after.t)), line("D", decimal(before.d), after && decimal(after.d)), line(t("why.computed"), levelName(before.computed), after && levelName(after.computed))),
    h("p", { class: "t12 c3" }, waiting ? t("computing") : ticked.size ? t("whatif.ticked", { n: ticked.size }) : t("whatif.none")));
  const now = { shown: grade.shown, computed: grade.computed, d: grade.d, t: grade.t };

  const compute = later(120, async () => {
    if (!ticked.size) { show(now, null); return; }
    const all = [...ticked.values()];
    const of = (kind) => all.filter((one) => one.kind === kind).map((one) => one.id);
    try {
      const dangers = (await Promise.all(all.filter((one) => one.kind === "rectify").map(openDangers))).flat();
      const body = await send("/api/whatif", { district: code, rectify: dangers, retire: of("retire") }, "whatif");
      show(body.before || now, body.after);
    } catch (error) { if (!stopped(error)) clear(result, h("div", { class: "ban ban-bad" }, icon("error"), h("span", {}, `${t("whatif.failed")} ${error.message}`))); }
  });
  const tick = (item, on) => { if (on) ticked.set(item.key, item); else ticked.delete(item.key); show(now, null, ticked.size > 0); compute(); paint(); };

  const items = () => {
    const out = [];
    for (const step of steps) out.push({ key: `${step.kind}:${step.id}`, kind: step.kind, id: step.id, text: step.text, name: step.name, layer: step.layer, delta: step.delta_d });
    const offer = (kind, one, delta) => { const key = `${kind}:${one.id}`; if (delta < 0 && !out.some((other) => other.key === key)) out.push({ key, kind, id: one.id, layer: one.layer, text: t(`whatif.${kind}`), name: one.name, delta }); };
    for (const one of grade.contributors || []) if (one.own !== false) { offer("rectify", one, one.rectify_d); offer("retire", one, one.delta_d); }
    return whole ? out : out.slice(0, FEW);
  };
  const paint = () => clear(choices, h("div", { class: "sec" }, h("div", { class: "sec-h" }, h("h2", { class: "h3" }, t("whatif.choose")), h("span", { class: "t12 c3 end" }, t("whatif.count", { n: ticked.size }))),
    items().map((item) => h("label", { class: ticked.has(item.key) ? "wi is-on" : "wi" }, h("input", { type: "checkbox", checked: ticked.has(item.key), "data-key": item.key, onchange: (event) => { tick(item, event.target.checked); const again = choices.querySelector(`[data-key="${item.key}"]`); if (again) again.focus(); } }),
      h("span", { class: "grow" }, h("span", { class: "t14" }, item.text), h("span", { class: "t12 c2 cut db" }, item.name || "")), known(item.delta) ? h("span", { class: "wi-d" }, `D ${fine(item.delta)}`) : null)),
    whole || items().length < FEW ? null : h("button", { type: "button", class: "btn btn-s mt8", onclick: () => { whole = true; paint(); } }, icon("plus"), t("whatif.more"))));

  show(now, null);
  paint();
  clear(plan, h("p", { class: "t12 c3" }, t("computing")));
  fetchJson(`/api/districts/${code}/downgrade`, {}, { slot: "downgrade" }).then((body) => {
    steps = body.items.map((step) => ({ ...step, kind: step.action, text: t(`whatif.${step.action}`), after: Math.min(levelOf(step.d, grade.borders.d), levelOf(step.t, grade.borders.t)) }));
    paint();
    drawPlan(plan, body, steps, () => { for (const step of steps) ticked.set(`${step.kind}:${step.id}`, { key: `${step.kind}:${step.id}`, kind: step.kind, id: step.id, layer: step.layer }); show(now, null, true); compute(); paint(); });
  }).catch((error) => { if (!stopped(error)) clear(plan, h("p", { class: "t13 c2" }, error.status === 404 ? t("plan.none") : error.message)); });

  return h("section", { class: "panel panel-r", "aria-label": t("whatif") }, h("div", { class: "ph" }, h("h2", {}, t("whatif")), h("span", { class: "t12 c3" }, t("whatif.note")),
    h("button", { type: "button", class: "btn btn-quiet btn-s end", onclick: () => { ticked.clear(); show(now, null); paint(); } }, t("clear"))), h("div", { class: "scroll grow", tabindex: "0", role: "group", "aria-label": t("whatif") }, result, choices, plan));
}

const side = (words, level, fresh = false) => h("div", { class: fresh ? "x-res-a is-new" : "x-res-a" }, mark(level, "32", levelName(level)), h("span", { class: "t12 c2" }, words), h("b", {}, levelName(level)));
const line = (name, before, after) => h("div", {}, h("dt", {}, name), h("dd", {}, before, after ? [" → ", h("b", {}, after)] : null));

function drawPlan(plan, body, steps, take) {
  const target = body.aim;
  clear(plan, h("div", { class: "sec-h" }, h("h2", { class: "h3" }, t("plan")), h("span", { class: "t12 c3 end" }, target ? t("plan.to", { level: NUMERAL[target] }) : "")),
    (body.overdue || []).length ? h("div", { class: "ban ban-warn mb8" }, icon("warn"), h("span", {}, t("plan.overdue", { n: body.overdue.length }), " ", body.overdue.slice(0, 3).map((one, i) => [i ? "、" : "", h("button", { type: "button", class: "linkish", onclick: () => set({ id: { layer: one.layer || "risk_source", id: one.id }, why: false, district: "" }) }, one.name || t("noname"))]))) : null,
    steps.length ? [h("table", { class: "tb tb-d tb-flush" }, h("thead", {}, h("tr", {}, h("th", { scope: "col" }, t("plan.step")), h("th", { scope: "col", class: "num" }, "T"), h("th", { scope: "col", class: "num" }, "D"), h("th", { scope: "col" }, t("plan.then")))),
      h("tbody", {}, steps.map((step, i) => h("tr", {}, h("td", {}, h("span", { class: "db" }, `${i + 1}　${step.text}`), h("span", { class: "t12 c2" }, step.name || "")), h("td", { class: "num" }, percent(step.t)), h("td", { class: "num" }, decimal(step.d)), h("td", {}, mark(step.after, "16", levelName(step.after))))))),
    h("p", { class: "t12 c2 mt8" }, t(body.reached === false ? "plan.unreached" : "plan.greedy")), h("button", { type: "button", class: "btn btn-s mt8", onclick: take }, t("plan.take"))] : h("p", { class: "t13 c2" }, t("plan.none")));
}
