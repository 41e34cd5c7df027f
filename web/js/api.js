// The only file that fetches. Answers are kept by address while fresh; a newer question of the same name stops the older one.

import { half } from "./i18n.js";

const running = new Map();            // slot → its AbortController
const pending = new Map();            // slot → {url, promise}
const kept = new Map();
const KEEP_MS = 20000;
const WAIT_MS = 20000;

/** What went wrong, as the server's problem document says it. */
export class Problem extends Error {
  constructor(document, status) {
    super(half(document.title) || String(status));
    this.status = status;
    this.remedy = half(document.remedy);
    this.where = document.where || "";
    this.requestId = document.request_id || "";
    this.document = document;
  }
}

export const stopped = (error) => error && error.name === "AbortError";

function address(path, query) {
  const text = new URLSearchParams(query || {}).toString().replace(/%2C/g, ",");
  return text ? `${path}?${text}` : path;
}

const csrf = document.querySelector("meta[name=csrf]");

async function answer(response) {
  if (response.ok) return response;
  if (response.status === 401 && csrf) location.assign(`/signin?next=${encodeURIComponent(location.pathname + location.search)}`);
  let document = {};
  try { document = await response.json(); } catch (error) { document = { title: response.statusText }; }
  throw new Problem(document, response.status);
}

async function ask(url, options, slot) {
  const control = new AbortController();
  if (slot) {
    const before = running.get(slot);
    if (before) before.abort();
    running.set(slot, control);
  }
  let late = false;
  const timer = setTimeout(() => { late = true; control.abort(); }, WAIT_MS);
  try {
    return await answer(await fetch(url, { ...options, signal: control.signal, credentials: "same-origin" }));
  } catch (error) {
    if (late) throw new Problem({ title: "timeout" }, 0);
    if (error instanceof TypeError) throw new Problem({ title: "offline" }, 0);
    throw error;
  } finally {
    clearTimeout(timer);
    if (slot && running.get(slot) === control) running.delete(slot);
  }
}

/** JSON of a GET. `slot` names the question: a newer one of the same slot aborts it, the same one again shares its answer. */
export function get(path, query, { slot = "", keep = KEEP_MS } = {}) {
  const url = address(path, query), old = kept.get(url), now = slot && pending.get(slot);
  if (old && Date.now() - old.at < keep) { stop(slot); return Promise.resolve(old.body); }
  if (now && now.url === url) return now.promise;
  const promise = read(url, slot, keep).finally(() => { const last = pending.get(slot); if (last && last.promise === promise) pending.delete(slot); });
  if (slot) pending.set(slot, { url, promise });
  return promise;
}

async function read(url, slot, keep) {
  const response = await ask(url, { headers: { Accept: "application/json" } }, slot);
  const body = await response.json();
  if (keep) {
    kept.set(url, { at: Date.now(), body });
    if (kept.size > 200) kept.delete(kept.keys().next().value);
  }
  return body;
}

export function stop(slot) {
  const control = running.get(slot);
  if (control) control.abort();
  running.delete(slot);
  pending.delete(slot);
}
export const forget = () => kept.clear();

const key = () => (crypto.randomUUID ? crypto.randomUUID() : `${Date.now().toString(36)}-${Math.random().toString(36).slice(2)}`);

function post(path, body, slot, more, method = "POST", keepalive = false) {
  const headers = { "Content-Type": "application/json", Accept: "application/json", "Idempotency-Key": key(), ...(csrf && { "X-CSRF-Token": csrf.content }), ...more };
  return ask(path, { method, keepalive, headers, body: JSON.stringify(body) }, slot);
}

/** JSON of a POST. `more`: further headers (If-Match; an Idempotency-Key of one's own, so that a second try is the same act). */
export const send = async (path, body, slot, more = {}) => (await post(path, body, slot, more)).json();

/** JSON of a PATCH. `last`: the page is going away, and the browser sends it all the same. */
export const patch = async (path, body, more, last = false) => (await post(path, body, "", more, "PATCH", last)).json();

/** A file the server makes: {blob, name}. */
export async function file(path, body) {
  const response = await post(path, body, "");
  const said = response.headers.get("Content-Disposition") || "";
  const star = /filename\*=UTF-8''([^;]+)/i.exec(said);
  const plain = /filename="?([^";]+)"?/i.exec(said);
  return { blob: await response.blob(), name: star ? decodeURIComponent(star[1]) : plain ? plain[1] : "export" };
}

/** A form with a file, told how much of it is sent (0 … 1). It takes as long as it takes. */
export function upload(path, form, key, sent) {
  return new Promise((done, fail) => {
    const request = new XMLHttpRequest();
    request.open("POST", path);
    request.responseType = "json";
    request.setRequestHeader("Idempotency-Key", key);
    if (csrf) request.setRequestHeader("X-CSRF-Token", csrf.content);
    request.upload.addEventListener("progress", (event) => { if (event.lengthComputable) sent(event.loaded / event.total); });
    request.addEventListener("load", () => (request.status < 300 ? done(request.response) : fail(new Problem(request.response || { title: request.statusText }, request.status))));
    request.addEventListener("error", () => fail(new Problem({ title: "offline" }, 0)));
    request.send(form);
  });
}

/** One of our own pages, as a document that is not shown. */
export const page = async (path) => new DOMParser().parseFromString(await (await ask(path, { headers: { Accept: "text/html" } }, "page")).text(), "text/html");
