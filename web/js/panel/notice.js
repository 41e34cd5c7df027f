// Empty, loading, wrong, stale: each says what happened, what is seen now and what to click.

import { $, clear, h, icon } from "../dom.js";
import { t } from "../i18n.js";

/** A centred block: {icon, title, text, actions: [[words, run, main?]], extra}. */
export const block = ({ name = "box", mark = null, title, text = "", actions = [], extra = null }) =>
  h("div", { class: "empty" }, mark || icon(name), h("h2", { class: "h3" }, title), text && h("p", { class: "t13" }, text), extra,
    actions.length ? h("div", { class: "row" }, actions.map(([words, run, main]) => h("button", { type: "button", class: main ? "btn btn-main" : "btn", onclick: run }, words))) : null);

/** What a failed question says, for a person. */
export function wrong(error, again) {
  const offline = error.message === "offline", late = error.message === "timeout";
  const title = offline ? t("error.offline") : late ? t("error.timeout") : error.status === 404 ? t("error.absent") : t("error.list");
  const text = offline || late ? t("error.kept") : [error.message, error.remedy].filter(Boolean).join("。");
  const actions = [[t("retry"), again, true]];
  if (error.requestId) actions.push([t("copy.number", { id: error.requestId.slice(0, 9) }), () => copy(error.requestId)]);
  return block({ name: error.status === 404 ? "lock" : "error", title, text, actions });
}

export const skeleton = (rows = 5) => h("div", { role: "status" }, h("span", { class: "sr" }, t("loading")),
  Array.from({ length: rows }, (_, i) => h("div", { class: "sk-li", "aria-hidden": "true" }, h("span", { class: "sk sk-i" }), h("span", { class: "grow" }, h("span", { class: `sk sk-${i % 3}` }), h("span", { class: "sk sk-s" })))));

let toastTimer = 0;
export function toast(text) {
  clear($("toasts"), h("span", { class: "toast" }, text));
  clearTimeout(toastTimer);
  toastTimer = setTimeout(() => clear($("toasts")), 5000);
}

const bars = new Map();
/** A bar over the page as long as it is true; `bar(key, null)` takes it away. */
export function bar(key, content) {
  const host = $("notices");
  if (!content) { const old = bars.get(key); if (old) { old.remove(); bars.delete(key); } return; }
  const { kind = "warn", text, action } = content;
  const old = bars.get(key);
  if (old && old.dataset.text === text) return;
  const node = h("div", { class: `ban ban-bar ban-${kind}`, "data-text": text }, icon(kind === "warn" ? "warn" : kind === "bad" ? "error" : "info"), h("span", { class: "grow" }, text),
    action && h("button", { type: "button", class: "btn btn-quiet btn-s", onclick: action[1] }, action[0]));
  if (old) old.replaceWith(node); else host.append(node);
  bars.set(key, node);
}

export async function copy(text, said = t("copied")) {
  try {
    await navigator.clipboard.writeText(text);
  } catch (error) {
    const area = h("textarea", { class: "sr" });
    area.value = text;
    document.body.append(area); area.select(); document.execCommand("copy"); area.remove();
  }
  toast(said);
}
