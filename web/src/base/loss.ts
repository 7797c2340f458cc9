/** Nodes by minutes: which part of the log entries is lost, as cells of a matrix. */

import { finite } from "./formats";
import { prepare, STATE_WORDS, type CellState, type Prepared } from "./matrix";

/** Stored and lost entries, row by row, as the experiments API gives them. */
export interface Minutes {
  t: readonly number[];
  nodes: readonly string[];
  /** Null where the node has no entry. */
  stored: readonly (number | null)[];
  /** Null where a gap of unknown size is. */
  lost: readonly (number | null)[];
}

export interface Cells {
  values: (number | null)[];
  /** One letter a cell, as in the matrix of blocks. */
  states: string;
  prepared: Prepared;
}

/** The words of the states in this matrix. */
export const MINUTE_WORDS: Record<CellState, string> = {
  ...STATE_WORDS,
  unknown: "a gap of unknown size",
  unmeasured: "nothing stored: the node wrote nothing, or was not read",
};

/**
 * From which lost part on a colour is used. Any loss stands far from none: a single entry of a
 * million must be seen.
 */
export const LOSS_BREAKS: readonly number[] = [
  Number.MIN_VALUE,
  Number.MIN_VALUE,
  Number.MIN_VALUE,
  0.001,
  0.01,
  0.05,
  0.25,
  0.5,
];

/** The lost part of each cell. */
export function lossCells({ t, stored, lost }: Minutes): Cells {
  const values: (number | null)[] = [];
  const states: string[] = [];
  for (let index = 0; index < stored.length; index += 1) {
    const [kept, gone] = [finite(stored[index]), finite(lost[index])];
    const all = (kept ?? 0) + (gone ?? 0);
    states.push(gone === null ? "u" : all > 0 ? "v" : kept === null ? "x" : "v");
    values.push(gone === null || (kept === null && all === 0) ? null : all > 0 ? gone / all : 0);
  }
  return made(values, states, t.length, [...LOSS_BREAKS]);
}

/** The stored entries of each cell. */
export function storedCells({ t, stored, lost }: Minutes): Cells {
  const values = stored.map((kept) => finite(kept));
  const states = values.map((kept, index) =>
    kept !== null ? "v" : finite(lost[index]) === null ? "u" : "x",
  );
  return made(values, states, t.length);
}

function made(
  values: (number | null)[],
  letters: readonly string[],
  columns: number,
  breaks?: number[],
): Cells {
  const states = letters.join("");
  const prepared = prepare(values, states, columns, breaks);
  // Nodes differ in what they log: no cell is an outlier.
  return { values, states, prepared: { ...prepared, far: new Uint8Array(values.length) } };
}

/** The stored part of each column, and null where nothing is stored or the loss has no known size. */
export function partsByTime({ t, nodes, stored, lost }: Minutes): (number | null)[] {
  return t.map((_at, column) => {
    let [kept, gone, isKnown] = [0, 0, true];
    for (let row = 0; row < nodes.length; row += 1) {
      const index = row * t.length + column;
      kept += finite(stored[index]) ?? 0;
      const missing = finite(lost[index]);
      if (missing === null) isKnown = false;
      else gone += missing;
    }
    if (kept + gone === 0) return null;
    // A gap of unknown size is no whole, however little is missing else.
    return Math.min(kept / (kept + gone), isKnown ? 1 : 0.9999);
  });
}

export interface Sum {
  stored: number;
  lost: number;
  unknown: number;
}

/** What some rows and columns come to. */
export function sumOf(
  { t, stored, lost }: Minutes,
  rows: Iterable<number>,
  [first, last]: readonly [number, number],
): Sum {
  const sum: Sum = { stored: 0, lost: 0, unknown: 0 };
  for (const row of rows) {
    for (let column = first; column <= last; column += 1) {
      const index = row * t.length + column;
      sum.stored += finite(stored[index]) ?? 0;
      const missing = finite(lost[index]);
      if (missing === null) sum.unknown += 1;
      else sum.lost += missing;
    }
  }
  return sum;
}
