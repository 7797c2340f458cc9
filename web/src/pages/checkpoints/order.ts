/** The order of rows. One answer holds all of them, so the page may sort. */
import type { CheckpointRow } from "../../api/shapes";
import { orderedBy, type Order } from "../../base/ordered";

export const SORTS = ["name", "calls", "total", "p50", "p90", "p95", "p99", "max"] as const;
export type Sort = (typeof SORTS)[number];

const KEYS = {
  name: "name",
  calls: "calls",
  total: "total_s",
  p50: "p50_s",
  p90: "p90_s",
  p95: "p95_s",
  p99: "p99_s",
  max: "max_s",
} as const;

/** The rows by one column. */
export function ordered(rows: readonly CheckpointRow[], sort: Sort, order: Order): CheckpointRow[] {
  return orderedBy(rows, (row) => row[KEYS[sort]], order);
}
