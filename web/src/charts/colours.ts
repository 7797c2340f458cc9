/** Colours of the current theme. */

/** The value of a custom property on the root. */
export function token(name: string): string {
  return getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();
}

/** Dashes of the eight series, so that they differ without colour, too. */
export const DASHES: readonly (readonly number[])[] = [
  [],
  [8, 4],
  [2, 3],
  [10, 3, 2, 3],
  [],
  [4, 4],
  [1, 4],
  [12, 4],
];

/** The colour of a series, for elements. */
export const seriesColour = (index: number): string => `var(--series-${(index % 8) + 1})`;

/** The dashes of a series, for elements. */
export const seriesDashes = (index: number): string | undefined => DASHES[index % 8]?.join(" ");
