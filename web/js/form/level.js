// The L × S matrix: a click or Enter on a cell sets both fields; arrows move, the fields mark the cell.

import { $ } from "../dom.js";

export function wireMatrix() {
  const table = $("matrix");
  if (!table) return;
  const l = $(`f-${table.dataset.l}`), s = $(`f-${table.dataset.s}`), cells = [...table.querySelectorAll("button")];
  const width = table.rows[0].cells.length - 1;

  function mark() {
    let chosen = null;
    for (const cell of cells) {
      const on = cell.dataset.l === l.value.trim() && cell.dataset.s === s.value.trim();
      cell.setAttribute("aria-pressed", String(on));
      cell.tabIndex = -1;
      if (on) chosen = cell;
    }
    (chosen || cells[0]).tabIndex = 0;
  }

  table.addEventListener("click", (event) => {
    const cell = event.target.closest("button");
    if (!cell) return;
    l.value = cell.dataset.l; s.value = cell.dataset.s;
    mark();
    s.dispatchEvent(new Event("change", { bubbles: true }));
  });
  table.addEventListener("keydown", (event) => {
    const step = { ArrowRight: 1, ArrowLeft: -1, ArrowDown: width, ArrowUp: -width }[event.key], at = cells.indexOf(event.target);
    if (!step || at < 0) return;
    const to = at + step, sameRow = Math.floor(to / width) === Math.floor(at / width);
    if (to >= 0 && to < cells.length && (Math.abs(step) > 1 || sameRow)) { for (const cell of cells) cell.tabIndex = -1; cells[to].tabIndex = 0; cells[to].focus(); }
    event.preventDefault();
  });
  for (const one of [l, s]) one.addEventListener("input", mark);
  mark();
}
