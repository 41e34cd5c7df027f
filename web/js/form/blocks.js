// Parts of a form that are no fields of the record: each says what stands in it, and goes with the draft when it differs.

const blocks = new Map();       // name in the proposal → {read, kept}

/** A block of the form; `read()` gives plain data. What stands there now is what the server has. */
export function join(name, read) { blocks.set(name, { read, kept: JSON.stringify(read()) }); }

/** {name: data} of the blocks that differ from what the server has. */
export function unsaved() {
  const out = {};
  for (const [name, block] of blocks) { const now = block.read(); if (JSON.stringify(now) !== block.kept) out[name] = now; }
  return out;
}

/** These were saved. */
export function settle(sent) { for (const [name, data] of Object.entries(sent)) blocks.get(name).kept = JSON.stringify(data); }
