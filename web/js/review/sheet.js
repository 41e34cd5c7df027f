// The middle: one proposal field by field beside what is in force, what there is to say about it, what the grade would become.

import { send, stopped } from "../api.js";
import * as catalogue from "../catalogue.js";
import { $, clear, h, icon, mark } from "../dom.js";
import { count, decimal, fine, known, levelName, metres, moment, percent } from "../format.js";
import { half, said, t } from "../i18n.js";
import { block, skeleton, wrong } from "../panel/notice.js";
import { steps, verdict } from "../working.js";
import { age, kindTag, queue, sign } from "./queue.js";

let every = false;                             // all fields, or only what differs

const unknown = () => h("span", { class: "unk" }, t("unknown"));
const level = (value) => h("span", { class: "lvt" }, mark(value), h("span", {}, levelName(value)));
export const exactly = (value) => (value < 1000 ? t("metres", { n: Math.round(value) }) : metres(value));
const point = (place) => (place ? `${place[0].toFixed(5)}, ${place[1].toFixed(5)}` : null);
const flag = (name, kind, text) => h("span", { class: `row row-1 ${kind}` }, icon(name, "14"), h("span", {}, text));

function worded(layer, one, side) {
  const value = one[side], text = one[`${side}_text`];
  if (!known(value)) return null;
  if (known(text)) return text;
  if (one.type === "status") return t(`status.${value}`);
  const spec = catalogue.field(layer, one.name);
  return catalogue.valueText(spec || null, value);
}

function levelNote(old, now) {
  if (!known(old) || !known(now) || old === now) return null;
  const n = Math.abs(old - now);
  return now < old ? flag("trend", "cbad", t("review.worse", { n })) : flag("fall", "cgood", t("review.better", { n }));
}

/** Rows: [label, old node or text, new node or text, changed, note]. */
function rowsOf(one) {
  const rows = [], place = one.place, effective = one.effective_level;
  const moved = known(place.moved_m) && place.moved_m > 0.5;
  if (place.old || place.new) rows.push([t("place"), point(place.old), point(place.new), one.kind === "create" || moved, moved ? flag("warn", "cwarn", t("review.moved", { d: exactly(place.moved_m) })) : null]);
  for (const field of one.fields) {
    const found = one.findings.filter((f) => f.field === field.name && f.severity !== "warn");
    rows.push([said(field.label), worded(one.layer, field, "old"), worded(one.layer, field, "new"), field.changed, found.length ? flag("error", "cbad", half(found[0].reason)) : null]);
  }
  const levelled = known(one.level.old) || known(one.level.new) || known(effective.new);
  if (levelled) {
    rows.push([t("level.registered"), known(one.level.old) ? level(one.level.old) : null, level(one.level.new), one.level.old !== one.level.new, levelNote(one.level.old, one.level.new)]);
    if (effective.old !== one.level.old || effective.new !== one.level.new) rows.push([t("level.effective"), known(effective.old) ? level(effective.old) : null, level(effective.new), effective.old !== effective.new, levelNote(effective.old, effective.new)]);
  }
  return rows;
}

function table(one) {
  const fresh = one.kind === "create", rows = rowsOf(one), shown = fresh || every ? rows : rows.filter(([, , , changed]) => changed);
  const old = (value, changed) => (value === null ? (changed ? h("span", { class: "c3" }, t("review.was.none")) : unknown()) : value instanceof Node ? value : changed ? h("del", {}, value) : value);
  const now = (value, changed) => (value === null ? (changed && !fresh ? h("span", {}, t("review.emptied")) : unknown()) : value);
  return h("div", { class: "card" }, h("table", { class: "tb rvt" },
    h("thead", {}, h("tr", {}, h("th", { scope: "col" }, t("review.field")), fresh ? null : h("th", { scope: "col" }, t("review.old")), h("th", { scope: "col" }, t(fresh ? "review.value" : "review.new")), h("th", { scope: "col" }, t("review.check")))),
    h("tbody", {}, shown.map(([label, was, is, changed, note]) => h("tr", {}, h("th", { scope: "row" }, label), fresh ? null : h("td", { class: "c2" }, old(was, changed)), h("td", { class: changed ? "new" : "" }, now(is, changed)), h("td", { class: "chk" }, note))))));
}

function findings(one) {
  const rows = one.findings.map((f) => h("li", {}, h("span", { class: f.severity === "warn" ? "cwarn" : "cbad" }, icon(f.severity === "warn" ? "warn" : "error")),
    h("span", { class: "grow" }, h("b", {}, half(f.reason)), f.remedy ? h("span", { class: "t12 c2" }, half(f.remedy)) : null)));
  const near = one.near.map((n) => h("li", {}, h("span", { class: "c2" }, icon("pin")), h("span", { class: "grow" }, h("a", { href: `/?id=${n.layer}:${n.id}`, class: "b" }, n.name || n.code), h("span", { class: "t12 c2 row" }, n.code, levelName(n.level), exactly(n.distance_m)))));
  return h("div", { class: "card" }, h("div", { class: "sec" }, h("div", { class: "sec-h" }, h("h2", { class: "h3" }, t("review.findings")), h("span", { class: "t12 c3" }, t("review.findings.text"))),
    rows.length ? h("ul", { class: "fnd" }, rows) : h("p", { class: "t13 c2 row row-1" }, icon("ok", "14"), t("review.findings.none"))),
  near.length ? h("div", { class: "sec" }, h("div", { class: "sec-h" }, h("h2", { class: "h3" }, t("review.near", { n: one.near_m }))), h("ul", { class: "fnd" }, near)) : null);
}

/** The chemicals of a major hazard as proposed, and the working of its level. */
function chemicals(one) {
  if (!one.assessment && !one.holdings) return null;
  const cells = (line) => [line.chemical, line.cas || "", (line.symbols || []).join("、"), line.design_max_t === null ? null : `${line.design_max_t} t`];
  const lines = one.holdings || (one.assessment ? one.assessment.lines : []);
  return h("div", { class: "card", id: "chemicals" }, h("div", { class: "sec" }, h("div", { class: "sec-h" }, h("h2", { class: "h3" }, t("hz.chemicals")), h("span", { class: "t12 c3" }, t("hz.chemicals.note"))),
    lines.length ? h("table", { class: "tb tb-d" }, h("thead", {}, h("tr", {}, ["hz.chemical", "", "hz.symbols", "hz.q"].map((key) => h("th", { scope: "col" }, key ? t(key) : "CAS")))),
      h("tbody", {}, lines.map((line) => h("tr", {}, cells(line).map((cell) => h("td", {}, cell === null ? unknown() : cell)))))) : h("p", { class: "t13 c2" }, t("hz.none")),
    ...(one.assessment ? [...verdict(one.assessment), steps(one.assessment)] : [])));
}

function effectBody(found) {
  if (!found) return h("p", { class: "t13 c2" }, t("review.effect.none"));
  const pair = (key) => [found.before[key], found.after[key]];
  const arrow = (a, b, write) => h("dd", {}, write(a), " → ", h("b", {}, write(b)));
  const [was, is] = pair("shown"), same = found.before.d === found.after.d && found.before.t === found.after.t;
  return h("div", { class: "rv-i" }, h("div", { class: "row row-3 wrap" }, h("span", { class: "c2 nw" }, catalogue.districtName(found.district)), level(was), icon("right"), level(is), levelNote(was, is)),
    h("dl", { class: "rv-d" }, h("dt", {}, "D"), arrow(...pair("d"), (v) => decimal(v)), h("dt", {}, "T"), arrow(...pair("t"), (v) => percent(v))),
    h("p", { class: "t12 c2" }, same ? t("review.effect.same") : Math.abs(found.after.d - found.before.d) < 0.0005 ? t("review.effect.tiny") : t("review.effect.moves", { d: fine(found.after.d - found.before.d) }), found.also.length ? ` ${t("review.effect.also", { what: found.also.map((a) => catalogue.districtName(a.code)).join("、") })}` : ""));
}

function effect(one) {
  const box = h("div", {}, skeleton(1)), words = h("span", { class: "t12 c3" });
  const ask = () => {
    clear(box, skeleton(1));
    send(`/api/changes/${one.id}/effect`, {}, "effect").then((body) => { if (body.effect) words.textContent = t("review.effect.by", { method: body.effect.method }); clear(box, effectBody(body.effect)); })
      .catch((error) => { if (!stopped(error)) clear(box, h("p", { class: "t13 c2" }, t("review.effect.failed"), " ", error.message, " ", h("button", { type: "button", class: "btn btn-quiet btn-s", onclick: ask }, t("retry")))); });
  };
  ask();
  return h("div", { class: "card", id: "effect" }, h("div", { class: "sec" }, h("div", { class: "sec-h" }, h("h2", { class: "h3" }, t("review.effect")), words), box));
}

/** Both versions field by field, where the record in force moved on. */
export function conflictTable(one, fields) {
  const value = (field, side) => { if (field.field === "level" && known(field[side])) return level(field[side]); const text = catalogue.valueText(catalogue.field(one.layer, field.field) || null, field[side]); return text === null ? unknown() : text; };
  return h("div", { class: "card" }, h("div", { class: "tb-wrap" }, h("table", { class: "tb rvt" }, h("thead", {}, h("tr", {}, ["review.field", "review.base", "review.current", "review.proposed"].map((key) => h("th", { scope: "col" }, t(key))))),
    h("tbody", {}, fields.map((field) => h("tr", {}, h("th", { scope: "row" }, said(field.label)), h("td", { class: "c2" }, value(field, "base")), h("td", {}, value(field, "current")), h("td", { class: "new" }, value(field, "proposed"))))))));
}

function banners(one) {
  const ban = (kind, name, text) => h("div", { class: `ban ban-${kind}` }, icon(name), h("span", { class: "grow" }, text));
  const back = [...one.moves].reverse().find((m) => m.to === "returned");
  return [
    one.stale ? ban("bad", "error", t("review.stale", { a: one.base_version, b: one.current_version })) : null,
    one.stale ? conflictTable(one, one.conflict) : null,
    one.state === "returned" ? ban("warn", "return", t("review.returned", { why: one.reason, who: one.checker })) : one.state === "submitted" && back ? ban("note", "return", t("review.returned.before", { why: back.reason })) : null,
    one.state === "approved" ? ban("good", "ok", t("review.approved", { who: one.checker, on: moment(one.decided_at) })) : null,
    one.state === "withdrawn" ? ban("note", "undo", t("review.withdrawn")) : null,
    one.transfer ? ban("note", "right", t(one.transfer.confirmed_by ? "review.transfer.taking" : "review.transfer.giving", { a: one.transfer.from_name, b: one.transfer.to_name, who: one.transfer.confirmed_by || "" })) : null,
    one.into ? h("div", { class: "ban ban-note" }, icon("right"), h("span", { class: "grow" }, t("review.merge"), " ", h("a", { class: "b", href: `/?id=${one.layer}:${one.into.id}` }, one.into.name || one.into.code), " ", one.into.code)) : null,
    one.parts.length ? parts(one) : null,
    one.state === "submitted" && one.may.own ? ban("note", "info", t("review.own")) : null,
    one.note ? ban("note", "doc", t("review.note", { text: one.note })) : null,
  ];
}

/** The records a split makes. */
const parts = (one) => h("div", { class: "card" }, h("div", { class: "sec" }, h("div", { class: "sec-h" }, h("h2", { class: "h3" }, t("review.parts", { n: one.parts.length }))),
  h("ul", { class: "fnd" }, one.parts.map((p) => h("li", {}, h("span", { class: "c2" }, known(p.level) ? mark(p.level, "16", levelName(p.level)) : icon("pin")), h("span", { class: "grow" }, h("b", {}, p.name || t("noname")),
    h("span", { class: "t12 c2 row wrap" }, p.code || "", said(p.district_name) || "", point(p.place) || t("noplace"), p.findings.map((f) => half(f.reason)).join("；"))))))));

/** Draws one proposal. `history()`, `back()` to the list on a phone. */
export function paint(one, { history, back }) {
  const rows = rowsOf(one), changed = rows.filter(([, , , c]) => c).length;
  const meta = [one.parent_name || said(one.district_name), one.kind === "create" ? one.steward_name : t("review.versions", { a: one.base_version, b: one.base_version + 1 }), one.submitted_at ? t("review.handed", { who: one.maker, on: moment(one.submitted_at) }) : t("review.by", { who: one.maker })];
  const pick = (value, words, n) => h("button", { type: "button", "aria-pressed": String(every === value), onclick: () => { every = value; paint(one, { history, back }); } }, t(words), ` ${count(n)}`);
  const waited = queue.items.find((item) => item.id === one.id);
  clear($("sheet"), h("div", { class: "sub" }, h("button", { type: "button", class: "ib back", "aria-label": t("review.back"), onclick: back }, icon("left")), sign(one.layer, one.effective_level.new, "40"),
    h("div", { class: "grow" }, h("h1", { class: "cut", id: "sheet-title" }, one.name || t("noname"), " "), h("p", { class: "t13 c2" }, kindTag(one.kind), " ", [...new Set(meta.filter(Boolean))].join(" · "), waited && one.state === "submitted" ? ` · ${t("review.waits", { age: age(waited.age_s) })}` : "")),
    one.kind === "create" ? null : h("div", { class: "seg", role: "group", "aria-label": t("review.fields") }, pick(false, "review.only", changed), pick(true, "review.every", rows.length)),
    h("button", { type: "button", class: "btn btn-s", onclick: history }, icon("clock"), t("tab.history"), " ", h("span", { class: "kbd" }, "h"))),
  h("div", { class: "scroll grow rv-b", tabindex: "0", "aria-labelledby": "sheet-title", role: "region" }, banners(one), table(one), chemicals(one), findings(one), one.may.decide && !one.stale ? effect(one) : null));
}

export const waiting = () => clear($("sheet"), h("div", { class: "rv-b" }, skeleton(6)));
export const failed = (error, again) => clear($("sheet"), wrong(error, again));
export const nothing = () => clear($("sheet"), block({ name: "ok", title: t("review.pick"), text: t("review.pick.text") }));

/** Every step of the proposal, oldest first. */
export const movesList = (moves) => h("ol", { class: "moves" }, moves.map((m) => h("li", {}, h("span", { class: "c2" }, moment(m.recorded_at)), h("span", {}, h("b", {}, t(`review.state.${m.to}`)), ` · ${m.actor}`), m.reason ? h("p", { class: "c2" }, m.reason) : null)));
