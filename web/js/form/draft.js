// What is typed goes to the server: two seconds after the first unsaved sign, and when a field is left. One save at a time; a save
// whose answer was lost is sent again with the same key, so that it is the same act. What could not be sent stays in the page.

import { patch, send } from "../api.js";
import { beijing } from "../format.js";
import { t } from "../i18n.js";
import { settle, unsaved } from "./blocks.js";

const WAIT_MS = 2000, AGAIN_MS = 3000;
const unique = () => (crypto.randomUUID ? crypto.randomUUID() : `${Date.now().toString(36)}-${Math.random().toString(36).slice(2)}`);

export class Draft {
  /** `read()` → {field: text} of the whole form; `told(kind, text)` shows the state; `saved(answer)` gets the proposal as the server has it;
   *  `stuck(error)`: it was changed elsewhere, or another one is open. */
  constructor({ layer, id, version, feature, base, note, read, told, saved, stuck }) {
    Object.assign(this, { layer, id, version, feature, base, read, told, saved, stuck });
    this.kept = read();                        // what the server has, or the page came with
    this.note = note; this.keptNote = note();
    this.attempt = null; this.running = null; this.timer = 0; this.halted = false;
  }

  /** Fields whose text differs from what the server has: {field: text or null}. A place is told whole, a town with its district. */
  changed(now = this.read()) {
    const out = {};
    for (const [name, text] of Object.entries(now)) if (text !== this.kept[name]) out[name] = text || null;
    if ("lon" in out || "lat" in out) for (const name of ["lon", "lat"]) out[name] = now[name] || null;
    if (out.town && now.district) out.district = now.district;
    return out;
  }

  get dirty() { return Boolean(this.attempt || this.running) || Object.keys(this.changed()).length > 0 || Object.keys(unsaved()).length > 0 || this.note() !== this.keptNote; }

  touched() {
    if (this.halted) return;
    if (!this.dirty) return;
    this.told("unsaved", t("form.unsaved"));
    if (!this.timer) this.timer = setTimeout(() => this.save(), WAIT_MS);
  }

  /** Saves what is unsaved; `anyway` begins a draft of nothing too. Settles to whether the server has everything. */
  async save(anyway = false, last = false) {
    clearTimeout(this.timer); this.timer = 0;
    if (this.halted) return false;
    if (this.running) { await this.running; return this.dirty ? this.save(anyway, last) : true; }
    if (!this.attempt) {
      const now = this.read(), values = this.changed(now), note = this.note(), more = unsaved();
      if (!Object.keys(values).length && !Object.keys(more).length && note === this.keptNote && !(anyway && !this.id)) return true;
      const body = this.id ? { values, note, ...more } : { kind: this.feature ? "change" : "create", values, note, ...more, ...(this.feature && { feature_id: this.feature, base_version: this.base }) };
      this.attempt = { now, note, more, body, key: unique(), version: this.version };
    }
    this.running = this.send(last);
    const ok = await this.running;
    this.running = null;
    if (ok && this.dirty) { if (last) return this.save(false, true); this.touched(); return anyway ? this.save() : true; }
    return ok;
  }

  async send(last) {
    const one = this.attempt;
    this.told("saving", t("form.saving"));
    try {
      const headers = { "Idempotency-Key": one.key, ...(this.id && { "If-Match": `"${one.version}"` }) };
      const answer = this.id ? await patch(`/api/changes/${this.id}`, one.body, headers, last) : await send(`/api/layers/${this.layer}/changes`, one.body, "", headers);
      this.attempt = null;
      this.kept = one.now; this.keptNote = one.note; settle(one.more);
      this.id = answer.id; this.version = answer.version;
      const at = beijing(Date.now());
      this.told("saved", t("form.saved", { at: `${at.hour}:${at.minute}:${at.second}` }));
      this.saved(answer);
      return true;
    } catch (error) {
      if (!error.status || error.status >= 500) {       // it may have arrived: the same act again
        this.told("offline", t("form.offline"));
        if (!this.timer) this.timer = setTimeout(() => this.save(), AGAIN_MS);
      } else {
        this.attempt = null;
        if (error.status === 409) { this.halted = true; this.stuck(error); } else this.told("failed", t("form.failed", { why: error.message }));
      }
      return false;
    }
  }
}
