// On a phone the list is a sheet over the map, at 25, 55 or 100 percent: dragged, tapped or moved by arrow keys.

import { $ } from "../dom.js";

export const STEPS = [25, 55, 100];
let at = 0;

export const phone = () => window.innerWidth < 600;
/** Height of the map that the sheet covers, CSS pixels. */
export const covered = () => (phone() ? Math.min(window.innerHeight * (STEPS[at] / 100) + 56, window.innerHeight * 0.62) : 0);

export function sheetTo(step) {
  at = Math.max(0, Math.min(STEPS.length - 1, step));
  document.body.dataset.sheet = String(STEPS[at]);
  $("list").style.height = "";
}
export const sheetStep = () => at;
