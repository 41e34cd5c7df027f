// Trying out an incident: a place, a scenario, and at once what follows from it. Nothing is written until it is kept.

import { get, send, stopped } from "../api.js";
import { $, clear, h, icon, later } from "../dom.js";
import { metres, moment } from "../format.js";
import { language, t } from "../i18n.js";
import { CommandMap } from "../map/command.js";
import { block, skeleton, toast, wrong } from "../panel/notice.js";
import { fill, given, told, wireScenario } from "./scenario.js";
import { sections } from "./sheet.js";
import { wireWhere } from "./where.js";

const CITY = [115.4, 39.43, 117.52, 41.07];
const ORDER = ["people", "shelters", "struck", "sites", "supplies", "teams", "zone", "sources", "unknowns", "assumptions"];
const KEYS = ["kind", "radius_m", "inner_m", "substance", "mass_t", "rate_kg_s", "wind_ms", "wind_from_deg", "stability", "terrain", "level", "days", "mode", "limit_m"];
const asked = new URLSearchParams(location.search);
let place = null;                              // {layer, id} of a record, {lon, lat}, or {incident}
let shown = false, keyOf = "", key = "";

const map = new CommandMap($("map"), { bounds: CITY, pick: (lon, lat) => { if (!place || !place.incident) at({ lon, lat }); },
  scale: (length, width) => { const rule = h("i"); rule.style.width = `${width}px`; clear($("scale"), metres(length), rule); } });

/** The question of the trial: place and scenario. */
function question() {
  const body = { kind: $("s-event").value, scenario: given(), language };
  if (place.incident) body.incident = place.incident; else if (place.id) body.feature_id = place.id; else { body.lon = place.lon; body.lat = place.lat; }
  return body;
}

function remember() {
  const query = new URLSearchParams();
  if (place.incident) query.set("incident", place.incident); else if (place.id) query.set("id", `${place.layer}:${place.id}`); else { query.set("lon", place.lon.toFixed(6)); query.set("lat", place.lat.toFixed(6)); }
  for (const [name, value] of Object.entries(given())) query.set(name, value);
  if ($("s-event").value !== "accident.chemical") query.set("event", $("s-event").value);
  if ($("r-exercise").checked) query.set("exercise", "1");
  for (const name of ["lang", "theme"]) if (asked.has(name)) query.set(name, asked.get(name));
  history.replaceState(null, "", `/command?${query}`);
}

async function trial() {
  if (!place) return;
  remember();
  const sheet = $("sheet");
  sheet.setAttribute("aria-busy", "true");
  if (!shown) clear(sheet, skeleton(6));
  try {
    const body = question();
    const answer = await send("/api/incidents/trial", body, "trial");
    paint(answer);
    sheet.setAttribute("aria-busy", "false");
  } catch (error) {
    if (stopped(error)) return;
    sheet.setAttribute("aria-busy", "false");
    $("sign").disabled = $("keep").disabled = true;
    shown = false;
    clear(sheet, wrong(error, trial));
  }
}
const soon = later(120, trial);

function paint({ outcome, sheet }) {
  clear($("sheet"), sections(sheet, ORDER, (lon, lat) => map.choose(lon, lat)));
  $("name").textContent = sheet.title;
  $("sub").textContent = sheet.sections[0].parts[0].rows.map((row) => row.value).join(" · ");
  $("asof").hidden = false;
  clear($("asof"), icon("clock", "14"), t("cmd.asof", { at: moment(outcome.at) }));
  if (!place.incident) $("r-title").placeholder = [outcome.place.name, $("s-event").selectedOptions[0].textContent].filter(Boolean).join(" ");
  told(outcome.assumptions);
  map.show(outcome, !shown);
  shown = true;
  $("sign").disabled = $("keep").disabled = false;
  document.body.dataset.trial = String(Number(document.body.dataset.trial || 0) + 1);
}

function at(where) {
  place = where;
  shown = false;
  if (where.lon !== undefined) map.at(where.lon, where.lat);
  $("name").textContent = where.name || t("cmd.here");
  trial();
}

const stamp = (id) => ($(id).value ? `${$(id).value}:00+08:00` : null);

/** Keeps what is on the screen: an incident with its plan, or one more plan of the incident. `to(id, number)`: where to go then. */
async function keep(to) {
  const scenario = given(), facts = { title: $("r-title").value.trim() || null, gb6441: $("r-gb6441").value || null, source: $("r-source").value.trim() || null,
    happened_at: stamp("r-happened_at"), reported_at: stamp("r-reported_at"), exercise: $("r-exercise").checked };
  const { kind, incident, feature_id: feature, lon, lat } = question();
  const body = incident ? scenario : { ...facts, kind, feature_id: feature, lon, lat, scenario };
  const now = JSON.stringify([place, body]);
  if (now !== keyOf) { keyOf = now; key = `${Date.now().toString(36)}-${Math.random().toString(36).slice(2)}`; }  // a second press is the same act
  for (const id of ["keep", "sign"]) $(id).disabled = true;
  try {
    const made = incident ? await send(`/api/incidents/${incident}/plan`, body, "", { "Idempotency-Key": key }) : await send("/api/incidents", body, "", { "Idempotency-Key": key });
    location.assign(incident ? to(incident, made.number) : to(made.id, made.plan));
  } catch (error) {
    for (const id of ["keep", "sign"]) $(id).disabled = false;
    toast([error.message, error.remedy].filter(Boolean).join("。"));
  }
}

const drill = () => { $("drill").hidden = !$("r-exercise").checked; };

async function begin() {
  wireScenario(soon);
  wireWhere(at);
  $("map-in").addEventListener("click", () => map.zoomBy(1));
  $("map-out").addEventListener("click", () => map.zoomBy(-1));
  $("map-fit").addEventListener("click", () => map.fit());
  $("sign").addEventListener("click", () => keep((id, n) => `/incidents/${id}/plans/${n}`));
  $("keep").addEventListener("click", () => keep((id) => `/incidents/${id}`));
  $("r-exercise").addEventListener("change", () => { drill(); if (place) remember(); });
  document.addEventListener("riskmap:theme", () => map.recolour());
  clear($("legend"), ["shelter", "struck", "zone", "place"].map((name) => h("span", { class: "lvt" }, h("i", { class: `lk lk-${name}` }), t(`paper.k.${name}`))));
  Promise.all([get("/api/districts.geojson", {}, { keep: 0 }), get("/api/water.geojson", {}, { keep: 0 }), get("/api/basemaps", {}, { keep: 0 })])
    .then(([outlines, water, bases]) => { map.land(outlines, water); map.setTiles(bases, () => {}); }).catch(() => {});
  fill(Object.fromEntries(KEYS.filter((name) => asked.has(name)).map((name) => [name, asked.get(name)])));
  if (asked.has("event")) $("s-event").value = asked.get("event");
  if (!$("s-event").value) $("s-event").value = "accident.chemical";
  $("r-exercise").checked = asked.get("exercise") === "1";
  drill();
  const record = /^([a-z_]+):(\d+)$/.exec(asked.get("id") || ""), lon = Number(asked.get("lon")), lat = Number(asked.get("lat"));
  if (/^\d+$/.test(asked.get("incident") || "")) await again(Number(asked.get("incident")));
  else if (record) at({ layer: record[1], id: Number(record[2]) });
  else if (asked.has("lon") && asked.has("lat") && Number.isFinite(lon) && Number.isFinite(lat)) at({ lon, lat });
  else clear($("sheet"), block({ name: "pin", title: t("cmd.none"), text: t("cmd.none.text") }));
}

/** One more plan of an incident on record: its facts stand, the scenario begins with that of its last plan. */
async function again(id) {
  $("record").hidden = true; $("find").hidden = true;
  const { incident, plan } = await get(`/api/incidents/${id}`, {}, { keep: 0 });
  if (plan && !KEYS.some((name) => asked.has(name))) fill(plan.inputs);
  $("s-event").value = incident.facts.kind; $("s-event").disabled = true;
  $("r-exercise").checked = incident.exercise;
  drill();
  $("keep").hidden = true;
  $("sign").querySelector("span").textContent = t("cmd.sign.again");
  at({ incident: id, name: incident.facts.title });
}

begin().catch((error) => clear($("sheet"), wrong(error, () => location.reload()))).finally(() => { document.body.dataset.ready = "1"; });
window.addEventListener("pageshow", (event) => { if (event.persisted) { for (const id of ["keep", "sign"]) $(id).disabled = !shown; } });
