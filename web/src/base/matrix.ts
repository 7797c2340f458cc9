/** The geometry of a matrix of nodes and blocks, and what its cells mean. */

import { quantileBreaks, sorted, stepOf } from "./scales";

export type CellState = "value" | "pending" | "failure" | "unseen" | "unknown" | "unmeasured";

const STATES: Record<string, CellState> = {
  v: "value",
  p: "pending",
  f: "failure",
  n: "unseen",
  u: "unknown",
  x: "unmeasured",
};

/** What each state means, in words. */
export const STATE_WORDS: Record<CellState, string> = {
  value: "measured",
  pending: "still going on",
  failure: "failed",
  unseen: "not seen: the node was measured and has no trace of this block",
  unknown: "unknown: entries of this node are lost at that time",
  unmeasured: "not measured: the node had no session",
};

/** The state that a letter stands for; unknown for any other. */
export function cellState(letter: string | undefined): CellState {
  return (letter === undefined ? undefined : STATES[letter]) ?? "unknown";
}

/** For each cell the step of its value among all (0 to 8), or −1 where it has none. */
export function steps(values: readonly (number | null)[], states: string): Int8Array {
  const breaks = quantileBreaks(
    values.map((value, index) => (states[index] === "v" ? value : null)),
  );
  const found = new Int8Array(values.length).fill(-1);
  values.forEach((value, index) => {
    if (states[index] === "v" && value !== null && Number.isFinite(value))
      found[index] = stepOf(value, breaks);
  });
  return found;
}

/**
 * Which cells are outliers within their block: more than the third quartile plus three times the
 * distance of the quartiles.
 */
export function outliers(values: readonly (number | null)[], columns: number): Set<number> {
  const found = new Set<number>();
  const column: (number | null)[] = [];
  for (let first = 0; first < columns; first += 1) {
    column.length = 0;
    for (let index = first; index < values.length; index += columns)
      column.push(values[index] ?? null);
    const known = sorted(column);
    if (known.length < 4) continue;
    const low = known[Math.floor(known.length / 4)] ?? 0;
    const high = known[Math.floor((known.length * 3) / 4)] ?? 0;
    const bound = high + 3 * (high - low);
    column.forEach((value, row) => {
      if (value !== null && value > bound) found.add(row * columns + first);
    });
  }
  return found;
}

/** The order of rows by the median of their values, the greatest first; rows without any last. */
export function worstFirst(
  values: readonly (number | null)[],
  rows: number,
  columns: number,
): number[] {
  const medians = Array.from({ length: rows }, (_, row) => {
    const known = sorted(values.slice(row * columns, (row + 1) * columns));
    return known[Math.floor(known.length / 2)] ?? -Infinity;
  });
  return medians
    .map((_, row) => row)
    .sort((a, b) => (medians[b] ?? 0) - (medians[a] ?? 0) || a - b);
}

export interface Cell {
  row: number;
  column: number;
}

/** The cell at a place, or null beside all cells. */
export function cellAt(
  x: number,
  y: number,
  width: number,
  height: number,
  rows: number,
  columns: number,
): Cell | null {
  const column = Math.floor(x / width);
  const row = Math.floor(y / height);
  return x < 0 || y < 0 || column >= columns || row >= rows ? null : { row, column };
}
