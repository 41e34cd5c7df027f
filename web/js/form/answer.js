// The server's word on a saved draft, beside the fields: what is refused, what is doubted, what lacks, how the level comes about.

import { $, clear, h, icon, mark } from "../dom.js";
import { chinese, half, said, t } from "../i18n.js";

const field = (name) => document.querySelector(`[data-field="${name}"]`);
const control = (box) => box.querySelector("input:not([type=hidden]), select, textarea");
const words = (box) => (box.querySelector("label, legend").firstChild || box).textContent.trim();
export const textOf = (box) => (box.dataset.kind === "many" ? [...box.querySelectorAll("input:checked")].map((one) => one.value).join("、") : control(box).value.trim());

function hints(box, findings, lacks) {
  const list = box.querySelector(".form-d"), lacking = box.querySelector("[data-lacks]");
  for (const old of list.querySelectorAll(".hint-bad, .hint-warn:not([data-lacks])")) old.remove();
  const made = findings.map((one) => h("p", { class: `hint ${one.severity === "refuse" ? "hint-bad" : "hint-warn"}` }, icon(one.severity === "refuse" ? "error" : "warn"), h("span", {}, [half(one.reason), half(one.remedy)].filter(Boolean).join(chinese ? "。" : ". "))));
  list.prepend(...made);
  if (lacking) lacking.hidden = !lacks;
  const bad = findings.some((one) => one.severity === "refuse"), frame = box.querySelector(".in");
  if (frame) { frame.classList.toggle("is-bad", bad); frame.classList.toggle("is-warn", !bad && findings.length > 0); control(box).toggleAttribute("aria-invalid", bad); if (bad) control(box).setAttribute("aria-invalid", "true"); }
  return bad;
}

/** Puts everything an answer says beside the fields. */
export function show(one) {
  const refused = [];
  let filled = 0, all = 0;
  for (const section of document.querySelectorAll("[data-section]")) {
    let wrong = 0, bad = false;
    for (const box of document.querySelectorAll(`#s-${section.dataset.section} [data-field]`)) {
      const text = textOf(box), lacks = "required" in box.dataset && !text && !(box.dataset.field in one.computed);
      const findings = one.findings.filter((f) => f.field === box.dataset.field && f.severity !== "incomplete");
      all += 1; if (text) filled += 1;
      if (hints(box, findings, lacks)) { bad = true; refused.push([box, findings[0]]); }
      if (lacks || findings.some((f) => f.severity === "refuse")) wrong += 1;
    }
    section.className = bad ? "is-bad" : wrong ? "is-lack" : "is-ok";
    const n = section.querySelector(".n");
    n.hidden = !wrong; n.textContent = String(wrong); n.setAttribute("aria-label", t("form.wrong", { n: wrong }));
  }
  $("progress").textContent = t("form.filled", { n: filled, all });
  const summary = $("summary"), key = refused.map(([box, f]) => box.dataset.field + f.reason).join();
  if (summary.dataset.key !== key) {
    summary.dataset.key = key;
    summary.hidden = !refused.length;
    clear(summary.querySelector("ul"), refused.map(([box, f]) => h("li", {}, h("a", { href: `#f-${box.dataset.field}` }, words(box)), t("colon"), half(f.reason))));
  }
  level(one);
  district(one);
}

function level(one) {
  const why = $("why");
  if (!why) return;
  const lines = one.why.map(said).join("\n");
  if (why.dataset.lines === lines) return;
  why.dataset.lines = lines;
  clear(why, mark(one.effective_level.new, "32"), h("ol", {}, one.why.map((line) => h("li", {}, said(line)))));
}

/** The district the point lies in, offered where none is chosen or another one is. */
function district(one) {
  const box = field("district"), choice = control(box);
  const old = box.querySelector(".form-in");
  if (old) old.remove();
  if (!one.place.new || !one.district || !one.district_name || choice.value === one.district) return;
  const use = h("button", { type: "button", class: "btn btn-s", onclick: () => { choice.value = one.district; choice.dispatchEvent(new Event("change", { bubbles: true })); choice.focus(); } }, t("form.use"));
  box.querySelector(".form-d").append(h("p", { class: "row form-in t13" }, t("form.in.district", { name: said(one.district_name) }), choice.value ? null : use));
}
