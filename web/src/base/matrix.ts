/** The geometry of a matrix of nodes and blocks, and what its cells mean. */

import { quantileBreaks, sorted, stepOf } from "./scales";

export type CellState =
  "value" | "produced" | "pending" | "failure" | "unseen" | "unknown" | "unmeasured";

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
  produced: "does not apply: the node has made this block, or the metric has no zero point",
  pending: "still going on",
  failure: "failed",
  unseen: "not seen: the node was measured and has no trace of this block",
  unknown: "unknown: entries of this node are lost at that time",
  unmeasured: "not measured: the node had no session",
};

/** What the cells of a matrix are about, in words. */
export interface Terms {
  /** The columns, such as `blocks`. */
  columns: string;
  /** What Enter and a click open. */
  opens: string;
  words: Record<CellState, string>;
}

/** The terms of nodes by blocks. */
export const BLOCK_TERMS: Terms = { columns: "blocks", opens: "the trace", words: STATE_WORDS };

/** What a letter and a value stand for; unknown for any other letter. */
export function cellState(letter: string | undefined, value: number | null): CellState {
  const state = (letter === undefined ? undefined : STATES[letter]) ?? "unknown";
  return state === "value" && value === null ? "produced" : state;
}

/** What is drawn and said of cells, made once for an answer. */
export interface Prepared {
  /** The bounds between the nine steps. */
  breaks: number[];
  /** For each cell the step of its value (0 to 8), or −1 where it has none. */
  steps: Int8Array;
  /** 1 for outliers of their blocks. */
  far: Uint8Array;
}

/**
 * Steps and outliers of all cells. An outlier is more than the third quartile of its block plus
 * three times the distance of the quartiles. Without `fixed` bounds the steps are of equal size.
 * Arrays are typed: a matrix may have 200,000 cells.
 */
export function prepare(
  values: readonly (number | null)[],
  states: string,
  columns: number,
  fixed?: number[],
): Prepared {
  const numbers = new Float64Array(values.length).fill(Number.NaN);
  const measured = "v".charCodeAt(0);
  for (let index = 0; index < values.length; index += 1) {
    const value = values[index];
    if (states.charCodeAt(index) === measured && typeof value === "number") numbers[index] = value;
  }
  const breaks = fixed ?? quantileBreaks(numbers);
  const steps = new Int8Array(values.length).fill(-1);
  const far = new Uint8Array(values.length);
  for (let index = 0; index < numbers.length; index += 1) {
    const value = numbers[index] as number;
    if (Number.isFinite(value)) steps[index] = stepOf(value, breaks);
  }
  const column = new Float64Array(Math.ceil(values.length / Math.max(1, columns)));
  for (let first = 0; first < columns; first += 1) {
    let rows = 0;
    for (let index = first; index < numbers.length; index += columns)
      column[rows++] = numbers[index] as number;
    const known = sorted(column.subarray(0, rows));
    if (known.length < 4) continue;
    const low = known[Math.floor(known.length / 4)] ?? 0;
    const high = known[Math.floor((known.length * 3) / 4)] ?? 0;
    const bound = high + 3 * (high - low);
    for (let index = first; index < numbers.length; index += columns)
      if ((numbers[index] as number) > bound) far[index] = 1;
  }
  return { breaks, steps, far };
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

/** A rectangle of cells, both ends included. */
export interface Area {
  rows: [first: number, last: number];
  columns: [first: number, last: number];
}

/** The rectangle between two cells. */
export function between(a: Cell, b: Cell): Area {
  return {
    rows: [Math.min(a.row, b.row), Math.max(a.row, b.row)],
    columns: [Math.min(a.column, b.column), Math.max(a.column, b.column)],
  };
}

/** Chosen cells, row by row, `most` of them at most. */
export function cellsOf(
  chosen: { rows: ReadonlySet<number>; columns: readonly [number, number] },
  most: number,
): Cell[] {
  const cells: Cell[] = [];
  for (const row of [...chosen.rows].sort((a, b) => a - b))
    for (let column = chosen.columns[0]; column <= chosen.columns[1]; column += 1) {
      if (cells.length === most) return cells;
      cells.push({ row, column });
    }
  return cells;
}

/** The outlier before or behind a cell, column by column, around the end; the greatest value without any. */
export function nextOutlier(
  { far, steps }: Prepared,
  values: readonly (number | null)[],
  columns: number,
  from: Cell,
  by: 1 | -1,
): Cell | undefined {
  const rows = Math.ceil(far.length / Math.max(1, columns));
  const cells = rows * columns;
  const begin = from.column * rows + from.row;
  for (let step = 1; step <= cells; step += 1) {
    const at = (((begin + by * step) % cells) + cells) % cells;
    const cell = { row: at % rows, column: Math.floor(at / rows) };
    if (far[cell.row * columns + cell.column]) return cell;
  }
  let most = -1;
  steps.forEach((step, index) => {
    if (step >= 0 && (most < 0 || (values[index] ?? 0) > (values[most] ?? 0))) most = index;
  });
  return most < 0 ? undefined : { row: Math.floor(most / columns), column: most % columns };
}

/** The same matrix with some rows first. */
export function pinnedFirst<
  M extends { nodes: string[]; blocks: unknown[]; values: (number | null)[]; states: string },
>(matrix: M, pinned: readonly string[]): M {
  const first = pinned.map((name) => matrix.nodes.indexOf(name)).filter((row) => row >= 0);
  if (first.length === 0) return matrix;
  const width = matrix.blocks.length;
  const rest = matrix.nodes.map((_, row) => row).filter((row) => !first.includes(row));
  const order = [...first, ...rest];
  const part = (row: number): [number, number] => [row * width, (row + 1) * width];
  return {
    ...matrix,
    nodes: order.map((row) => matrix.nodes[row] ?? ""),
    values: order.flatMap((row) => matrix.values.slice(...part(row))),
    states: order.map((row) => matrix.states.slice(...part(row))).join(""),
  };
}
