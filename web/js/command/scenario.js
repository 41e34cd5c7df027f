// The scenario: what the commander gives, and beside each field what is reckoned with where nothing was given.

import { $, clear, svg } from "../dom.js";
import { half, t } from "../i18n.js";

const fields = [...document.querySelectorAll("[data-scenario]")];
const NUMBERS = new Set(["wind_from_deg", "wind_ms", "mass_t", "rate_kg_s", "radius_m", "inner_m", "limit_m", "days", "level"]);
const WINDS = ["wind_from_deg", "wind_ms"];
const WINDROSE = ["N", "NNE", "NE", "ENE", "E", "ESE", "SE", "SSE", "S", "SSW", "SW", "WSW", "W", "WNW", "NW", "NNW"];

/** What is given, as the API takes it; what is left out is assumed by the server, and told. */
export function given() {
  const out = {};
  for (const field of fields) {
    const name = field.dataset.scenario, text = field.value.trim();
    if (WINDS.includes(name) ? !$("wind-known").checked : !text) continue;
    out[name] = NUMBERS.has(name) ? Number(text) : text;
  }
  return out;
}

/** Puts given values into the fields, from the address or from an incident's last plan. */
export function fill(values) {
  for (const field of fields) { const value = values[field.dataset.scenario]; if (value !== undefined && value !== null) field.value = String(value); }
  $("wind-known").checked = WINDS.some((name) => values[name] !== undefined && values[name] !== null);
  turned();
}

/** The compass shows where the wind comes from; an unknown wind has no arrow. */
export function turned() {
  const on = $("wind-known").checked, from = Number($("s-wind_from_deg").value), speed = Number($("s-wind_ms").value);
  const words = on ? `${WINDROSE[Math.round(from / 22.5) % 16]} ${from}°` : t("unknown");
  $("o-wind_from_deg").textContent = words;
  $("o-wind_ms").textContent = on ? `${speed} m/s` : t("unknown");
  const dial = $("compass");
  dial.setAttribute("aria-label", on ? t("cmd.wind.said", { from: words, speed }) : t("cmd.wind.unknown"));
  const ticks = Array.from({ length: 16 }, (_, i) => { const a = (i * Math.PI) / 8, r = i % 4 ? 27 : 24; return svg("path", { class: "wd-t", d: `M${36 + r * Math.sin(a)} ${36 - r * Math.cos(a)}L${36 + 30 * Math.sin(a)} ${36 - 30 * Math.cos(a)}` }); });
  clear(dial, svg("circle", { cx: 36, cy: 36, r: 30, class: "wd-c" }), ticks, svg("text", { x: 36, y: 20, class: "wd-n" }, t("paper.north")),
    on ? svg("path", { class: "wd-a", d: "M36 60V28M30 34l6-7 6 7", transform: `rotate(${from + 180} 36 36)` }) : svg("text", { x: 36, y: 42, class: "wd-q" }, "?"));
}

/** Beside each field: what is reckoned with, and on what basis. */
export function told(assumptions) {
  const known = new Map(assumptions.map((one) => [one.name, one]));
  for (const field of fields) {
    const name = field.dataset.scenario, one = known.get(name), hint = $(`d-${name}`);
    const box = field.closest("[data-for]");
    if (box) box.hidden = !one && !["kind", "substance", "mass_t", "limit_m", "days", "mode"].includes(name) && !field.value;
    if (field.type === "number" || field.tagName === "INPUT" && field.type !== "range") field.placeholder = one && one.value !== null ? String(one.value) : t("unknown");
    if (field.tagName === "SELECT") field.options[0].textContent = one && one.value !== null ? t("cmd.auto.is", { value: word(name, one.value) }) : t("cmd.auto");
    if (hint) hint.textContent = one ? [t(`cmd.basis.${one.basis}`), half(one.note)].filter(Boolean).join("：") : "";
  }
}

const word = (name, value) => { const option = [...$(`s-${name}`).options].find((one) => one.value === String(value)); return option ? option.textContent : value; };

/** `changed()` after every edit; a slider tells while it is turned. */
export function wireScenario(changed) {
  $("scenario").addEventListener("input", (event) => {
    const name = event.target.dataset.scenario;
    if (WINDS.includes(name)) {
      if (!$("wind-known").checked) { $("wind-known").checked = true; if (name === "wind_from_deg" && Number($("s-wind_ms").value) === 0) $("s-wind_ms").value = "2"; }
    }
    if (name || event.target.id === "wind-known" || event.target.id === "s-event") { turned(); changed(); }
  });
  $("scenario").addEventListener("submit", (event) => event.preventDefault());
  turned();
}
