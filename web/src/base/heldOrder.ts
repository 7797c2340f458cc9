/** Rows that come in another order than before, in the order in which they are read. */

/**
 * Rows in the order of the names before, new ones behind them; and whether that is another order than
 * the one in which they came.
 */
export function heldOrder<Row extends { name: string }>(
  before: readonly string[],
  rows: readonly Row[],
): { rows: Row[]; isOther: boolean } {
  const places = new Map(before.map((name, place) => [name, place]));
  const placeOf = ({ name }: Row): number => places.get(name) ?? before.length;
  const held = [...rows].sort((a, b) => placeOf(a) - placeOf(b));
  return { rows: held, isOther: held.some((row, place) => row !== rows[place]) };
}
