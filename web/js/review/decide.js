// The right side: where it is, why it goes back, and the two decisions.

import { get, send } from "../api.js";
import { $, clear, h, icon, mark } from "../dom.js";
import { metres } from "../format.js";
import { said, t } from "../i18n.js";
import { PairMap } from "../map/pair.js";
import { exactly } from "./sheet.js";

const phrases = JSON.parse($("phrases").textContent);
const chosen = new Set();
let map = null, text = "", busy = false;

/** One key for one act on one version: a second try after a lost answer is the same act. */
const keys = new Map();
const keyOf = (name) => { if (!keys.has(name)) keys.set(name, `${name}-${crypto.randomUUID ? crypto.randomUUID() : Math.random().toString(36).slice(2)}`); return keys.get(name); };
const seen = (one) => ({ "If-Match": `"${one.version}"` });

export const approve = (one) => send(`/api/changes/${one.id}/approve`, { seen: one.seen }, "", { ...seen(one), "Idempotency-Key": keyOf(`approve-${one.id}-${one.version}-${one.seen}`) });
export const approveMany = (items) => send("/api/changes/approve", { changes: items.map(({ id, version }) => ({ id, version })) }, "");
export const submit = (one) => send(`/api/changes/${one.id}/submit`, {}, "", seen(one));
export const withdraw = (one) => send(`/api/changes/${one.id}/withdraw`, {}, "", seen(one));
export const sendBack = (one) => send(`/api/changes/${one.id}/return`, { phrases: phrases.filter((p) => chosen.has(p.code)).map((p) => p.code), text }, "", seen(one));
export const hasReason = () => chosen.size > 0 || text.trim().length >= 2;

/** The small map; made when first needed, with the ground once it is there. */
export function pairMap(ground) {
  if (map) return map;
  map = new PairMap($("pair"), { metres: exactly, words: { old: t("review.place.old"), new: t("review.place.new"), place: t("review.place") },
    scale: (length, width) => { const rule = h("i"); rule.style.width = `${width}px`; clear($("scale"), metres(length), rule); } });
  ground.then(([outlines, water, bases]) => { map.land(outlines, water); map.setTiles(bases, () => {}); }).catch(() => {});
  $("pair-in").addEventListener("click", () => map.zoomBy(1));
  $("pair-out").addEventListener("click", () => map.zoomBy(-1));
  return map;
}
export const recolour = () => map && map.recolour();

/** Whether a place is proposed: the other kinds leave it where it is. */
const drawn = (one) => one.kind === "create" || one.kind === "change";

function place(one, ground) {
  const { old, new: now, moved_m: moved } = one.place, none = $("pair-none");
  none.hidden = Boolean(old || now);
  none.textContent = t("noplace");
  const key = [
    old && (moved > 1 || !now) ? h("span", { class: "lvt" }, h("i", { class: "k-old" }), t("review.place.old")) : null,
    now ? h("span", { class: "lvt" }, mark(one.effective_level.new, "16"), t(old && moved > 1 ? "review.place.new" : "review.place")) : null,
    now && one.near_m && drawn(one) ? h("span", { class: "lvt" }, h("i", { class: "k-near" }), metres(one.near_m)) : null,
    moved > 1 ? h("b", { class: "end cwarn" }, t("review.moved", { d: exactly(moved) })) : old && now && drawn(one) ? h("span", { class: "end c2" }, t("review.still")) : null,
  ];
  clear($("pair-key"), key);
  if (!old && !now) return;
  const on = pairMap(ground);
  on.show({ old, now, moved: moved || 0, level: one.effective_level.new, radius: drawn(one) ? one.near_m : 0, near: one.near });
  const skip = new Set([one.feature_id, ...one.near.map((n) => n.id)]);
  get(`/api/layers/${one.layer}/points`, { bbox: on.box().map((v) => v.toFixed(5)).join(","), zoom: 18 }, { slot: "around" })
    .then(({ singles: s }) => on.around(s.id.map((id, i) => ({ id, lon: s.lon[i], lat: s.lat[i], level: s.level[i] })).filter((other) => !skip.has(other.id)).slice(0, 300))).catch(() => {});
}

function reasons(act) {
  const box = h("span", { class: "in in-ta" }), area = h("textarea", { rows: 3, maxlength: 800, id: "reason", "aria-label": t("review.reason.text"), placeholder: t("review.reason.hint"), value: text,
    oninput: () => { text = area.value; box.classList.remove("is-bad"); $("reason-bad").hidden = true; },
    onkeydown: (event) => { if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) { event.preventDefault(); act.sendBack(); } if (event.key === "Escape") { area.blur(); event.stopPropagation(); } } });
  box.append(area);
  const chip = (one) => { const node = h("button", { type: "button", class: "chip", "data-code": one.code, "aria-pressed": String(chosen.has(one.code)), onclick: () => { if (!chosen.delete(one.code)) chosen.add(one.code); node.setAttribute("aria-pressed", String(chosen.has(one.code))); box.classList.remove("is-bad"); $("reason-bad").hidden = true; } }, said(one)); return node; };
  return h("div", { class: "sec" }, h("div", { class: "sec-h" }, h("h2", { class: "h3" }, t("review.reason")), h("span", { class: "t12 c3 end" }, t("review.reason.must"))),
    h("div", { class: "row wrap mb8", role: "group", "aria-label": t("review.reason"), id: "phrase-box" }, phrases.map(chip)), box,
    h("p", { class: "hint hint-bad", id: "reason-bad", role: "alert", hidden: true }, icon("error"), t("review.reason.missing")), h("p", { class: "hint", id: "reason-keys" }, t("review.reason.keys")));
}

/** Draws the side. `act`: {approve, startReturn, sendBack, submit, withdraw, open}. */
export function paint(one, ground, act, fresh) {
  if (fresh) { chosen.clear(); text = ""; }
  $("side").hidden = false;
  $("main").classList.remove("is-none");
  place(one, ground);
  clear($("decide"), one.may.decide ? reasons(act) : h("div", { class: "sec" }, h("p", { class: "t13 c2" }, t(one.may.own ? "review.may.own" : one.state === "submitted" ? "review.may.not" : `review.state.${one.state}`))));
  const button = (kind, words, key, run, id) => h("button", { type: "button", class: `btn ${kind}`, id, onclick: run }, t(words), " ", key ? h("span", { class: "kbd" }, key) : null);
  const open = button("", "review.open", "e", act.open, "open");
  const approving = button("btn-main", one.transfer ? (one.state === "confirmed" ? "review.take" : "review.give") : "review.approve", "a", act.approve, "approve");
  approving.disabled = one.stale;
  if (one.may.decide) clear($("act"), approving, button("btn-bad", "review.return", "r", act.sendBack, "return"), open);
  else if (one.may.edit) clear($("act"), button("btn-main", "review.submit", "", act.submit, "submit"), button("btn-bad", "review.withdraw", "", act.withdraw, "withdraw"), open);
  else clear($("act"), open);
}

export function focusReason() {
  const first = document.querySelector("#phrase-box .chip");
  if (!first) return;
  first.scrollIntoView({ block: "nearest" });
  first.focus();
}

export function reasonMissing() {
  $("reason-bad").hidden = false;
  $("reason").parentElement.classList.add("is-bad");
  focusReason();
}

/** Runs one decision at a time; its buttons rest meanwhile. */
export async function once(run) {
  if (busy) return;
  busy = true;
  const resting = [...$("act").querySelectorAll("button:not([disabled])")];
  for (const node of resting) node.disabled = true;
  try { await run(); } finally { busy = false; for (const node of resting) node.disabled = false; }
}

export function hide() {
  $("side").hidden = true;
  $("main").classList.add("is-none");
}
