// The plan's grid: arrows walk, Enter or F2 (or a double click) edits a cell in place, n and p go to the next cell with a fault, Esc leaves.
// A mended cell is checked by the server as the file was; the page is then drawn anew and the focus stays where it was.

import { send } from "../api.js";
import { $, clear, h, icon } from "../dom.js";
import { half, t } from "../i18n.js";

const grid = $("grid"), KEPT = "riskmap.import.cell";
const cells = grid ? [...grid.tBodies[0].rows].map((row) => [...row.querySelectorAll("td[data-c]")]) : [];
const open = grid && grid.dataset.open === "1";
let at = [0, 0], editing = null;

const cell = ([r, c] = at) => cells[r] && cells[r][c];

function go(r, c) {
  const next = [Math.max(0, Math.min(cells.length - 1, r)), Math.max(0, Math.min(cells[0].length - 1, c))];
  if (cell()) cell().tabIndex = -1;
  at = next;
  const node = cell();
  node.tabIndex = 0;
  node.focus();
  node.scrollIntoView({ block: "nearest", inline: "nearest" });
  tell(node);
}

/** What is said of the cell stands in the side panel, not only in a tooltip. */
function tell(node) {
  const why = node.dataset.why || "", was = node.dataset.was;
  $("cell").hidden = false;
  $("cell-t").textContent = `${node.parentElement.dataset.row} · ${heading(at[1])}`;
  clear($("cell-b"), h("p", { class: "t13" }, why || t("im.cell.fine")), was === undefined ? null : h("p", { class: "t12 c2" }, t("im.cell.was", { was: was || "—" })), open ? h("p", { class: "t12 c2" }, t("im.cell.edit")) : null);
}

const head = (c) => grid.tHead.rows[0].cells[c + 3];
const heading = (c) => head(c).title;

function edit() {
  const node = cell();
  if (!open || editing || !node || head(at[1]).dataset.fixed) return;
  const text = node.querySelector(".v").textContent;
  const input = h("input", { class: "ig-in", "aria-label": `${node.parentElement.dataset.row} ${heading(at[1])}`, value: text, maxlength: "2000", autocomplete: "off" });
  editing = { node, before: [...node.childNodes], input, text };
  clear(node, input);
  input.focus();
  input.select();
}

function leave() {
  const { node, before } = editing;
  editing = null;
  clear(node, ...before);
  node.focus();
}

async function keep(step) {
  const { node, input, text } = editing, value = input.value.trim(), row = Number(node.parentElement.dataset.row);
  if (value === text) { leave(); go(at[0] + step, at[1]); return; }
  input.disabled = true;
  const form = $("told").dataset;
  try {
    await send(`/api/layers/${form.layer}/imports/${form.batch}/mend`, { plan_hash: form.plan, rows: [{ row, cells: { [heading(at[1])]: value || null } }] });
    sessionStorage.setItem(KEPT, JSON.stringify([row, at[1], step]));
    location.reload();
  } catch (error) {
    input.disabled = false;
    input.focus();
    clear($("told"), h("div", { class: "ban ban-bad ban-bar", role: "alert" }, icon("error"), h("span", {}, half(error.message))));
  }
}

/** The next cell with a fault, on this page; past its end the next page that has one. */
function bad(step) {
  const flat = cells.flatMap((row, r) => row.map((node, c) => [r, c, node])), width = cells[0].length;
  for (let i = at[0] * width + at[1] + step; i >= 0 && i < flat.length; i += step) if (flat[i][2].dataset.why) { go(flat[i][0], flat[i][1]); return; }
  if (step > 0 && $("next-bad")) $("next-bad").click();
}

const STEPS = { ArrowDown: [1, 0], ArrowUp: [-1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] };

if (cells.length && cells[0].length) {
  grid.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.altKey || event.metaKey) return;
    if (editing) {
      if (event.key === "Enter") { event.preventDefault(); keep(1); } else if (event.key === "Escape") { event.preventDefault(); leave(); }
      return;
    }
    if (!event.target.closest("td[data-c]")) return;
    if (STEPS[event.key]) { event.preventDefault(); go(at[0] + STEPS[event.key][0], at[1] + STEPS[event.key][1]); }
    else if (event.key === "Enter" || event.key === "F2") { event.preventDefault(); edit(); }
    else if (event.key === "n" || event.key === "p") { event.preventDefault(); bad(event.key === "n" ? 1 : -1); }
  });
  const place = (event) => { const node = event.target.closest("td[data-c]"); if (!node || editing) return false; go(cells.findIndex((row) => row.includes(node)), Number(node.dataset.c)); return true; };
  grid.addEventListener("click", place);
  grid.addEventListener("dblclick", (event) => { if (place(event)) edit(); });
  cell().tabIndex = 0;
  const kept = JSON.parse(sessionStorage.getItem(KEPT) || "null");
  sessionStorage.removeItem(KEPT);
  const shown = kept || (grid.dataset.row ? [Number(grid.dataset.row), -1, 0] : null);
  const r = shown ? [...grid.tBodies[0].rows].findIndex((row) => Number(row.dataset.row) === shown[0]) : -1;
  if (r >= 0) go(r, shown[1] >= 0 ? shown[1] : Math.max(0, cells[r].findIndex((node) => node.dataset.why)));
}
document.body.dataset.ready = "1";
