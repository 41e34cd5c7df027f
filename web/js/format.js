// How numbers, dates and levels are written. Unknown is said, never 0 and never a dash.

import { chinese, language, t } from "./i18n.js";

// made when first used: each costs an old machine some milliseconds
const makers = new Map();
const made = (key, make) => { if (!makers.has(key)) makers.set(key, make()); return makers.get(key); };
const number = { format: (value) => (Number.isInteger(value) ? grouped(value) : made("n", () => new Intl.NumberFormat(language)).format(value)) };
const grouped = (whole) => String(whole).replace(/\B(?=(\d{3})+$)/g, ",");
const fixed = [0, 1, 2, 3].map((digits) => ({ format: (value) => made(digits, () => new Intl.NumberFormat(language, { minimumFractionDigits: digits, maximumFractionDigits: digits })).format(value) }));

export const NUMERAL = ["", "Ⅰ", "Ⅱ", "Ⅲ", "Ⅳ"];
export const known = (value) => value !== null && value !== undefined && value !== "";
export const count = (value) => (known(value) ? number.format(value) : t("unknown"));
export const decimal = (value, digits = 2) => (known(value) ? fixed[digits].format(value) : t("unknown"));
export const percent = (value, digits = 2) => (known(value) ? `${fixed[digits].format(value * 100)}%` : t("unknown"));
export const signed = (value, digits = 2) => (known(value) ? (value > 0 ? "+" : value < 0 ? "−" : "") + fixed[digits].format(Math.abs(value)) : t("unknown"));

/** A small change with its sign, never rounded to nothing. */
export const fine = (value) => signed(value, Math.abs(value) >= 0.095 || !value ? 2 : 3);

/** Ⅰ 重大 … 未评估. */
export const levelName = (level) => (level >= 1 && level <= 4 ? `${NUMERAL[level]} ${t(`level.${level}`)}` : t("level.0"));

const AHEAD_MS = 8 * 3600 * 1000;               // the city's clock has had no summer time since 1991

/** A moment in the city's own time, whatever the browser's: {year, month, day, hour, minute, second} as text, or null. */
export function beijing(stamp) {
  const d = new Date(new Date(stamp).getTime() + AHEAD_MS);
  if (Number.isNaN(d.getTime())) return null;
  const [year, month, day, hour, minute, second] = d.toISOString().split(/[-T:.]/);
  return { year, month, day, hour, minute, second };
}

/** 当日 21:40，当年 11-23 06:00，跨年 2026-11-23. */
export function moment(stamp, now = new Date()) {
  const d = known(stamp) ? beijing(stamp) : null, today = beijing(now);
  if (!d) return t("unknown");
  const clock = `${d.hour}:${d.minute}`;
  if (d.year === today.year && d.month === today.month && d.day === today.day) return clock;
  return d.year === today.year ? `${d.month}-${d.day} ${clock}` : `${d.year}-${d.month}-${d.day}`;
}

/** A date as it is; in the current year without the year. */
export function day(text, short = false) {
  if (!known(text)) return t("unknown");
  const plain = String(text).slice(0, 10);
  return short && plain.startsWith(`${beijing(new Date()).year}-`) ? plain.slice(5) : plain;
}


export function metres(value) {
  if (!known(value)) return t("unknown");
  if (value < 1000) return t("metres", { n: Math.round(value / (value < 100 ? 1 : 10)) * (value < 100 ? 1 : 10) });
  return t("kilometres", { n: fixed[1].format(value / 1000) });
}

/** The short name of a district on the map: 大兴 for 大兴区, as it is when two signs or fewer would stay alone. */
export const shortDistrict = (name) => (chinese ? name.replace(/区$/, "") : name);
