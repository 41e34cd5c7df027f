// What is shown at which zoom: the table of the design, once.

export const FAR = 9.4;          // up to here districts are filled
export const CITY = 11;          // single sources get their full size
export const STREET = 12.8;      // names of Ⅰ and Ⅱ
export const HOUSE = 14.5;       // cells as outlines only, all labels that fit
export const RECORD_ZOOM = 16;   // zoom to a record, never closer than 17
export const MAX_FLY = 17;

/** H3 resolution of the cells at a zoom; 0 where districts speak. */
export const cellResolution = (zoom) => (zoom <= FAR ? 0 : zoom < 11 ? 7 : zoom < STREET ? 8 : 9);

/** Sizes in CSS pixels at a zoom. */
export function sizes(zoom) {
  if (zoom < CITY) return { first: 14, single: 12, facility: 20, cluster: [11, 13, 16] };
  if (zoom < STREET) return { first: 20, single: 16, facility: 22, cluster: [12, 15, 18] };
  if (zoom < HOUSE) return { first: 22, single: 18, facility: 24, cluster: [12, 15, 18] };
  return { first: 24, single: 22, facility: 26, cluster: [12, 15, 18] };
}
