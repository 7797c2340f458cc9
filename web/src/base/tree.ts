/** The tree of checkpoints of one trace, as columns in depth-first order. */

/** Columns as the log API writes them. */
export interface TraceColumns {
  index: readonly number[];
  name: readonly number[];
  depth: readonly number[];
  start_us: readonly number[];
  total_us: readonly number[];
  own_us: readonly number[];
  lane: string;
  usual: readonly (number | null)[];
  has_metadata: string;
}

export interface TraceParts {
  started?: number | null;
  names: readonly string[];
  columns: TraceColumns;
  after_success: TraceColumns;
}

/** Where a checkpoint was passed: the main process, prover, verifier, or after the block's success. */
export type Lane = "M" | "P" | "V" | "A";

export interface Tree {
  names: string[];
  /** Position of each row among all checkpoints of the trace, as the log API counts them. */
  indices: number[];
  depths: number[];
  /** Seconds since the beginning of the trace; null where the time cannot be right. */
  starts: (number | null)[];
  totals: (number | null)[];
  /** Total time without that of the parts. */
  owns: (number | null)[];
  lanes: Lane[];
  /** How many times longer than is usual; null where that is not known. */
  usual: (number | null)[];
  hasMetadata: boolean[];
  /** The row behind the last one below each row. */
  ends: number[];
  parents: number[];
  /** Seconds since 1970. */
  begun: number | null;
  /** From the first start to the last end, in seconds. */
  length: number;
}

/** Most rows that are taken from an answer, and how deep it may be. */
const ROWS_MAX = 200_000;
const DEPTH_MAX = 256;
const PER_SECOND = 1e6;

function seconds(us: unknown): number | null {
  return typeof us === "number" && Number.isFinite(us) ? us / PER_SECOND : null;
}

function positive(us: unknown): number | null {
  const value = seconds(us);
  return value !== null && value >= 0 ? value : null;
}

/** Lays the columns of a trace out: those until success, and those after it. */
export function layOut({ started, names, columns, after_success }: TraceParts): Tree {
  const tree: Tree = {
    names: [],
    indices: [],
    depths: [],
    starts: [],
    totals: [],
    owns: [],
    lanes: [],
    usual: [],
    hasMetadata: [],
    ends: [],
    parents: [],
    begun: seconds(started ?? null),
    length: 0,
  };
  const open: number[] = [];
  const add = (of: TraceColumns, after: boolean): void => {
    open.length = 0;
    for (let at = 0; at < of.name.length && tree.names.length < ROWS_MAX; at += 1) {
      const row = tree.names.length;
      const depth = Math.max(0, Math.min(DEPTH_MAX, open.length, of.depth[at] ?? 0));
      open.length = depth;
      const start = seconds(of.start_us[at]);
      const total = positive(of.total_us[at]);
      const letter = of.lane[at];
      tree.names.push(names[of.name[at] ?? -1] ?? "?");
      tree.indices.push(of.index[at] ?? row);
      tree.depths.push(depth);
      tree.starts.push(start);
      tree.totals.push(total);
      tree.owns.push(positive(of.own_us[at]));
      tree.lanes.push(after ? "A" : letter === "P" || letter === "V" ? letter : "M");
      tree.usual.push(positive((of.usual[at] ?? NaN) * PER_SECOND));
      tree.hasMetadata.push(of.has_metadata[at] === "1");
      tree.parents.push(open.at(-1) ?? -1);
      tree.ends.push(row + 1);
      open.push(row);
      if (start !== null) tree.length = Math.max(tree.length, start + (total ?? 0));
    }
  };
  add(columns, false);
  add(after_success, true);
  // A row ends where the last one below it does.
  for (let row = tree.names.length - 1; row >= 0; row -= 1) {
    const parent = tree.parents[row] ?? -1;
    if (parent >= 0) tree.ends[parent] = Math.max(tree.ends[parent] ?? 0, tree.ends[row] ?? 0);
  }
  return tree;
}

/** Which rows have parts that take a share of the whole: what is unfolded at first. */
export function slowRows(tree: Tree, share: number): Set<number> {
  const found = new Set<number>();
  tree.totals.forEach((total, row) => {
    if (total !== null && total >= tree.length * share) {
      const parent = tree.parents[row] ?? -1;
      if (parent >= 0) found.add(parent);
    }
  });
  return found;
}

/** What rows have to be to be shown. */
export interface RowFilter {
  /** Seconds that they take at least; what is below a shorter one is hidden, too. */
  least?: number;
  lanes?: ReadonlySet<Lane>;
  /** Marks the rows that may be shown, as `ownRows` does. */
  kept?: Uint8Array | undefined;
}

/**
 * The rows that are shown: those whose parents are all unfolded, and that pass the filters. What is
 * below a row of a hidden lane is shown in its place.
 */
export function visibleRows(
  tree: Tree,
  unfolded: ReadonlySet<number>,
  { least = 0, lanes, kept }: RowFilter = {},
): number[] {
  const rows: number[] = [];
  for (let row = 0; row < tree.names.length;) {
    const total = tree.totals[row];
    const isShort = least > 0 && total !== null && total !== undefined && total < least;
    if (isShort || (kept && kept[row] === 0)) {
      row = tree.ends[row] ?? row + 1;
      continue;
    }
    const isHidden = lanes !== undefined && !lanes.has(tree.lanes[row] ?? "M");
    if (!isHidden) rows.push(row);
    row = isHidden || unfolded.has(row) ? row + 1 : (tree.ends[row] ?? row + 1);
  }
  return rows;
}

/** Marks the rows whose own time is at least so long, or not known, and all rows above them. */
export function ownRows(tree: Tree, least: number): Uint8Array {
  const kept = new Uint8Array(tree.names.length);
  // What is below a row comes behind it.
  for (let row = tree.names.length - 1; row >= 0; row -= 1) {
    const own = tree.owns[row] ?? null;
    if (own === null || own >= least) kept[row] = 1;
    const parent = tree.parents[row] ?? -1;
    if (kept[row] === 1 && parent >= 0) kept[parent] = 1;
  }
  return kept;
}

/** All rows that have parts. */
export function branches(tree: Tree): Set<number> {
  const found = new Set<number>();
  tree.ends.forEach((end, row) => {
    if (end > row + 1) found.add(row);
  });
  return found;
}

/** The row above and all above it. */
export function ancestors(tree: Tree, row: number): number[] {
  const found: number[] = [];
  for (let parent = tree.parents[row] ?? -1; parent >= 0; parent = tree.parents[parent] ?? -1)
    found.push(parent);
  return found;
}

/** The part of a trace that is looked at, in seconds: narrower or wider by `factor`, around `around`. */
export function zoomed(
  [from, until]: readonly [number, number],
  length: number,
  factor: number,
  around = (from + until) / 2,
): [number, number] {
  const span = Math.min(length, Math.max(1e-6, (until - from) * factor));
  const part = until > from ? (around - from) / (until - from) : 0.5;
  return moved([around - part * span, around - part * span + span], length, 0);
}

/** The same span, further on by `by` seconds, within the trace. */
export function moved(
  [from, until]: readonly [number, number],
  length: number,
  by: number,
): [number, number] {
  const span = Math.min(length, until - from);
  const first = Math.max(0, Math.min(from + by, length - span));
  return [first, first + span];
}
