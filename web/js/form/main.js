// The registration form, better with JavaScript: saved as it is typed, checked as it is saved. Without it the form posts itself.

import { get, stopped } from "../api.js";
import { $, clear, h, later } from "../dom.js";
import { half, t } from "../i18n.js";
import { bar } from "../panel/notice.js";
import { show, textOf } from "./answer.js";
import { Draft } from "./draft.js";
import { wireMatrix } from "./level.js";
import { showPlace, wirePlace } from "./place.js";

const form = $("form"), boxes = [...form.querySelectorAll("[data-field]")];
const parents = form.dataset.parents ? form.dataset.parents.split(",") : [];

const read = () => Object.fromEntries(boxes.map((box) => [box.dataset.field, textOf(box)]));
let leaving = false;

const draft = new Draft({
  layer: form.dataset.layer, id: Number(form.dataset.change) || 0, version: Number(form.dataset.version) || 0,
  feature: Number(form.dataset.feature) || 0, base: Number(form.dataset.base) || 0, read, note: () => $("f-note").value.trim(),
  told(kind, text) { const tag = $("saved"); tag.dataset.state = kind; tag.className = `tag ${{ offline: "tag-warn", failed: "tag-bad", saved: "tag-good" }[kind] || ""}`; tag.querySelector("span").textContent = text; },
  saved(one) {
    const fresh = form.dataset.change !== String(one.id);
    form.dataset.change = String(one.id); form.dataset.version = String(one.version);
    form.elements.version.value = String(one.version); form.elements.base.value = "";
    form.action = `/drafts/${one.id}`;
    $("files").action = `/drafts/${one.id}/files`; $("files").hidden = false; $("files-later").hidden = true;
    if (fresh) history.replaceState(null, "", `/drafts/${one.id}${location.search}`);
    show(one); showPlace(one);
    namesake().catch(() => {});
    form.dispatchEvent(new CustomEvent("riskmap:saved", { detail: one }));
  },
  stuck(error) {
    this.told("failed", t("form.unsaved"));
    const other = error.document.change;
    bar("stuck", { kind: "bad", text: other ? error.message : t("form.conflict.here"), action: other ? [t("form.open"), () => { leaving = true; location.assign(`/drafts/${other}`); }] : [t("form.compare.now"), post] });
  },
});

/** Posts the form as it is: the server shows both versions. */
function post() { leaving = true; HTMLFormElement.prototype.submit.call(form); }  // a button of the form is called submit

form.addEventListener("input", () => draft.touched());
form.addEventListener("change", (event) => { if (event.target.closest("[data-field]") || event.target.id === "f-note") { draft.touched(); draft.save(); } });
form.addEventListener("focusout", () => { if (draft.timer) draft.save(); });
form.addEventListener("submit", async (event) => {
  event.preventDefault();
  const act = event.submitter ? event.submitter.value : "save";
  if (draft.halted) { post(); return; }
  const whole = await draft.save(true);
  if (act !== "submit" || !whole || draft.dirty) return;
  leaving = true;
  location.assign(`/drafts/${draft.id}/summary${location.search}`);
});
// a file is its own post: what is typed goes up first
$("files").addEventListener("submit", async (event) => {
  event.preventDefault();
  if (!$("f-file").files.length) { $("f-file").focus(); return; }
  if (await draft.save(true)) { leaving = true; event.target.submit(); }
});
document.addEventListener("keydown", (event) => {
  if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "s") { event.preventDefault(); draft.save(true); return; }
  const at = event.target;
  if (event.key !== "Enter" || event.isComposing || !(at instanceof HTMLInputElement) || at.form !== form || at.id === "f-place" || at.type === "checkbox") return;
  event.preventDefault();                       // Enter moves on; it never hands in
  const all = [...form.querySelectorAll("input:not([type=hidden]), select, textarea, button")].filter((one) => one.offsetParent && one.tabIndex >= 0);
  const next = all[all.indexOf(at) + 1];
  if (next) next.focus();
});
window.addEventListener("beforeunload", (event) => { if (!leaving && draft.dirty) { event.preventDefault(); event.returnValue = ""; } });
document.addEventListener("visibilitychange", () => { if (document.visibilityState === "hidden") draft.save(false, true); });

// the parent: found by name, code or credit code; what is kept is its code
for (const box of boxes.filter((one) => one.dataset.kind === "parent")) {
  const input = box.querySelector("input"), list = box.querySelector("datalist");
  input.addEventListener("input", later(250, async () => {
    const text = input.value.trim();
    if (text.length < 2) return;
    try {
      const found = (await Promise.all(parents.map((layer) => get(`/api/layers/${layer}/features`, { q: text, limit: 6 }, { slot: `parent-${layer}` })))).flatMap((one) => one.features);
      clear(list, found.map((one) => h("option", { value: one.properties.code }, [one.properties.name, one.properties.address].filter(Boolean).join(" · "))));
    } catch (error) { if (!stopped(error)) bar("parent", { kind: "warn", text: half(error.message), action: [t("close"), () => bar("parent", null)] }); }
  }));
}

/** A record with the same credit code is offered, to be changed instead. */
async function namesake() {
  for (const box of boxes.filter((one) => one.dataset.kind === "uscc")) {
    const code = textOf(box).toUpperCase(), name = box.dataset.field, old = box.querySelector(".form-same");
    if (old && old.dataset.code === code) continue;
    if (old) old.remove();
    if (code.length !== 18) continue;
    const found = (await get(`/api/layers/${form.dataset.layer}/features`, { q: code, limit: 3, properties: name }, { slot: "namesake" })).features
      .find((one) => one.properties[name] === code && one.id !== draft.feature);
    if (found) box.querySelector(".form-d").append(h("p", { class: "hint form-same", "data-code": code }, h("span", {}, t("form.namesake", { name: found.properties.name || t("noname"), code: found.properties.code })), h("a", { href: `/register/${form.dataset.layer}/${found.id}` }, t("form.namesake.open"))));
  }
}

wireMatrix();
wirePlace([...new Set([form.dataset.layer, ...parents])]);
if (draft.id) get(`/api/changes/${draft.id}`, {}, { keep: 0 }).then((one) => { if (one.version === draft.version) { show(one); showPlace(one); } }).catch(() => {});
document.body.dataset.ready = "1";
