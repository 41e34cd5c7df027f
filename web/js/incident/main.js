// An incident that is followed: its link, and the time left of what it holds.

import { $ } from "../dom.js";
import { t } from "../i18n.js";
import { copy } from "../panel/notice.js";

/** Minutes left of each reservation, as they run out. */
function clocks() {
  for (const one of document.querySelectorAll("[data-until]")) {
    const left = Math.round((new Date(one.dataset.until) - Date.now()) / 60000);
    one.textContent = left > 0 ? t("inc.hold.minutes", { n: left }) : t("inc.hold.expired");
  }
}

const link = $("link");
if (link) { link.hidden = false; link.addEventListener("click", () => copy(`${location.origin}${location.pathname}`)); }
setInterval(clocks, 15000);
document.body.dataset.ready = "1";
