// The list on the left: who waits, how long, for what; the chosen one; those without a finding approved together.

import { get } from "../api.js";
import * as catalogue from "../catalogue.js";
import { $, clear, h, icon, layerIcon, mark } from "../dom.js";
import { count, levelName } from "../format.js";
import { t } from "../i18n.js";
import { block, skeleton, wrong } from "../panel/notice.js";

const DAY = 86400;
const LATE = 3 * DAY;                          // from here on an age is written in the colour of a warning
const MINE = "draft,submitted,confirmed,returned";

export const queue = { whose: "others", findings: "", items: [], count: 0, clean: 0, chosen: 0, cursor: null, failed: false };

export function age(seconds) {
  if (seconds < 3600) return t("review.age.m", { n: Math.max(1, Math.floor(seconds / 60)) });
  return seconds < DAY ? t("review.age.h", { n: Math.floor(seconds / 3600) }) : t("review.age.d", { n: Math.floor(seconds / DAY) });
}

const TAGS = { create: "tag tag-good", change: "tag tag-note", retire: "tag", transfer: "tag tag-note", split: "tag tag-note", merge: "tag tag-note" };
export const kindTag = (kind) => h("span", { class: TAGS[kind] || "tag" }, t(`review.kind.${kind}`));

export function sign(layer, level, size = "24") {
  const one = catalogue.layer(layer);
  return !one || one.look.by_level ? mark(level, size, levelName(level)) : layerIcon(one.look.icon, Number(size));
}

const asked = () => ({
  ...(queue.whose === "mine" ? { state: MINE, mine: "true" } : { state: "submitted,confirmed", mine: "false" }),
  ...(queue.findings ? { findings: queue.findings } : {}), limit: "100",
});

/** Asks for the list anew; `more` goes on at its end. */
export async function load(more = false) {
  const body = await get("/api/changes", { ...asked(), ...(more ? { cursor: queue.cursor } : {}) }, { slot: "queue", keep: 0 });
  queue.items = more ? [...queue.items, ...body.changes] : body.changes;
  Object.assign(queue, { count: body.count, clean: body.clean, cursor: body.cursor, failed: false });
}

export const item = (id) => queue.items.find((one) => one.id === id);
export const position = () => queue.items.findIndex((one) => one.id === queue.chosen);

function row(one, open) {
  const selected = one.id === queue.chosen;
  const facts = h("span", { class: "row row-1" }, h("span", { class: one.age_s >= LATE ? "cwarn" : "" }, age(one.age_s)),
    one.findings ? h("span", { class: "cbad" }, t("review.doubts.n", { n: count(one.findings) })) : null);
  const state = queue.whose === "mine" ? h("span", { class: one.state === "returned" ? "tag tag-warn" : "tag" }, t(`review.state.${one.state}`)) : kindTag(one.kind);
  return h("li", { class: selected ? "li is-sel" : "li", "data-id": one.id }, sign(one.layer, one.level),
    h("div", { class: "grow" }, h("a", { class: "t cut li-a", href: `/review?id=${one.id}`, "aria-current": selected ? "true" : null, onclick: (event) => { if (event.ctrlKey || event.metaKey || event.shiftKey) return; event.preventDefault(); open(one.id); } }, one.name || t("noname")),
      h("div", { class: "m cut" }, [one.parent_name || catalogue.districtName(one.district_code), catalogue.layerLabel(one.layer), t("review.by", { who: one.maker })].join(" · "))),
    h("div", { class: "r" }, state, facts));
}

/** Draws the list. `open(id)`, `again()`, `more()`, `bulk(items)`. */
export function paint({ open, again, more, bulk, choose }) {
  const badge = $("badge");
  if (queue.whose === "others" && !queue.findings) { badge.hidden = !queue.count; badge.textContent = String(queue.count); }
  $("count").textContent = t("n.items", { n: count(queue.count) });
  clear($("whose"), [["others", "review.todo"], ["mine", "review.mine"]].map(([value, words]) => h("button", { type: "button", "aria-pressed": String(queue.whose === value), onclick: () => choose({ whose: value, findings: "" }) }, t(words))));
  const chip = (value, words, n) => h("button", { type: "button", class: "chip", "aria-pressed": String(queue.findings === value), onclick: () => choose({ findings: value }) }, t(words), " ", h("span", { class: "n" }, count(n)));
  clear($("chips"), chip("", "review.all", queue.count), chip("true", "review.doubtful", queue.count - queue.clean), chip("false", "review.clean", queue.clean));
  const rows = $("rows");
  clear(rows, queue.items.map((one) => row(one, open)));
  if (queue.cursor) rows.append(h("li", { class: "row" }, h("button", { type: "button", class: "btn btn-quiet", onclick: more }, t("review.more"))));
  if (!queue.items.length) rows.append(h("li", {}, empty(choose)));
  const able = queue.items.filter((one) => !one.findings && one.may_decide && one.state === "submitted"), foot = $("bulk");
  foot.hidden = !able.length || queue.whose === "mine";
  clear(foot, h("button", { type: "button", class: "btn", id: "approve-clean", onclick: () => bulk(able) }, icon("check"), t("review.bulk", { n: count(able.length) })));
  if (queue.failed) clear(rows, h("li", {}, wrong(queue.failed, again)));
}

function empty(choose) {
  if (queue.findings) return block({ name: "filter", title: t("review.none.filter"), actions: [[t("review.all"), () => choose({ findings: "" }), true]] });
  return queue.whose === "mine" ? block({ name: "doc", title: t("review.none.mine"), text: t("review.none.mine.text") }) : block({ name: "ok", title: t("review.none"), text: t("review.none.text") });
}

export const waiting = () => clear($("rows"), h("li", {}, skeleton(6)));
