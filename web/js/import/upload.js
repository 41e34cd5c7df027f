// The upload with its progress: bytes sent, then rows read, checked, planned. Without it the form posts by itself.

import { upload } from "../api.js";
import { $, clear, h } from "../dom.js";
import { icon } from "../dom.js";
import { t } from "../i18n.js";
import { follow } from "./progress.js";

const form = $("upload"), input = $("file"), drop = $("drop"), most = Number(form.dataset.most);

function named() {
  const file = input.files[0];
  $("chosen").textContent = file ? `${file.name} · ${(file.size / 1e6).toFixed(2)} MB` : t("im.kinds", { mb: Math.floor(most / 1e6) });
}
input.addEventListener("change", named);
for (const name of ["dragenter", "dragover"]) drop.addEventListener(name, (event) => { event.preventDefault(); drop.classList.add("is-over"); });
for (const name of ["dragleave", "drop"]) drop.addEventListener(name, () => drop.classList.remove("is-over"));
drop.addEventListener("drop", (event) => {
  event.preventDefault();
  if (event.dataTransfer.files.length) { input.files = event.dataTransfer.files; named(); $("go").focus(); }
});

function failed(problem) {
  $("progress").hidden = true;
  $("go").disabled = false;
  let ban = $("failed");
  if (!ban) { ban = h("div", { class: "ban ban-bad", id: "failed", role: "alert", tabindex: "-1" }); form.prepend(ban); }
  clear(ban, icon("error"), h("span", null, [problem.message, problem.where, problem.remedy].filter(Boolean).join(" · ")));
  ban.focus();
}

form.addEventListener("submit", async (event) => {
  const file = input.files[0];
  if (!file) return;
  event.preventDefault();
  if (file.size > most) { failed({ message: t("im.too.big", { mb: Math.floor(most / 1e6) }) }); return; }
  const data = new FormData(form), key = crypto.randomUUID ? crypto.randomUUID() : `${Date.now().toString(36)}-${Math.random().toString(36).slice(2)}`;
  for (const name of ["csrf", "key"]) data.delete(name);
  for (const name of ["crs", "district"]) if (!data.get(name)) data.delete(name);
  $("go").disabled = true;
  $("progress").hidden = false;
  const stop = follow(key);
  try {
    const made = await upload(`/api/layers/${form.dataset.layer}/imports`, data, key, (part) => {
      if (part < 1) { $("bar").value = part * 100; $("stage").textContent = t("im.stage.sending", { p: Math.floor(part * 100) }); }
    });
    location.assign(`/import/${form.dataset.layer}/${made.id}`);
  } catch (problem) { failed(problem); } finally { stop(); }
});
named();
document.body.dataset.ready = "1";
