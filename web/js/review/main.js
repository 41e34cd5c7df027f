// The desk: a queue, one proposal open, a decision, the next one. Everything by the keyboard.

import { get, stop, stopped } from "../api.js";
import * as catalogue from "../catalogue.js";
import { $, clear, h, iconButton } from "../dom.js";
import { count, moment } from "../format.js";
import { language, t } from "../i18n.js";
import { wireKeys } from "../keys.js";
import { keysDialog } from "../panel/help.js";
import { bar, toast } from "../panel/notice.js";
import * as decide from "./decide.js";
import { item, load, paint as paintQueue, position, queue, waiting } from "./queue.js";
import * as sheet from "./sheet.js";

const asked = new URLSearchParams(location.search);
let one = null, ground = null;

// theme before anything is drawn
const theme = () => document.documentElement.dataset.theme || "light";
function setTheme(name) { if (name === "dark") document.documentElement.dataset.theme = "dark"; else delete document.documentElement.dataset.theme; decide.recolour(); }
if (!asked.has("theme")) { try { setTheme(localStorage.getItem("theme")); } catch (error) { /* no storage, no memory of it */ } }

const told = (error) => bar("act", { kind: "bad", text: [error.message === "offline" ? t("error.offline") : error.message === "timeout" ? t("error.timeout") : error.message, error.remedy].filter(Boolean).join("。"), action: [t("close"), () => bar("act", null)] });

function remember() {
  const now = new URLSearchParams(location.search);
  if (queue.chosen) now.set("id", String(queue.chosen)); else now.delete("id");
  if (queue.whose === "mine") now.set("mine", "1"); else now.delete("mine");
  history.replaceState(null, "", `${location.pathname}${now.size ? `?${now}` : ""}`);
}

const list = () => paintQueue({ open: (id) => openOne(id, true), again: start, more: () => load(true).then(list).catch(told), bulk: confirmBulk, choose });

async function choose(patch) {
  Object.assign(queue, patch);
  await reload();
  const first = queue.items[0];
  if (first && document.body.dataset.pane !== "list") await openOne(first.id);
  else if (first && window.innerWidth >= 600) await openOne(first.id);
  else none();
}

async function reload() {
  try { await load(); } catch (error) { if (stopped(error)) return; queue.items = []; queue.failed = error; }
  list();
}

function none() { queue.chosen = 0; one = null; document.body.dataset.pane = "list"; remember(); sheet.nothing(); decide.hide(); list(); }

/** Opens a proposal. `told`: by a person, so that the phone turns the page. */
async function openOne(id, deliberate = false) {
  const fresh = !one || one.id !== id;
  queue.chosen = id;
  if (deliberate || window.innerWidth >= 600) document.body.dataset.pane = "one";
  remember();
  list();
  const node = document.querySelector(`#rows .li[data-id="${id}"]`);
  if (node) node.scrollIntoView({ block: "nearest" });
  if (fresh) sheet.waiting();
  try {
    one = await get(`/api/changes/${id}`, {}, { slot: "change", keep: 0 });
  } catch (error) {
    if (stopped(error)) return;
    one = null;
    sheet.failed(error, () => openOne(id));
    decide.hide();
    return;
  }
  sheet.paint(one, { history: showHistory, back: () => { document.body.dataset.pane = "list"; } });
  decide.paint(one, ground, acts, fresh);
}

function step(n) {
  const at = position(), next = queue.items[Math.min(queue.items.length - 1, Math.max(0, at + n))];
  if (!next || (next.id === queue.chosen && at >= 0)) return;
  openOne(next.id).then(() => { const link = document.querySelector(`#rows .li[data-id="${next.id}"] .li-a`); if (link) link.focus({ preventScroll: true }); });
}

/** After a decision: the list anew, the next proposal open, focus where it was. */
async function next(id) {
  const at = Math.max(0, queue.items.findIndex((i) => i.id === id));
  await reload();
  const following = item(id) || queue.items[Math.min(at, queue.items.length - 1)];
  if (following) await openOne(following.id); else none();
  ($("sheet").querySelector(".rv-b") || $("sheet")).focus({ preventScroll: true });
}

async function act(run, words, id = one.id, name = one.name) {
  bar("act", null);
  stop("effect");                              // what it would have been is no question any more
  await decide.once(async () => {
    try {
      await run();
      toast(t(words, { name: name || t("noname") }));
      await next(id);
    } catch (error) {
      told(error);
      if (error.status === 409) { await reload(); await openOne(id); }
    }
  });
}

const able = () => one && one.may.decide;

const doneKey = (one) => (one.transfer && one.state === "submitted" ? "review.done.confirmed" : "review.done.approved");
function approve() {
  if (!able()) return false;
  if (one.stale) { bar("act", { kind: "bad", text: t("review.stale", { a: one.base_version, b: one.current_version }), action: [t("close"), () => bar("act", null)] }); return true; }
  if (!one.findings.length) { act(() => decide.approve(one), doneKey(one)); return true; }
  const asks = one;
  ask(t("review.ask.doubts", { n: count(one.findings.length) }), t("review.ask.doubts.text", { name: one.name || t("noname") }), t("review.approve"), () => act(() => decide.approve(asks), doneKey(asks), asks.id, asks.name));
  return true;
}

function sendBack() {
  if (!able()) return false;
  if (!decide.hasReason()) { decide.reasonMissing(); return true; }
  const asks = one;
  act(() => decide.sendBack(asks), "review.done.returned");
  return true;
}

function openRecord() {
  if (!one) return false;
  const place = one.place.new || one.place.old;
  location.href = one.feature_id ? `/?id=${one.layer}:${one.feature_id}` : place ? `/?v=${place[1].toFixed(5)},${place[0].toFixed(5)},16` : "/";
  return true;
}

const acts = {
  approve, sendBack, open: openRecord,
  submit: () => act(() => decide.submit(one), "review.done.submitted"),
  withdraw: () => ask(t("review.ask.withdraw"), t("review.ask.withdraw.text"), t("review.withdraw"), () => act(() => decide.withdraw(one), "review.done.withdrawn")),
};

/** A question with two verbs; the safe one has the focus. */
function ask(title, text, verb, run) {
  const dialog = $("dialog");
  clear(dialog, h("h2", { id: "dialog-title" }, title), h("div", { class: "bd" }, h("p", { class: "t13 c2" }, text)),
    h("div", { class: "ft" }, h("button", { type: "button", class: "btn", autofocus: true, onclick: () => dialog.close() }, t("cancel")), h("button", { type: "button", class: "btn btn-main", id: "dialog-yes", onclick: () => { dialog.close(); run(); } }, verb)));
  dialog.showModal();
}

function confirmBulk(items) {
  ask(t("review.ask.bulk", { n: count(items.length) }), t("review.ask.bulk.text"), t("review.approve"), () => decide.once(async () => {
    try {
      const answer = await decide.approveMany(items);
      toast(answer.left.length ? t("review.done.some", { n: count(answer.approved.length), left: count(answer.left.length) }) : t("review.done.bulk", { n: count(answer.approved.length) }));
      await next(queue.chosen);
    } catch (error) { told(error); }
  }));
}

async function showHistory() {
  if (!one) return;
  const dialog = $("dialog"), box = h("div", {});
  clear(dialog, h("div", { class: "dlg-h" }, h("h2", { id: "dialog-title", class: "grow" }, t("review.history")), iconButton("close", t("close.key"), () => dialog.close())),
    h("div", { class: "bd" }, h("h3", {}, t("review.history.change")), sheet.movesList(one.moves), box));
  dialog.showModal();
  if (!one.feature_id) return;
  try {
    const record = await get(`/api/layers/${one.layer}/features/${one.feature_id}`, {}, { slot: "history" });
    clear(box, h("h3", {}, t("review.history.record")), h("ol", { class: "moves" }, record.history.map((v) => h("li", {}, h("span", { class: "c2" }, moment(v.recorded_at)), h("span", {}, h("b", {}, t("version", { n: v.version })), ` · ${v.actor}`)))));
  } catch (error) { if (!stopped(error)) clear(box, h("p", { class: "t13 cbad" }, error.message)); }
}

async function start() {
  document.body.dataset.ready = "0";
  waiting();
  ground = Promise.all([get("/api/districts.geojson", {}, { keep: 0 }), get("/api/water.geojson", {}, { keep: 0 }), get("/api/basemaps", {}, { keep: 0 })]);
  ground.catch(() => {});
  queue.whose = asked.get("mine") || document.body.dataset.decides === "0" ? "mine" : "others";
  catalogue.loadStatus().then((status) => { $("demo-tag").hidden = !status.demo; }).catch(() => {});
  const named = Number(asked.get("id")) || 0;
  try {
    await Promise.all([catalogue.loadLayers(), catalogue.loadDistricts().catch(() => {})]);
  } catch (error) { queue.failed = error; list(); sheet.failed(error, start); decide.hide(); return; }
  await reload();
  if (queue.failed) { sheet.nothing(); decide.hide(); }
  else if (named) await openOne(named, true);
  else if (queue.items[0] && window.innerWidth >= 600) await openOne(queue.items[0].id);
  else none();
  document.body.dataset.ready = "1";
}

$("theme").addEventListener("click", () => { const to = theme() === "dark" ? "light" : "dark"; try { localStorage.setItem("theme", to); } catch (error) { /* this time only */ } setTheme(to); });
$("lang").addEventListener("click", () => { const now = new URLSearchParams(location.search); now.set("lang", language === "en" ? "zh-CN" : "en"); location.search = now.toString(); });
$("help").addEventListener("click", keysDialog);
wireKeys([
  [["j"], t("review.key.j"), () => step(1)],
  [["k"], t("review.key.k"), () => step(-1)],
  [["a"], t("review.key.a"), () => approve()],
  [["r"], t("review.key.r"), () => (able() ? decide.focusReason() : false)],
  [["e"], t("review.key.e"), () => openRecord()],
  [["h"], t("review.key.h"), () => { showHistory(); }],
  [["?"], t("review.key.help"), () => keysDialog()],
]);
start();
