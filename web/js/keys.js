// Keys, where nobody is typing. The overlay lists them from the same table.

import { $, clear, h, iconButton } from "./dom.js";
import { t } from "./i18n.js";

const table = [];
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

export function keysDialog() {
  const dialog = $("dialog");
  if (dialog.open) { dialog.close(); return; }
  clear(dialog, h("div", { class: "dlg-h" }, h("h2", { id: "dialog-title", class: "grow" }, t("keys.title")), iconButton("close", t("close.key"), () => dialog.close())),
    h("dl", { class: "keys" }, table.filter(([, words]) => words).map(([keys, words]) => [h("dt", {}, keys.filter((key) => key !== "Escape" || keys.length === 1).map((key) => h("span", { class: "kbd" }, key === "Escape" ? "Esc" : key))), h("dd", {}, words)])));
  dialog.showModal();
}
