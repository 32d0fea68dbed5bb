/** Positions: opaque text, but that two of one epoch compare by their offsets. */

/** @param {string | undefined} position */
export const epoch = (position) => position?.split("-")[0];

/** Whether it is a position, and neither `earliest` nor nothing. @param {string | undefined} place */
export const isPlace = (place) => !!place?.includes("-");

/**
 * Whether who has come to `place` has had `id`. Positions of two epochs do not compare.
 * @param {string | undefined} place
 * @param {string | undefined} id
 */
export function covers(place, id) {
  if (!isPlace(place) || epoch(place) !== epoch(id)) return false;
  const [ours, theirs] = [place, id].map((position) => /** @type {string} */ (position).split("-")[1]);
  // Decimals of any length, beyond 2^53 too.
  return ours.length === theirs.length ? ours >= theirs : ours.length > theirs.length;
}

/**
 * @param {string | undefined} place
 * @param {string | undefined} news
 */
export const later = (place, news) => (!news || covers(place, news) ? place : news);

/** Of one epoch. @param {(string | undefined)[]} places */
export const lowest = (places) => places.reduce((least, place) => (covers(least, place) ? place : least));
