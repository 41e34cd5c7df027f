// The overlay that lists the keys, from the table that handles them.

import { $, clear, h, iconButton } from "../dom.js";
import { t } from "../i18n.js";
import { table } from "../keys.js";

export function keysDialog() {
  const dialog = $("dialog");
  if (dialog.open) { dialog.close(); return; }
  clear(dialog, h("div", { class: "dlg-h" }, h("h2", { id: "dialog-title", class: "grow" }, t("keys.title")), iconButton("close", t("close.key"), () => dialog.close())),
    h("dl", { class: "keys" }, table.filter(([, words]) => words).map(([keys, words]) => [h("dt", {}, keys.filter((key) => key !== "Escape" || keys.length === 1).map((key) => h("span", { class: "kbd" }, key === "Escape" ? "Esc" : key))), h("dd", {}, words)])));
  dialog.showModal();
}
