// The hand on the sheet: dragged, tapped, or moved by arrow keys; and the bar at the foot. Only phones load it.

import { $ } from "../dom.js";
import { STEPS, sheetStep, sheetTo } from "./sheet.js";

/** Wires the grab and the bar at the foot. `pages`: what each button of the bar does. */
export function wireSheet(pages) {
  const grab = $("grab"), sheet = $("list");
  let from = null, dragged = false;
  grab.addEventListener("pointerdown", (event) => { from = { y: event.clientY, height: sheet.offsetHeight }; dragged = false; grab.setPointerCapture(event.pointerId); });
  grab.addEventListener("pointermove", (event) => {
    if (!from) return;
    const by = from.y - event.clientY;
    if (Math.abs(by) > 6) dragged = true;
    if (dragged) sheet.style.height = `${Math.max(80, Math.min(window.innerHeight, from.height + by))}px`;
  });
  const done = () => {
    if (from && dragged) {
      const share = (sheet.offsetHeight / (window.innerHeight - 56)) * 100;
      sheetTo(STEPS.map((one, i) => [Math.abs(one - share), i]).sort((a, b) => a[0] - b[0])[0][1]);
    }
    from = null;
  };
  grab.addEventListener("pointerup", done);
  grab.addEventListener("pointercancel", done);
  // the click, not the pointer's rise: else the sheet has moved before the click lands, and it lands on a row
  grab.addEventListener("click", () => { if (!dragged) sheetTo((sheetStep() + 1) % STEPS.length); dragged = false; });
  grab.addEventListener("keydown", (event) => {
    const step = { ArrowUp: 1, ArrowDown: -1 }[event.key];
    if (step) { sheetTo(sheetStep() + step); event.preventDefault(); }
  });
  for (const button of $("m-nav").querySelectorAll("button")) button.addEventListener("click", () => pages[button.dataset.sheet]());
}
