// Building the page: elements, text, icons. Text only ever goes in as text.

const SVG = "http://www.w3.org/2000/svg";

function fill(node, children) {
  for (const child of children) {
    if (child === null || child === undefined || child === false) continue;
    if (Array.isArray(child)) fill(node, child);
    else node.append(child instanceof Node ? child : String(child));
  }
  return node;
}

/** An element. `on*` keys are listeners, `class`, `data-*`, `aria-*` and the rest are attributes; false and null are left out. */
export function h(tag, attributes, ...children) {
  const node = document.createElement(tag);
  for (const [key, value] of Object.entries(attributes || {})) {
    if (value === null || value === undefined || value === false) continue;
    if (key.startsWith("on")) node.addEventListener(key.slice(2), value);
    else if (key === "checked" || key === "disabled" || key === "value" || key === "hidden" || key === "selected") node[key] = value;
    else node.setAttribute(key, value === true ? "" : value);
  }
  return fill(node, children);
}

export function svg(tag, attributes, ...children) {
  const node = document.createElementNS(SVG, tag);
  for (const [key, value] of Object.entries(attributes || {})) if (value !== null && value !== undefined && value !== false) node.setAttribute(key, value);
  return fill(node, children);
}

/** A line icon of the sprite. `size` is one of "", "14", "20", "24". */
export const icon = (name, size = "") => svg("svg", { class: size ? `ic ic-${size}` : "ic", "aria-hidden": "true" }, svg("use", { href: `#i-${name}` }));

/** Shape and numeral of a level; level 0 is 未评估. With `label` it speaks, without it is decoration. */
export function mark(level, size = "", label = "") {
  const box = svg("svg", { class: size ? `lv lv-${size}` : "lv" }, svg("use", { href: `#lv${level || 0}` }));
  if (label) { box.setAttribute("role", "img"); box.setAttribute("aria-label", label); } else box.setAttribute("aria-hidden", "true");
  return box;
}

/** The icon of a layer: its own file as a mask, coloured by the text around it. */
export function layerIcon(url, size = 16) {
  const node = h("i", { class: "lic", "aria-hidden": "true" });
  node.style.width = node.style.height = `${size}px`;
  node.style.webkitMaskImage = node.style.maskImage = `url("${encodeURI(url)}")`;
  return node;
}

export function clear(node, ...children) {
  node.replaceChildren();
  return fill(node, children);
}

export const $ = (id) => document.getElementById(id);

/** A button with an icon and a spoken name. */
export const iconButton = (name, label, onclick, extra = {}) =>
  h("button", { type: "button", class: "ib", "aria-label": label, title: label, onclick, ...extra }, icon(name));

/** Calls `run` once, `ms` after the last call. */
export function later(ms, run) {
  let timer = 0;
  return (...rest) => { clearTimeout(timer); timer = setTimeout(() => run(...rest), ms); };
}

/** Calls `run` once before the next frame, however often it is asked. */
export function onceAFrame(run) {
  let due = 0;
  return () => { if (!due) due = requestAnimationFrame(() => { due = 0; run(); }); };
}

/** Tabs by the keyboard: left and right move, the rest is the browser's. */
export function tabKeys(list) {
  list.addEventListener("keydown", (event) => {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (!step) return;
    const all = [...list.querySelectorAll("[role=tab]")];
    const next = all[(all.indexOf(document.activeElement) + step + all.length) % all.length];
    if (next) { next.focus(); next.click(); event.preventDefault(); event.stopPropagation(); }
  });
}
