// The top bar of a plain page: light or dark, Chinese or English. Both work without it by ?theme= and ?lang=.

import { $ } from "./dom.js";
import { language } from "./i18n.js";

const root = document.documentElement, asked = new URLSearchParams(location.search);
function set(name) { if (name === "dark") root.dataset.theme = "dark"; else delete root.dataset.theme; document.dispatchEvent(new Event("riskmap:theme")); }

if (!asked.has("theme")) { try { set(localStorage.getItem("theme")); } catch (error) { /* no storage, no memory of it */ } }
$("theme").addEventListener("click", () => {
  const to = root.dataset.theme === "dark" ? "light" : "dark";
  try { localStorage.setItem("theme", to); } catch (error) { /* this time only */ }
  set(to);
});
$("lang").addEventListener("click", () => { const now = new URLSearchParams(location.search); now.set("lang", language === "en" ? "zh-CN" : "en"); location.search = now.toString(); });
