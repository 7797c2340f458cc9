/** The groups of one checkpoint as small charts: which of them, and what the others sum up to. */
import type { CheckpointAnswer, CheckpointRow } from "../../api/shapes";
import { heldSpan } from "../../base/histogram";

export type Group = "node" | "round" | "deployment";

/** Most groups that have a chart of their own. */
export const MOST = 8;

/** One chart. */
export interface Multiple {
  /** The group; null for what is in none. Of the others there is none. */
  key: string | null | undefined;
  /** How many groups it stands for. */
  groups: number;
  calls: number;
  buckets: readonly number[];
  /** Known of one group; of several there is a bucket only. */
  p95_s: number | null;
}

/** The bounds of a bucket, in seconds: the last has no upper one. */
export type Between = readonly [from: number, until: number | null];

/** Nodes by their calls, the most first; rounds and deployments by their number. What is in none comes last. */
function inOrder(rows: readonly CheckpointRow[], group: Group): CheckpointRow[] {
  const byNumber = (row: CheckpointRow): number => Number(row.group ?? Infinity);
  return [...rows].sort((a, b) =>
    group === "node"
      ? b.calls - a.calls || ((a.group ?? "") < (b.group ?? "") ? -1 : 1)
      : // Two that are in none are none: Infinity less itself is no number.
        byNumber(a) - byNumber(b) || 0,
  );
}

function sum(lists: readonly (readonly number[])[]): number[] {
  const longest = lists.reduce((most, counts) => Math.max(most, counts.length), 0);
  return Array.from({ length: longest }, (_, at) =>
    lists.reduce((total, counts) => total + (counts[at] ?? 0), 0),
  );
}

/** The nodes that have charts of their own, where a list of all of them is needed to tell. */
export function mostCalled(nodes: CheckpointAnswer["by_node"]): string[] {
  const sorted = [...nodes].sort((a, b) => b.calls - a.calls || (a.node < b.node ? -1 : 1));
  return sorted.slice(0, MOST).map(({ node }) => node);
}

/**
 * Charts for the rows of one checkpoint, at most eight and the others as one. `whole` is the
 * checkpoint in all its groups, where the rows are not all of them: then the others are what it has
 * besides.
 */
export function multiplesOf(
  rows: readonly CheckpointRow[],
  group: Group,
  whole?: Pick<CheckpointAnswer, "buckets" | "by_node">,
): Multiple[] {
  const sorted = inOrder(rows, group);
  const own = sorted.slice(0, MOST).map((row) => ({
    key: row.group ?? null,
    groups: 1,
    calls: row.calls,
    buckets: row.buckets,
    p95_s: row.p95_s ?? null,
  }));
  const left = whole ? whole.by_node.length - own.length : sorted.length - own.length;
  if (left <= 0) return own;
  const rest = sum(sorted.slice(MOST).map((row) => row.buckets));
  const shown = sum(own.map((row) => row.buckets));
  // A call that came between the two answers is no call fewer than none.
  const buckets = whole
    ? whole.buckets.map((count, at) => Math.max(0, count - (shown[at] ?? 0)))
    : rest;
  const calls = buckets.reduce((total, count) => total + count, 0);
  return [...own, { key: undefined, groups: left, calls, buckets, p95_s: null }];
}

/** The bucket in which the 95th percentile is; none where nothing is counted. */
export function p95Between(bounds: readonly number[], buckets: readonly number[]): Between | null {
  const calls = buckets.reduce((total, count) => total + count, 0);
  const rank = Math.ceil((calls * 95) / 100);
  let passed = 0;
  for (const [at, count] of buckets.entries()) {
    passed += count;
    if (count > 0 && passed >= rank) return [bounds[at - 1] ?? 0, bounds[at] ?? null];
  }
  return null;
}

/** Buckets of a decade: a shorter axis would have no second label to read a bar by. */
const AXIS_MIN = 4;

/** The first and the last bucket of the axis that all charts have. */
export function axisOf(multiples: readonly Multiple[]): readonly [number, number] {
  const [first, last] = heldSpan(multiples.map(({ buckets }) => buckets));
  const end = (multiples[0]?.buckets.length ?? 0) - 1;
  const more = Math.max(0, Math.ceil((AXIS_MIN - (last - first + 1)) / 2));
  return last < 0 ? [first, last] : [Math.max(0, first - more), Math.min(end, last + more)];
}

/** The highest part of its calls that a bucket of any chart has: what all are drawn to. */
export function tallestShare(multiples: readonly Multiple[]): number {
  return Math.max(
    0,
    ...multiples.flatMap(({ calls, buckets }) =>
      buckets.map((count) => count / Math.max(1, calls)),
    ),
  );
}
