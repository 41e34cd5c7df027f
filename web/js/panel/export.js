// Exactly the filtered set as a file; the number stands there before anything is exported.

import { file } from "../api.js";
import * as catalogue from "../catalogue.js";
import { $, clear, h, icon } from "../dom.js";
import { count } from "../format.js";
import { t } from "../i18n.js";
import { asked, boxText, path } from "../query.js";
import { get as state } from "../state.js";
import { toast } from "./notice.js";

const FORMATS = ["xlsx", "csv", "geojson", "gpkg"];

/** The export menu: how many, then as what. `closeMenu` puts it away. */
export function exportMenu(view, total, closeMenu) {
  const s = state(), menu = $("export-menu"), filters = asked(s.list, { bbox: s.inView ? boxText(view.view().bbox) : "", sort: s.sort || catalogue.defaultSort(s.list) });
  const go = async (format) => {
    closeMenu();
    toast(t("export.making", { n: count(total) }));
    try {
      const { blob, name } = await file(path(s.list, "export"), { format, filters });
      const link = h("a", { href: URL.createObjectURL(blob), download: name });
      document.body.append(link); link.click(); link.remove();
      setTimeout(() => URL.revokeObjectURL(link.href), 30000);
      toast(t("export.done", { n: count(total), name }));
    } catch (error) { toast(`${t("export.failed")} ${error.message} ${error.remedy || ""}`); }
  };
  clear(menu, h("p", {}, t("export.count", { n: count(total), layer: catalogue.layerLabel(s.list) })), FORMATS.map((format) => h("button", { type: "button", role: "menuitem", disabled: !total, onclick: () => go(format) }, icon("table"), t(`export.${format}`), h("span", { class: "n" }, `.${format}`))));
  menu.hidden = false;
  $("export").setAttribute("aria-expanded", "true");
  const first = menu.querySelector("button:not([disabled])");
  if (first) first.focus();
}
