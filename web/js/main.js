// Puts the page together: state, map, panels, keys. Each part knows its own; what happens between them is said here.

import { forget, get as fetchJson } from "./api.js";
import * as catalogue from "./catalogue.js";
import { $, later, onceAFrame, tabKeys } from "./dom.js";
import { Feed } from "./feed.js";
import { metres, moment } from "./format.js";
import { language, t } from "./i18n.js";
import { wireKeys } from "./keys.js";
import { loadH3 } from "./map/cells.js";
import { MapView } from "./map/view.js";
import { FAR } from "./map/zoom.js";
import { asked, path } from "./query.js";
import * as state from "./state.js";
import { parse } from "./url.js";
import { filterCount } from "./panel/chips.js";
import { closeMenu, loadCounts, paintChips, paintTabs, paintTools, wireHead } from "./panel/head.js";
import { legendBox, scaleBar, tip } from "./panel/mapside.js";
import { List } from "./panel/list.js";
import { bar, copy, toast } from "./panel/notice.js";
import { covered, phone, sheetStep, sheetTo } from "./panel/sheet.js";

const facets = new Map();
const GRACE_MS = 1000;                         // so long the first picture waits for cells and points when its ground is there
let leftTab = "layers", view, list, feed, located = null, begun = false;

// Cards, the grade page, facets and basemaps come when they are first asked for; the map and the list do not wait for them.
const layersModule = () => import("./panel/layers.js");
const insetModule = () => import("./map/inset.js");
const cardModule = () => import("./panel/card.js").then((module) => { module.wireCard({ view, located: locate, h3: () => feed.h3() }); return module; });
const cardOpen = () => !$("card").hidden;
const closeCard = () => state.set({ id: null, district: "", cell: "", why: false });
const whyOpen = () => !$("why").hidden;
const closeWhy = () => state.set({ why: false });
let sources = [];
const source = (id) => sources.find((one) => one.id === id) || null;

let opening = null;                            // the row just opened: its card can show a head before the answer comes
async function followCard() {
  const s = state.get();
  if (s.id || s.district || s.cell || cardOpen()) (await cardModule()).followCard(opening);
}
async function followWhy() {
  const s = state.get();
  if ((s.why && s.district) || whyOpen()) (await import("./panel/why.js")).followWhy();
}

// theme before anything is drawn
const theme = () => document.documentElement.dataset.theme || "light";
function setTheme(name) { if (name === "dark") document.documentElement.dataset.theme = "dark"; else delete document.documentElement.dataset.theme; }
if (!document.documentElement.dataset.theme && !new URLSearchParams(location.search).has("theme")) { try { setTheme(localStorage.getItem("theme")); } catch (error) { /* no storage, no memory of it */ } }

async function start() {
  document.body.dataset.ready = "0";
  const shell = window.riskmap;
  const early = { layers: catalogue.loadLayers(), outlines: fetchJson("/api/districts.geojson", {}, { keep: 0 }), districts: catalogue.loadDistricts(new URLSearchParams(location.search).get("on") || ""),
    status: catalogue.loadStatus(), water: fetchJson("/api/water.geojson", {}, { keep: 0 }), bases: fetchJson("/api/basemaps", {}, { keep: 0 }) };
  for (const one of Object.values(early)) one.catch(() => {});
  if ((parse(location.search).view || { zoom: 0 }).zoom > FAR) loadH3().catch(() => {});
  view = new MapView($("mapbox"), shell, happened);
  view.hold();
  $("map").setAttribute("aria-label", t("map.label"));
  try { await early.layers; } catch (error) { bar("layers", { kind: "bad", text: `${t("error.start")} ${error.message}`, action: [t("retry"), () => location.reload()] }); return; }
  state.start({ list: catalogue.defaultList() });
  const s = state.get();
  list = new List({ view, open: openItem, go: goTo, hover: hoverItem, loaded: () => { if (state.get().id) list.reveal(); } });
  if (s.view) view.setView(s.view); else view.fitCity(false, cityPad());
  list.load();
  feed = new Feed(view, failing);
  const first = feed.now();
  wire(shell);
  state.watch(changed);
  paintTabs(); paintChips(); paintTools();
  followTheme(s);
  $("q").value = s.q;
  followCard(); choose();
  early.status.then(statusCame, () => {});
  await Promise.all([early.outlines.then((body) => view.setOutlines(body), (error) => failing("outlines", error)), early.districts.catch((error) => failing("districts", error)), early.water.then((body) => view.setWater(body), () => {})]);
  await Promise.race([first, new Promise((done) => setTimeout(done, GRACE_MS))]);
  gradesCame();
  list.renew();
  moved(view.view());
  followWhy();
  view.go();
  document.body.dataset.ready = "1";
  requestAnimationFrame(() => setTimeout(beside, 0));
  early.bases.then((body) => { sources = body; followBase(); if (leftTab === "base") paintLeft(); }, () => {});
}

/** What stands beside the map comes after its first picture: the left panel, its figures, the legend. */
function beside() {
  begun = true;
  paintLeft(); legendBox(view, state.get());
  loadCounts(); loadFacets();
}

const cityPad = () => (phone() ? [110, 12, 0.25 * window.innerHeight + 70, 12] : [18, window.innerHeight < 801 ? 60 : 44, 18, 18]);

function gradesCame() {
  view.setDistricts(catalogue.allDistricts(), (item) => (language === "en" ? item.name_en || item.name : item.name.replace(/区$/, "")));
  if (feed) { feed.pillsFor = feed.badgesFor = ""; feed.refresh(); }
  paintTabs(); paintLeft(); inset();
  const run = catalogue.gradingRun(), on = state.get().on;
  if (run) {
    $("graded").hidden = false;
    $("graded").lastElementChild.textContent = t("graded", { at: moment(run.ended_at) });
    $("graded").title = t("graded.title", { as_of: run.as_of, method: run.method && run.method.name ? run.method.name : run.method });
    $("on").value = on || run.as_of || "";
    $("on").max = run.as_of || "";
    bar("replay", on && run.as_of !== on ? { kind: "note", text: t("replay.mapnow", { on, as_of: run.as_of }), action: [t("replay.end"), () => state.set({ on: "" })] } : null);
  }
  if (state.get().list === catalogue.DISTRICTS && list) list.load(true);
  if (begun) legendBox(view, state.get());
}

function statusCame(status) {
  $("demo-tag").hidden = !status.demo;
  document.body.classList.toggle("is-demo", Boolean(status.demo));
  $("attr").textContent = (status.demo ? `${t("demo")} · ` : "") + t("attribution");
}

// what happens on the map
function happened(event, detail) {
  if (event === "move") moved(detail);
  else if (event === "tip" || event === "hover") { tip(view, detail); if (list) list.light(detail && detail.kind === "point" && detail.layer === state.get().list ? detail.id : detail && detail.kind === "district" ? detail.code : null); }
  else if (event === "click") clicked(detail);
}

const settle = later(160, (now) => {
  if (now.deliberate) state.set({ view: { lat: Number(now.lat.toFixed(5)), lng: Number(now.lng.toFixed(5)), zoom: Number(now.zoom.toFixed(2)) } }, "replace");
  feed.refresh();
  if (state.get().inView) list.load();
});

let band = "";
function moved(now) {
  scaleBar(view);
  if (!feed) return;
  settle(now);
  if (!begun) { inset(); return; }
  const here = `${now.zoom <= FAR}/${now.resolution}/${Math.floor(now.zoom * 2)}`;
  if (here === band) return;
  band = here;
  inset();
  legendBox(view, state.get());
  if (leftTab === "layers") paintLeft();
}

function clicked(at) {
  if (at.kind === "point") state.set({ id: { layer: at.layer, id: at.id }, district: "", cell: "" });
  else if (at.kind === "cluster") view.flyTo(at.lon, at.lat, Math.min(17, view.view().zoom + 2));
  else if (at.kind === "cell") state.set({ cell: at.cell, id: null, district: "" });
  else if (at.kind === "district") state.set({ district: at.code, id: null, cell: "" });
  else if (cardOpen()) closeCard();
}

const inset = onceAFrame(() => {
  const box = $("inset"), far = view.view().zoom <= FAR;
  box.hidden = !far || phone() || window.innerWidth < 900;
  if (!box.hidden && !view.waiting) insetModule().then(({ paintInset }) => paintInset(box.querySelector("canvas"), view));
});

/** The place of a selected record is known: ring on the map, moved into sight, never zoomed. */
function locate(layer, feature) {
  const s = state.get();
  if (!s.id || s.id.id !== feature.id) return;
  located = feature.geometry ? { layer, id: feature.id, lon: feature.geometry.coordinates[0], lat: feature.geometry.coordinates[1], level: catalogue.layer(layer).look.by_level ? feature.properties.effective_level || 0 : undefined } : null;
  choose();
  if (located && !s.view) view.panInto(located.lon, located.lat, covered()); else if (located && locate.wanted === feature.id) view.panInto(located.lon, located.lat, covered());
  locate.wanted = 0;
}

function choose() {
  const s = state.get();
  const point = s.id ? (located && located.id === s.id.id ? located : view.place(s.id.layer, s.id.id)) : null;
  view.choose({ point, district: s.district, cell: s.cell });
  inset();
}

// what happens in the list
function openItem(item) {
  if (item.code && item.zone !== undefined && !item.properties) { state.set({ district: item.code, id: null, cell: "" }); return; }
  locate.wanted = item.id;
  opening = item;
  located = item.geometry ? { layer: state.get().list, id: item.id, lon: item.geometry.coordinates[0], lat: item.geometry.coordinates[1], level: catalogue.layer(state.get().list).look.by_level ? item.properties.effective_level || 0 : undefined } : null;
  state.set({ id: { layer: state.get().list, id: item.id }, district: "", cell: "" });
  if (phone()) sheetTo(1);
}

function goTo(item) {
  if (!item) return;
  if (item.geometry) { openItem(item); view.flyTo(item.geometry.coordinates[0], item.geometry.coordinates[1]); if (phone()) sheetTo(0); }
  else if (item.label) { state.set({ district: item.code, id: null, cell: "" }); view.flyTo(item.label[0], item.label[1], 10.4); }
}

function hoverItem(item) {
  const point = item && item.geometry ? { id: item.id, layer: state.get().list, lon: item.geometry.coordinates[0], lat: item.geometry.coordinates[1] } : item && item.label ? { id: item.code, layer: "", lon: item.label[0], lat: item.label[1] } : null;
  view.setHover(point);
}

// what follows the state
function changed(s, keys) {
  const has = (...names) => names.some((name) => keys.has(name));
  if (has("history") && has("view") && s.view) view.setView(s.view);
  if (has("filters", "q", "list", "layers", "sort", "inView")) { list.load(); feed.refresh(); paintChips(); paintTools(); }
  if (has("filters", "q", "list", "layers")) { loadCounts(); loadFacets(); paintLeft(); legendBox(view, s); }
  if (has("q") && $("q") !== document.activeElement) $("q").value = s.q;
  if (has("id", "district", "cell")) { if (!s.id) located = null; followCard(); choose(); list.reveal(); }
  if (has("district", "why", "on")) followWhy();
  if (has("on")) { if (cardOpen()) cardModule().then((module) => { module.forgetCard(); module.followCard(); }); catalogue.loadDistricts(s.on).then(gradesCame, (error) => failing("districts", error)); }
  if (has("base")) followBase();
  if (has("theme")) followTheme(s);
  if (has("filters") && s.id) cardModule().then((module) => module.leave());
}

function followTheme(s) {
  if (s.theme && s.theme !== theme()) { setTheme(s.theme); view.recolour(); inset(); }
}

/** A picture and its labels are two sources at 天地图: the second lies over the first and is not offered alone. */
const LABELS = { "tianditu-vec-w": "tianditu-cva-w", "tianditu-img-w": "tianditu-cia-w" };

function followBase() {
  const one = source(state.get().base), over = one && source(LABELS[one.id]);
  view.setTiles([one, over].filter(Boolean), () => { view.setTiles([]); toast(t("base.failed", { name: one.label })); });
  $("attr").textContent = `${document.body.classList.contains("is-demo") ? `${t("demo")} · ` : ""}${one ? `${one.attribution || one.label} · ${t("attribution.check")}` : t("attribution")}`;
}

async function loadFacets() {
  const { openLayers } = await layersModule();
  for (const name of new Set([state.get().list, ...openLayers()])) {
    if (!catalogue.isLayer(name)) continue;
    try {
      facets.set(name, await fetchJson(path(name, "facets"), asked(name), { slot: `facets:${name}` }));
      if (name === state.get().list || leftTab === "layers") paintLeft();
    } catch (error) { /* counts are left out, filters stay */ }
  }
}

const paintLeft = onceAFrame(async () => {
  const body = $("left-body"), n = filterCount(state.filtersOf(state.get().list));
  body.dataset.tab = leftTab;
  for (const name of ["layers", "filters", "base"]) $(`tab-${name}`).setAttribute("aria-selected", String(name === leftTab));
  $("tab-filters").querySelector(".n").textContent = n ? String(n) : "";
  if (!begun) return;
  if (leftTab === "layers") { const { paintLayers } = await layersModule(); if (leftTab === "layers") paintLayers(body, { tree: window.riskmap.tree, view, facets: (name) => facets.get(name) }); }
  else if (leftTab === "filters") { const { paintFilters } = await import("./panel/filters.js"); if (leftTab === "filters") paintFilters(body, facets.get(state.get().list)); }
  else { const { paintBase } = await import("./panel/base.js"); if (leftTab === "base") paintBase(body, sources.filter((one) => !Object.values(LABELS).includes(one.id))); }
});

function openLeft(tab) {
  leftTab = tab;
  document.body.classList.add("is-left");
  document.body.classList.remove("is-bare");
  paintLeft();
}

/** A part of the map could not be had: said in a bar, the old picture stays. */
const failures = new Map();
function failing(what, error) {
  if (error) failures.set(what, error); else failures.delete(what);
  if ((what === "pills" || what === "badges") && !error) inset();
  const first = [...failures.values()][0];
  bar("map", first ? { text: `${first.message === "offline" ? t("error.offline") : first.message === "timeout" ? t("error.timeout") : first.message}，${t("error.kept")}`, action: [t("retry"), () => { failures.clear(); bar("map", null); forget(); feed.forget(); feed.refresh(); list.load(true); }] } : null);
}

function wire(shell) {
  const search = later(250, (text) => state.set({ q: text.trim().slice(0, 200).trim() }, state.get().q ? "replace" : "push"));
  $("q").addEventListener("input", (event) => search(event.target.value));
  $("q").addEventListener("keydown", (event) => { if (event.key === "Enter") { list.move(0); } if (event.key === "Escape") { event.target.value = ""; state.set({ q: "" }); event.target.blur(); event.stopPropagation(); } });
  for (const name of ["layers", "filters", "base"]) $(`tab-${name}`).addEventListener("click", () => { leftTab = name; paintLeft(); });
  document.querySelectorAll("[role=tablist]").forEach(tabKeys);
  $("left-close").addEventListener("click", () => document.body.classList.remove("is-left"));
  $("left-open").addEventListener("click", () => openLeft("layers"));
  $("zoom-in").addEventListener("click", () => view.zoomBy(1));
  $("zoom-out").addEventListener("click", () => view.zoomBy(-1));
  $("zoom-city").addEventListener("click", () => view.fitCity(true, cityPad()));
  $("map-only").addEventListener("click", bare);
  $("locate").addEventListener("click", here);
  $("measure").addEventListener("click", measure);
  $("help").addEventListener("click", help);
  $("theme").addEventListener("click", () => { const next = theme() === "dark" ? "light" : "dark"; try { localStorage.setItem("theme", next); } catch (error) { /* this time only */ } setTheme(next); if (state.get().theme) state.set({ theme: next }, "replace"); view.recolour(); inset(); legendBox(view, state.get()); });
  $("lang").addEventListener("click", () => { state.set({ lang: language === "en" ? "zh-CN" : "en" }, "replace"); location.reload(); });
  $("on").addEventListener("change", (event) => { const run = catalogue.gradingRun(); state.set({ on: run && event.target.value === run.as_of ? "" : event.target.value }); });
  const canvas = $("inset").querySelector("canvas");
  canvas.addEventListener("click", async (event) => { const { insetAt } = await insetModule(), at = insetAt(canvas, event); if (at.code) state.set({ district: at.code, id: null, cell: "" }); });
  canvas.addEventListener("dblclick", async () => view.fitBox((await insetModule()).INSET_BOX));
  wireHead(list, view);
  sheetTo(0);
  asPhone();
  addEventListener("resize", later(120, () => { asPhone(); inset(); scaleBar(view); list.paint(); }));
  const choices = [1, 2, 3, 4];
  wireKeys([
    [["/"], t("key.search"), () => { $("q").focus(); $("q").select(); }],
    [["j"], t("key.next"), () => list.move(1)], [["k"], t("key.previous"), () => list.move(-1)],
    [["Enter"], t("key.open"), (event) => { const on = event.target instanceof Element && event.target.closest("button, a, summary, label"); if (on || !list.current()) return false; openItem(list.current()); return true; }],
    [["z"], t("key.zoom"), () => goTo(list.current())],
    [["l"], t("key.layers"), () => openLeft("layers")], [["f"], t("key.filters"), () => openLeft("filters")],
    [["1", "2", "3", "4"], t("key.levels"), (event) => { layersModule().then(({ toggleLevel }) => toggleLevel(state.get().list, Number(event.key), choices, false)); }],
    [["v"], t("key.inview"), () => state.set({ inView: !state.get().inView })],
    [["+", "="], t("key.in"), () => view.zoomBy(1)], [["-"], t("key.out"), () => view.zoomBy(-1)], [["0"], t("key.city"), () => view.fitCity(true, cityPad())],
    [["m"], t("key.map"), bare], [["y"], t("key.copy"), () => { copy(location.href); }],
    [["?"], t("key.help"), help],
    [["Escape"], t("key.close"), escape],
  ]);
  shell.list = list; shell.view = view; shell.feed = feed; shell.state = state;   // for tests and for the console
}

/** The sheet's own code comes when the window first is a phone's. */
const asPhone = () => {
  if (!phone() || asPhone.done) return;
  asPhone.done = import("./panel/grab.js").then((module) => module.wireSheet({ map: () => { document.body.classList.remove("is-left"); sheetTo(0); }, list: () => { document.body.classList.remove("is-left"); sheetTo(sheetStep() === 2 ? 1 : sheetStep() + 1); }, layers: () => openLeft("layers"), filters: () => openLeft("filters") }));
};

const help = () => import("./panel/help.js").then((module) => module.keysDialog());

function escape() {
  if ($("dialog").open) { $("dialog").close(); return true; }
  if (closeMenu()) return true;
  if (view.mode) { measure(); return true; }
  if (whyOpen()) { closeWhy(); return true; }
  if (document.body.classList.contains("is-left") && window.innerWidth < 1100) { document.body.classList.remove("is-left"); return true; }
  if (cardOpen()) { closeCard(); return true; }
  if (document.body.classList.contains("is-bare")) { bare(); return true; }
  return false;
}

function bare() { document.body.classList.toggle("is-bare"); $("map-only").setAttribute("aria-pressed", String(document.body.classList.contains("is-bare"))); }

async function measure() {
  const on = !view.mode, { measuring } = await import("./map/measure.js");
  view.setMode(on ? measuring(metres, () => view.rings.repaint()) : null);
  $("measure").setAttribute("aria-pressed", String(on));
  $("map-note").hidden = !on;
  $("map-note").textContent = t("measure.hint");
}

function here() {
  if (!navigator.geolocation) { toast(t("locate.none")); return; }
  navigator.geolocation.getCurrentPosition((place) => view.flyTo(place.coords.longitude, place.coords.latitude, 15), () => toast(t("locate.none")), { timeout: 8000 });
}


start();
