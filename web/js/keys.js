// Keys, where nobody is typing. The overlay lists them from the same table.

import { $ } from "./dom.js";

export const table = [];
const typing = (target) => target instanceof Element && (target.closest("input:not([type=checkbox]):not([type=radio]):not([type=range]), textarea, select, [contenteditable]") !== null);

/** `bindings`: [keys, words, run]; a run that returns false leaves the key to the browser. */
export function wireKeys(bindings) {
  table.push(...bindings);
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
    if ($("dialog").open && event.key !== "Escape") return;
    if (typing(event.target) && event.key !== "Escape") return;
    for (const [keys, , run] of table) {
      if (!keys.includes(event.key)) continue;
      if (run(event) !== false) event.preventDefault();
      return;
    }
  });
}
