// Chemicals of a major hazard in the form: lines come and go, and the working of S, α, β, R and the level stands below as they are typed.

import { get, send, stopped } from "../api.js";
import { $, clear, h, icon, later } from "../dom.js";
import { half, t } from "../i18n.js";
import { steps, verdict } from "../working.js";
import { join } from "./blocks.js";

const form = $("form"), body = $("holdings"), said = $("hz-said");
const NAMES = ["chemical", "cas", "symbols", "amount", "unit", "density", "mixture", "share", "on_site"];
const model = body.querySelector("[data-blank]").cloneNode(true);
let chemicals = new Map();

const cell = (row, name) => row.querySelector(`[name="holdings.${name}"]`);
const rows = () => [...body.querySelectorAll(".hz-l")];

/** The lines that say anything, as the API takes them. */
function lines() {
  return rows().map((row) => Object.fromEntries(NAMES.map((name) => [name, cell(row, name).value.trim()])))
    .filter((one) => one.chemical || one.cas || one.amount)
    .map((one) => ({ ...one, symbols: one.symbols ? one.symbols.split(/[;,、，；\s]+/).filter(Boolean) : [], cas: one.cas || null, amount: one.amount || null,
      density: one.density || null, mixture: one.mixture || null, share: one.share || null, on_site: one.on_site || null }));
}

function number() {
  rows().forEach((row, i) => { for (const one of row.querySelectorAll("[aria-label]")) one.setAttribute("aria-label", one.getAttribute("aria-label").replace(/ \d+$/, ` ${i + 1}`)); });
}

function add(go) {
  const row = model.cloneNode(true);
  row.querySelector(".hz-x").hidden = false;
  body.append(row);
  number();
  if (go) cell(row, "chemical").focus();
}

/** `findings` about lines, with the working when there is one. */
function show(work, findings) {
  const told = findings.map((one) => h("li", { class: `hint ${one.severity === "refuse" ? "hint-bad" : "hint-warn"}` }, icon(one.severity === "refuse" ? "error" : "warn"),
    h("span", {}, [one.row ? `${one.row}.` : "", one.value, half(one.reason), half(one.remedy), Array.isArray(one.proposal) ? one.proposal.join("；") : ""].filter(Boolean).join(" "))));
  clear(said, h("ul", { class: "hz-f" }, ...told), ...(work ? [...verdict(work), steps(work)] : []));
}

async function compute() {
  const holdings = lines();
  if (!holdings.length) { clear(said); return; }
  const people = $("f-population_500m"), text = people ? people.value.trim() : "", n = Number(text);
  try {
    const found = await send("/api/hazards/assess", { holdings, population_500m: text && Number.isInteger(n) && n >= 0 && n <= 1e6 ? n : null }, "assess");
    show(found.assessment, found.findings);
  } catch (error) {
    if (!stopped(error)) clear(said, h("p", { class: "hint hint-bad" }, icon("error"), h("span", {}, t("hz.failed", { why: half(error.message) }))));
  }
}
const soon = later(350, compute);

body.addEventListener("input", soon);
body.addEventListener("change", (event) => {
  const row = event.target.closest(".hz-l");
  if (event.target.name === "holdings.chemical") {
    const one = chemicals.get(event.target.value.trim());
    if (one) {                                    // an alias or a CAS number becomes the table's own name
      event.target.value = one.zh;
      if (!cell(row, "cas").value) cell(row, "cas").value = one.cas.split(/[;、]/)[0] || "";
    }
  }
  if (row === body.lastElementChild && event.target.value) add(false);
  soon();
  form.dispatchEvent(new Event("input", { bubbles: true }));
});
body.addEventListener("click", (event) => {
  const cross = event.target.closest(".hz-x");
  if (!cross) return;
  const row = cross.closest(".hz-l"), next = row.nextElementSibling || row.previousElementSibling;
  row.remove();
  if (!rows().length) add(true); else { number(); cell(next, "chemical").focus(); }
  soon();
  form.dispatchEvent(new Event("input", { bubbles: true }));
});
const people = $("f-population_500m");
if (people) people.addEventListener("input", soon);

for (const cross of body.querySelectorAll(".hz-x")) cross.hidden = false;
$("hz-more").hidden = true;
$("hz-add").hidden = false;
$("hz-add").addEventListener("click", () => add(true));
get("/api/chemicals", {}, { keep: 0 }).then((found) => {
  const several = new Set();
  for (const one of found.chemicals) for (const name of [one.zh, ...one.alias.split(/[;、]/), ...one.cas.split(/[;、]/)]) {
    if (!name) continue;
    if (chemicals.has(name)) several.add(name);
    chemicals.set(name, one);
  }
  for (const name of several) chemicals.delete(name);   // several rows of table 1: the person picks the one that tells the content
}).catch(() => {});
join("holdings", lines);
if (lines().length && !said.querySelector(".hz-v")) compute();
