/** The tree of checkpoints of one trace, as columns in depth-first order. */

interface Nested {
  checkpoint: string;
  started_at: number;
  duration: number;
  metadata: unknown;
  checkpoints: readonly Nested[];
}

export interface Tree {
  names: string[];
  depths: number[];
  /** Seconds since the beginning of the trace; null where the time is not known. */
  starts: (number | null)[];
  totals: (number | null)[];
  /** Total time without that of the parts. */
  owns: (number | null)[];
  /** The row behind the last one below each row. */
  ends: number[];
  parents: number[];
  metadata: unknown[];
  /** Seconds since 1970. */
  begun: number | null;
  /** From the first start to the last end, in seconds. */
  length: number;
}

/** Most rows that are taken from an answer, and how deep it may be. */
const ROWS_MAX = 200_000;
const DEPTH_MAX = 256;

function known(value: unknown): number | null {
  return typeof value === "number" && Number.isFinite(value) && value >= 0 ? value : null;
}

/** Lays the checkpoints of all sections out. A section is a row of its own where there are several. */
export function layOut(
  sections: readonly { title: string; checkpoints: readonly Nested[] }[],
): Tree {
  const tree: Tree = {
    names: [],
    depths: [],
    starts: [],
    totals: [],
    owns: [],
    ends: [],
    parents: [],
    metadata: [],
    begun: null,
    length: 0,
  };
  const add = (nested: Nested, depth: number, parent: number): void => {
    const row = tree.names.length;
    if (row >= ROWS_MAX || depth > DEPTH_MAX) return;
    const total = known(nested.duration);
    tree.names.push(nested.checkpoint);
    tree.depths.push(depth);
    tree.starts.push(known(nested.started_at));
    tree.totals.push(total);
    tree.owns.push(total);
    tree.parents.push(parent);
    tree.metadata.push(nested.metadata);
    tree.ends.push(row + 1);
    let parts = 0;
    for (const part of nested.checkpoints ?? []) {
      add(part, depth + 1, row);
      parts += known(part.duration) ?? 0;
    }
    if (total !== null) tree.owns[row] = Math.max(0, total - parts);
    tree.ends[row] = tree.names.length;
  };
  for (const section of sections)
    for (const checkpoint of section.checkpoints) add(checkpoint, 0, -1);
  const starts = tree.starts.filter((start): start is number => start !== null);
  if (starts.length > 0) {
    const begun = starts.reduce((least, start) => Math.min(least, start), Infinity);
    tree.begun = begun;
    tree.starts = tree.starts.map((start) => (start === null ? null : start - begun));
    tree.starts.forEach((start, row) => {
      if (start !== null) tree.length = Math.max(tree.length, start + (tree.totals[row] ?? 0));
    });
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

/** The rows that are shown: those whose parents are all unfolded, and that pass the filters. */
export function visibleRows(tree: Tree, unfolded: ReadonlySet<number>, least = 0): number[] {
  const rows: number[] = [];
  for (let row = 0; row < tree.names.length;) {
    const total = tree.totals[row];
    if (least > 0 && total !== null && total !== undefined && total < least) {
      row = tree.ends[row] ?? row + 1;
      continue;
    }
    rows.push(row);
    row = unfolded.has(row) ? row + 1 : (tree.ends[row] ?? row + 1);
  }
  return rows;
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
