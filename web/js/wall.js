// The command-centre screen: no controls, large, dark. Views take turns; the data is asked for again; what is old says so in red.

import { forget, get as fetchJson } from "./api.js";
import * as catalogue from "./catalogue.js";
import { $, clear, h, icon, layerIcon, mark } from "./dom.js";
import { NUMERAL, beijing, count, decimal, known, levelName, moment, percent } from "./format.js";
import { chinese, language, t } from "./i18n.js";
import { MapView } from "./map/view.js";
import { levelOf } from "./panel/charts.js";
import { scaleBar } from "./panel/mapside.js";

/** For summaries only: 1.98 百万 is never written, 198 万 is. */
function rough(value) {
  if (!known(value)) return { text: t("unknown"), unit: "" };
  if (chinese && value >= 1e6) return { text: decimal(value / 1e4, value >= 1e7 ? 0 : 1), unit: "万" };
  if (!chinese && value >= 1e6) return { text: decimal(value / 1e6), unit: "M" };
  return { text: count(value), unit: "" };
}

const given = new URLSearchParams(location.search);
const seconds = (key, low, high, usual) => Math.min(high, Math.max(low, Number(given.get(key)) || usual));
const REFRESH_S = seconds("refresh", 5, 3600, 30), ROTATE_S = seconds("rotate", 5, 600, 25), STALE_S = 3 * REFRESH_S + 30;
const PAGES = ["districts", "sources", "resources"];
let view, page = 0, asked = null, firsts = [], firstCount = null, resources = {};

async function load() {
  forget();
  const [districts, status] = await Promise.all([catalogue.loadDistricts(), catalogue.loadStatus()]);
  await catalogue.loadLayers();
  const sources = catalogue.all().find((one) => one.look.by_level && one.look.default_on);
  if (sources) {
    const body = await fetchJson(`/api/layers/${sources.name}/features`, { level: "1", sort: "-verified_on", limit: 40, count: "true" }, { keep: 0 });
    firsts = body.features; firstCount = body.numberMatched;
  }
  resources = Object.fromEntries(await Promise.all(catalogue.all().filter((one) => one.group === "resource").map(async (one) => [one.name, await fetchJson(`/api/layers/${one.name}/districts`, {}, { keep: 0 })])));
  asked = new Date();
  view.setDistricts(districts, (item) => (language === "en" ? item.name_en || item.name : item.name.replace(/区$/, "")));
  $("demo-tag").hidden = !status.demo;
}

const group = (title, note, ...rest) => h("section", {}, h("h2", {}, title, note ? h("small", {}, note) : null), ...rest);

function grades() {
  const all = catalogue.allDistricts(), names = (level) => all.filter((one) => (one.shown || 0) === level);
  return group(t("wall.grades", { n: all.length }), "", h("div", { class: "w-lv" }, [1, 2, 3, 4, 0].map((level) => { const found = names(level); return h("div", {}, mark(level, "40"), h("b", {}, String(found.length)), h("span", {}, levelName(level)), h("small", {}, found.length && found.length <= 2 ? found.map((one) => catalogue.districtName(one.code)).join("、") : "\u00a0")); })));
}

/** How far a district is below its next level, as a share of that border: the smaller of D's and T's. A border that would leave the worse of both as it is, is none. */
function nearness(item, borders) {
  const level = Math.min(levelOf(item.d, borders.d), levelOf(item.t, borders.t)) - 1;
  if (level < 1) return null;
  const [near] = [["D", item.d, borders.d[level - 1]], ["T", item.t, borders.t[level - 1]]].map(([kind, value, edge]) => ({ kind, level, gap: edge - value, share: (edge - value) / edge })).sort((a, b) => a.share - b.share);
  return near;
}
const BORDERS = { d: [22, 12, 4], t: [0.05, 0.01, 0.001] };

function highest() {
  const list = catalogue.allDistricts().filter((one) => one.shown).sort((a, b) => a.shown - b.shown || b.d - a.d).slice(0, 6);
  return group(t("wall.rank"), "", h("ul", { class: "w-ch" }, list.map((one) => h("li", {}, h("span", { class: "w-n" }, catalogue.districtName(one.code)), mark(one.shown, "40", levelName(one.shown)), h("span", { class: "grow w-d" }, `D ${decimal(one.d)}　T ${percent(one.t)}`)))));
}

function nearest() {
  const borders = (catalogue.gradingRun() || {}).borders || BORDERS;
  const list = catalogue.allDistricts().filter((one) => one.shown && one.d !== null).map((one) => [one, nearness(one, borders)]).filter(([, near]) => near).sort((a, b) => a[1].share - b[1].share).slice(0, 5);
  return group(t("wall.near"), "", h("ul", { class: "w-ch" }, list.map(([one, near]) => h("li", {}, h("span", { class: "w-n" }, catalogue.districtName(one.code)), mark(one.computed, "40", levelName(one.computed)), h("span", { class: "grow w-d" }, `${near.kind} ${near.kind === "T" ? percent(one.t) : decimal(one.d)}，${t("wall.up", { level: NUMERAL[near.level], n: near.kind === "T" ? t("points", { n: decimal(near.gap * 100) }) : decimal(near.gap) })}`)))));
}

function sources() {
  return group(t("wall.first"), count(firstCount), h("ul", { class: "w-ch" }, firsts.slice(0, 14).map((one) => { const p = one.properties, d = p.dangers || {}; return h("li", {}, mark(1, "40", levelName(1)), h("span", { class: "grow cut" }, p.name || t("noname")), h("span", { class: "w-d" }, catalogue.districtName(p.district)), h("span", { class: d.overdue ? "cbad" : "w-d" }, d.overdue ? t("row.overdue", { n: d.overdue }) : t("row.verified", { on: moment(p.verified_on) }))); })));
}

function dangers() {
  const c = catalogue.cityStatus(), d = { open: c.dangers_open, overdue: c.dangers_overdue, major: c.dangers_major, closed: c.dangers_all - c.dangers_open };
  const cell = (words, value, bad) => h("div", { class: bad ? "cbad" : null }, h("span", {}, words), h("b", {}, value === undefined || value === null ? t("unknown") : typeof value === "string" ? value : count(value)));
  return group(t("wall.dangers"), "", h("div", { class: "w-num" }, cell(t("wall.open"), d.open), cell(t("wall.overdue"), d.overdue, d.overdue > 0), cell(t("wall.major"), d.major), cell(t("wall.closing"), !(d.closed + d.open) ? undefined : percent(d.closed / (d.closed + d.open), 1))));
}

function facilities() {
  const names = Object.keys(resources);
  const list = catalogue.allDistricts();
  return group(t("wall.resources"), names.map(catalogue.layerLabel).join(" · "), h("ul", { class: "w-ch" }, list.map((one) => h("li", {}, h("span", { class: "w-n" }, catalogue.districtName(one.code)), mark(one.shown, "40", levelName(one.shown)), h("span", { class: "grow" }), names.map((name) => [layerIcon(catalogue.layer(name).look.icon, 44), h("span", { class: "w-d" }, count(resources[name][one.code] || 0))])))));
}

function draw() {
  const side = { districts: () => [grades(), highest(), nearest()], sources: () => [grades(), dangers(), sources()], resources: () => [grades(), facilities()] }[PAGES[page]];
  clear($("w-side"), side());
  clear($("w-pages"), PAGES.map((one, i) => h("li", { class: i === page ? "is-now" : null }, t(`wall.page.${one}`))));
  clear($("w-leg"), [1, 2, 3, 4, 0].map((level) => h("span", {}, mark(level, "40"), levelName(level))));
  const pieces = rough(catalogue.cityStatus().pieces), figures = [...catalogue.all().map((one) => [catalogue.layerLabel(one.name), rough(one.count)]), [t("wall.pieces"), pieces]];
  clear($("w-foot"), figures.map(([words, n]) => h("div", {}, h("span", {}, words), h("b", {}, n.text, n.unit ? h("small", {}, n.unit) : null))), h("div", { class: "w-att" }, t("attribution")));
  fresh();
}

function fresh() {
  const now = new Date(), run = catalogue.gradingRun(), old = !asked || now - asked > STALE_S * 1000;
  const at = asked ? beijing(asked) : null, said = at ? `${at.hour}:${at.minute}:${at.second}` : t("unknown");
  clear($("w-fresh"), icon(old ? "error" : "ok"), t("wall.fresh", { at: said, graded: run ? moment(run.ended_at) : t("unknown") }));
  $("w-fresh").classList.toggle("is-old", old);
  $("w-old").hidden = !old;
  $("w-old").textContent = old ? t("wall.stale", { at: said }) : "";
}

function clock() {
  const now = new Date(), d = beijing(now), weekday = new Intl.DateTimeFormat(language, { weekday: "short", timeZone: "Asia/Shanghai" }).format(now);
  clear($("w-clock"), `${d.hour}:${d.minute}`, h("small", {}, chinese ? `${Number(d.month)} 月 ${Number(d.day)} 日 ${weekday}` : `${d.year}-${d.month}-${d.day} ${weekday}`));
  const turn = (Math.floor(now / 3600000) * 97) % 8;                      // against burn-in: at most 4 px, another place each hour
  document.body.style.transform = `translate(${(turn % 3) - 1 << 1}px, ${((turn >> 1) % 3) - 1 << 1}px)`;
  fresh();
}

function scaled() {
  const k = Math.max(1, window.innerWidth / 3840 * 2.4);
  view.set({ k, far: 99 });
  const pad = Math.round(40 * window.innerWidth / 3840);
  view.fitCity(false, [pad, pad, pad, pad]);
  scaleBar(view, 96 * k);
}

async function turn() {
  const next = (page + 1) % PAGES.length;
  $("w-side").classList.add("is-out");
  await new Promise((done) => setTimeout(done, 400));
  page = next;
  draw();
  $("w-side").classList.remove("is-out");
}

async function start() {
  document.body.dataset.ready = "0";
  view = new MapView($("mapbox"), window.riskmap, () => {});
  view.map.dragging.disable(); view.map.scrollWheelZoom.disable(); view.map.keyboard.disable(); view.map.doubleClickZoom.disable();
  $("map").setAttribute("aria-label", t("map.label"));
  scaled();
  addEventListener("resize", scaled);
  clock();
  setInterval(clock, 1000);
  try {
    view.setOutlines(await fetchJson("/api/districts.geojson", {}, { keep: 0 }));
    fetchJson("/api/water.geojson", {}, { keep: 0 }).then((body) => view.setWater(body), () => {});
    await load();
    draw();
  } catch (error) { fresh(); }
  setInterval(() => load().then(draw, fresh), REFRESH_S * 1000);
  setInterval(turn, ROTATE_S * 1000);
  document.body.dataset.ready = "1";
  window.riskmap.view = view;
}
start();
