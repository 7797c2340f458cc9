/** Colours of the current theme, for canvases. */

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
