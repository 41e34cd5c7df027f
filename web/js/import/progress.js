// How far an upload or a commit is, asked of the server under its key until it is told to stop.

import { get } from "../api.js";
import { $ } from "../dom.js";
import { t } from "../i18n.js";

const EVERY_MS = 700;

/** Shows the progress of the act under this key; returns what ends it. */
export function follow(key) {
  let on = true;
  const ask = async () => {
    if (!on) return;
    try {
      const now = await get(`/api/imports/progress/${encodeURIComponent(key)}`, {}, { keep: 0 });
      if (!on) return;
      $("progress").hidden = false;
      $("stage").textContent = t(`im.stage.${now.stage}`, { n: now.total ? `${now.rows.toLocaleString()} / ${now.total.toLocaleString()}` : now.rows.toLocaleString() });
      if (now.total && now.rows) $("bar").value = 100 * now.rows / now.total; else $("bar").removeAttribute("value");
    } catch (error) { /* it has not arrived whole, or is over */ }
    if (on) setTimeout(ask, EVERY_MS);
  };
  setTimeout(ask, EVERY_MS);
  return () => { on = false; };
}
