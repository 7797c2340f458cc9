/** Where keys lead in a grid, as in the APG grid pattern. */

/** A row, −1 for the head, and a column. */
export type Place = readonly [row: number, column: number];

/** The cell to which a key leads from another, which may be past the end; none if it is no such key. */
export function moveOf(
  { key, ctrlKey }: { key: string; ctrlKey: boolean },
  [row, column]: Place,
  [lastRow, lastColumn]: Place,
  page: number,
): Place | undefined {
  const moves: Record<string, Place> = {
    ArrowDown: [row + 1, column],
    ArrowUp: [row - 1, column],
    j: [row + 1, column],
    k: [row - 1, column],
    ArrowRight: [row, column + 1],
    ArrowLeft: [row, column - 1],
    PageDown: [row + page, column],
    PageUp: [Math.max(0, row - page), column],
    Home: ctrlKey ? [0, 0] : [row, 0],
    End: ctrlKey ? [lastRow, lastColumn] : [row, lastColumn],
  };
  return Object.hasOwn(moves, key) ? moves[key] : undefined;
}
