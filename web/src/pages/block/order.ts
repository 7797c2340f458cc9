/** The order of the traces of a block. One answer holds all of them, so the page may sort. */
import type { BlockTrace } from "../../api/shapes";
import { orderedBy, type Order } from "../../base/ordered";

export const SORTS = [
  "started",
  "node",
  "source",
  "status",
  "lag",
  "lag2",
  "total",
  "entries",
  "lost",
] as const;
export type Sort = (typeof SORTS)[number];

const VALUES: Record<Sort, (row: BlockTrace) => string | number | null> = {
  started: (row) => row.started,
  node: (row) => row.node,
  source: (row) => row.source,
  status: (row) => row.status,
  lag: (row) => row.lag_s,
  lag2: (row) => row.lag2_s,
  total: (row) => row.total_s,
  entries: (row) => row.entries,
  // What is only known to be missing has no number.
  lost: (row) => (row.lost === 0 && row.unknown_gaps > 0 ? null : row.lost),
};

/** The traces by one column. */
export function ordered(rows: readonly BlockTrace[], sort: Sort, order: Order): BlockTrace[] {
  return orderedBy(rows, VALUES[sort], order);
}
