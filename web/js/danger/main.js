// The list by the keyboard: j and k walk along the rows, Enter opens (the link has the focus), / goes to the search, n to the next page.

import { $ } from "../dom.js";
import { wireKeys } from "../keys.js";

const links = [...document.querySelectorAll("#rows tbody a")];
const step = (by) => {
  if (!links.length) return false;
  const at = links.indexOf(document.activeElement), to = links[at < 0 ? 0 : Math.min(links.length - 1, Math.max(0, at + by))];
  to.focus();
  return true;
};

wireKeys([
  [["j", "J"], "", () => step(1)],
  [["k", "K"], "", () => step(-1)],
  [["/"], "", () => { $("f-q").focus(); }],
  [["n", "N"], "", () => { const next = $("next"); if (!next) return false; next.click(); return true; }],
]);
document.body.dataset.ready = "1";
