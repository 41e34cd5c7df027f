// The words of the page, from the same catalogue the server uses.

const block = document.getElementById("words");
const words = block ? JSON.parse(block.textContent) : {};
export const language = document.documentElement.lang;
export const chinese = language !== "en";

/** The text of a key, with {name} filled in. A missing key shows itself, so that a test finds it. */
export function t(key, values) {
  const text = words[key];
  if (text === undefined) return `⟦${key}⟧`;
  return values ? text.replace(/\{(\w+)\}/g, (whole, name) => (name in values ? String(values[name]) : whole)) : text;
}

/** The right side of a label {zh, en}. */
export const said = (label) => (label ? (chinese ? label.zh : label.en || label.zh) : "");

/** Texts of the server carry both languages, "中文 (English)" or "中文 / English": the half for the reader. */
export function half(text) {
  const both = /^(.*?[\u4e00-\u9fff].*?)(?: \/ (.+)| \(([A-Za-z][^()]*)\))$/.exec(String(text || ""));
  return both ? (chinese ? both[1] : both[2] || both[3]) : String(text || "");
}
