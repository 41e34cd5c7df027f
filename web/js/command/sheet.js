// The sections of a plan on the screen, as the server words them; web/templates/sheet.html draws the same.

import { clear, h } from "../dom.js";
import { count } from "../format.js";
import { t } from "../i18n.js";

const FIRST = 12;                   // rows of a long table before it is asked for whole; what is bad is never behind the button
const whole = new Set();            // keys of the tables that were; they stay whole when the wind turns

const cell = (text, head, first) => h("td", { class: head && head.num ? "num" : null, "data-head": head ? head.text : null }, first || text);

function table(p, choose) {
  if (!p.rows.length) return p.empty ? h("p", { class: "t13 cwarn" }, p.empty) : null;
  const row = (r) => {
    const placed = typeof r.lon === "number";
    const name = placed ? h("button", { type: "button", class: "c-go", onclick: () => choose(r.lon, r.lat) }, r.tone === "struck" ? h("s", {}, r.cells[0]) : r.cells[0]) : null;
    return h("tr", { class: r.tone ? `is-${r.tone}` : null, "data-id": r.id, "data-key": r.key }, r.cells.map((text, i) => cell(text, p.head[i], i === 0 ? name : null)));
  };
  const short = p.rows.length > FIRST + 3 && !whole.has(p.key), body = h("tbody", {}, (short ? p.rows.filter((r, i) => i < FIRST || r.tone === "bad") : p.rows).map(row));
  const more = short ? h("button", { type: "button", class: "btn btn-s c-all", onclick: () => { whole.add(p.key); more.remove(); clear(body, p.rows.map(row)); body.querySelectorAll("tr")[FIRST].scrollIntoView({ block: "nearest" }); } }, t("cmd.all", { n: count(p.rows.length) })) : null;
  return h("div", { class: "tb-wrap" }, h("table", { class: "tb tb-d c-t", "data-table": p.key },
    h("thead", {}, h("tr", {}, p.head.map((one) => h("th", { scope: "col", class: one.num ? "num" : null }, one.text)))), body), more);
}

function part(p, choose) {
  if (p.kind === "figures") return h("div", { class: "ppl" }, p.items.map((f) => h("div", { class: f.bad ? "st st-bad" : "st", "data-figure": f.key }, h("div", { class: "k" }, f.label), h("div", { class: "v" }, f.value, f.unit ? h("small", {}, f.unit) : null))));
  if (p.kind === "facts") return h("dl", { class: "kv kv-w" }, p.rows.map((r) => [h("dt", {}, r.label), h("dd", {}, r.value)]));
  if (p.kind === "table") return table(p, choose);
  if (!p.items.length) return null;
  return h("ul", { class: "c-l", "data-lines": p.key }, p.items.map((i) => h("li", { class: i.tone ? `is-${i.tone}` : null, "data-id": i.id }, i.tone === "struck" ? h("s", {}, i.text) : i.text, i.note ? [" ", h("span", { class: "c2" }, i.note)] : null)));
}

/** Nodes of the sections named, in that order. `choose(lon, lat)`: a row's place is asked for. */
export const sections = (sheet, keys, choose) => keys.map((key) => sheet.sections.find((s) => s.key === key)).filter(Boolean).map((s) =>
  h("section", { class: `c-s c-${s.key}`, "aria-labelledby": `sheet-h-${s.key}` }, h("div", { class: "sec-h" }, h("h2", { class: "h3", id: `sheet-h-${s.key}` }, s.title), s.note ? h("span", { class: "t12 c3" }, s.note) : null), s.parts.map((p) => part(p, choose))));
