// The list: the same set as the map, by the same question. Only the rows in sight are in the page; pages are fetched by key as they near.

import { get as fetchJson, stopped } from "../api.js";
import * as catalogue from "../catalogue.js";
import { $, clear, h, later } from "../dom.js";
import { count } from "../format.js";
import { t } from "../i18n.js";
import { asked, boxText, path } from "../query.js";
import { get as state, set } from "../state.js";
import { block, skeleton, wrong } from "./notice.js";
import { featureRow } from "./rows.js";

const PAGE = 100;

export class List {
  /** `tools`: {view, open(item), go(item), hover(item)}; an item is a feature, or a district. */
  constructor(tools) {
    Object.assign(this, tools);
    this.items = []; this.total = null; this.next = null; this.busy = false; this.nodes = new Map(); this.focus = -1; this.asked = "";
    this.box = $("rows"); this.ul = $("rows-ul"); this.note = $("rows-state");
    this.box.addEventListener("scroll", () => this.paint(), { passive: true });
    new ResizeObserver(() => this.paint()).observe(this.box);
    this.soon = later(150, () => this.load());
  }

  rowHeight() { return window.innerWidth < 600 ? 60 : 56; }

  /** The question of the list as the state puts it. */
  question(more = {}) {
    const s = state(), own = this.view ? this.view.view() : null;
    return asked(s.list, { bbox: s.inView && own ? boxText(own.bbox) : "", sort: s.sort || catalogue.defaultSort(s.list), limit: PAGE, ...more });
  }

  /** Loads from the start when the question changed. */
  async load(force = false) {
    const s = state();
    const question = JSON.stringify([s.list, this.question(), s.list === catalogue.DISTRICTS ? catalogue.gradingRun() : 0]);
    if (!force && question === this.asked) { this.paint(); return; }
    this.asked = question;
    if (s.list === catalogue.DISTRICTS) { this._districts(); return; }
    if (!catalogue.isLayer(s.list)) { this._say(block({ name: "lock", title: t("error.layer"), actions: [[t("clear.all"), () => set({ list: catalogue.defaultList() }), true]] })); return; }
    const slow = setTimeout(() => { if (this.asked === question) { this._drop(); this._say(skeleton()); } }, 400);
    try {
      const body = await fetchJson(path(s.list, "features"), this.question({ count: "true" }), { slot: "list" });
      clearTimeout(slow);
      if (this.asked !== question) return;
      this._take(body, true);
    } catch (error) {
      clearTimeout(slow);
      if (stopped(error)) return;
      this.asked = "";
      this._drop();
      this.total = null; this._count();
      this._say(wrong(error, () => this.load(true)));
    }
  }

  _take(body, first) {
    const link = (body.links || []).find((one) => one.rel === "next");
    if (first) { this._drop(); this.box.scrollTop = 0; this.total = body.numberMatched !== undefined ? body.numberMatched : null; }
    this.items = first ? body.features : this.items.concat(body.features);
    this.next = link ? new URL(link.href, location.href).searchParams.get("cursor") : null;
    this._count();
    this._say(null);
    if (!this.items.length) this._empty();
    this.paint();
    this.loaded && this.loaded(this);
  }

  async _more() {
    if (this.busy || !this.next) return;
    this.busy = true;
    const question = this.asked;
    try {
      const body = await fetchJson(path(state().list, "features"), this.question({ cursor: this.next }), { keep: 0 });
      if (this.asked === question) this._take(body, false);
    } catch (error) { if (!stopped(error)) this._say(wrong(error, () => { this._say(null); this._more(); })); }
    this.busy = false;
  }

  async _districts() {
    const question = this.asked, { chosen, districtRow } = await import("./districts.js");
    if (this.asked !== question) return;
    this._drop();
    this.districtRow = districtRow;
    this.items = chosen(state(), this.view.view().bbox);
    this.total = this.items.length; this.next = null;
    this._count();
    this._say(null);
    if (!this.items.length) this._empty();
    this.paint();
    this.loaded && this.loaded(this);
  }

  _drop() { for (const node of this.nodes.values()) node.remove(); this.nodes.clear(); this.items = []; this.next = null; this.focus = -1; this.ul.style.height = "0px"; }
  _say(node) { clear(this.note, node); }

  _count() {
    const s = state(), line = $("count");
    if (this.total === null) { clear(line); return; }
    clear(line, h("b", {}, count(this.total)), " ", h("span", { class: "c2" }, s.inView ? t("count.view") : t("count.same")));
  }

  async _empty() {
    const question = this.asked, { emptyList } = await import("./empty.js");
    if (this.asked === question) emptyList(this.note, () => this.asked === question);
  }

  /** What rows say of districts is known now: those in the page are made again. */
  renew() { for (const node of this.nodes.values()) node.remove(); this.nodes.clear(); this.paint(); }

  /** Puts the rows in sight into the page, and fetches on near the end. */
  paint() {
    const height = this.rowHeight(), n = this.items.length, s = state();
    this.ul.style.height = `${n * height}px`;
    const first = Math.max(0, Math.floor(this.box.scrollTop / height) - 6);
    const last = Math.min(n - 1, Math.ceil((this.box.scrollTop + this.box.clientHeight) / height) + 6);
    for (const [i, node] of this.nodes) if ((i < first || i > last) && !node.contains(document.activeElement)) { node.remove(); this.nodes.delete(i); }
    for (let i = first; i <= last; i++) {
      if (!this.nodes.has(i)) this._row(i, height);
      this._marks(this.nodes.get(i), this.items[i], s);
    }
    if (this.next && last >= n - 30) this._more();
  }

  _row(i, height) {
    const item = this.items[i], district = state().list === catalogue.DISTRICTS;
    const open = (event) => { if (event.metaKey || event.ctrlKey || event.shiftKey) return; event.preventDefault(); this.focus = i; this.open(item); };
    const go = (event) => { event.stopPropagation(); this.go(item); };
    const node = h("li", { class: "li", "aria-posinset": i + 1, "aria-setsize": this.total === null ? -1 : this.total, "data-id": district ? item.code : item.id },
      ...(district ? this.districtRow(item, { open, go }) : featureRow(catalogue.layer(state().list), item, { open, go })));
    node.style.transform = `translateY(${i * height}px)`;
    node.style.height = `${height}px`;
    node.addEventListener("mouseenter", () => this.hover(item));
    node.addEventListener("mouseleave", () => this.hover(null));
    node.addEventListener("focusin", () => { this.focus = i; this.hover(item); });
    node.addEventListener("focusout", () => this.hover(null));
    const after = [...this.nodes.keys()].filter((k) => k > i).sort((a, b) => a - b)[0];
    this.ul.insertBefore(node, after === undefined ? null : this.nodes.get(after));
    this.nodes.set(i, node);
  }

  _marks(node, item, s) {
    const selected = s.list === catalogue.DISTRICTS ? s.district === item.code : Boolean(s.id && s.id.layer === s.list && s.id.id === item.id);
    node.classList.toggle("is-sel", selected);
    const link = node.querySelector(".li-a");
    if (selected) link.setAttribute("aria-current", "true"); else link.removeAttribute("aria-current");
  }

  /** Lights up the row of a symbol, if it is in the page. */
  light(id) { for (const node of this.nodes.values()) node.classList.toggle("is-hover", id !== null && node.dataset.id === String(id)); }

  /** Brings the selected row into sight when it is among the loaded ones. */
  reveal() {
    const s = state(), i = this.items.findIndex((item) => (s.list === catalogue.DISTRICTS ? item.code === s.district : s.id && item.id === s.id.id));
    if (i >= 0) this._scrollTo(i);
    this.paint();
  }

  _scrollTo(i) {
    const height = this.rowHeight(), top = i * height, box = this.box;
    if (top < box.scrollTop) box.scrollTop = top;
    else if (top + height > box.scrollTop + box.clientHeight) box.scrollTop = top + height - box.clientHeight;
  }

  /** Moves the focus by `step` rows (j, k). */
  move(step) {
    if (!this.items.length) return;
    const to = Math.max(0, Math.min(this.items.length - 1, this.focus < 0 ? this._firstSeen() : this.focus + step));
    this.focus = to;
    this._scrollTo(to);
    this.paint();
    const node = this.nodes.get(to);
    if (node) node.querySelector(".li-a").focus({ preventScroll: true });
  }

  _firstSeen() {
    const s = state(), selected = this.items.findIndex((item) => s.id && item.id === s.id.id);
    return selected >= 0 ? selected : Math.ceil(this.box.scrollTop / this.rowHeight());
  }

  current() { return this.focus >= 0 ? this.items[this.focus] : this.items.find((item) => state().id && item.id === state().id.id) || null; }
}
