// The tokens of the style sheet as the canvas needs them; read again when the theme changes.

let cache = new Map();
let host = document.documentElement;

export function usePalette(node) { host = node; cache = new Map(); }

/** The value of a custom property: colour or number as text. */
export function token(name) {
  let value = cache.get(name);
  if (value === undefined) { value = getComputedStyle(host).getPropertyValue(name).trim(); cache.set(name, value); }
  return value;
}

export const figure = (name) => Number(token(name)) || 0;
export const font = (px, bold = false) => `${bold ? 700 : 400} ${px}px ${token("--font")}`;
export const dark = () => document.documentElement.dataset.theme === "dark";
/** Edge of a level shape on the map: dark on fills in both themes. */
export const edge = () => (dark() ? "#0B1013" : token("--lv-edge"));
