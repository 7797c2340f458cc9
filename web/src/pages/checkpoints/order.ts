/** The order of rows. One answer holds all of them, so the page may sort. */
import type { CheckpointRow } from "../../api/shapes";

export const SORTS = ["name", "calls", "total", "p50", "p90", "p95", "p99", "max"] as const;
export type Sort = (typeof SORTS)[number];

const KEYS = {
  calls: "calls",
  total: "total_s",
  p50: "p50_s",
  p90: "p90_s",
  p95: "p95_s",
  p99: "p99_s",
  max: "max_s",
} as const;

/** The rows by one column; what is not known comes last in both directions. */
export function ordered(
  rows: readonly CheckpointRow[],
  sort: Sort,
  order: "asc" | "desc",
): CheckpointRow[] {
  const turn = order === "asc" ? 1 : -1;
  return [...rows].sort((a, b) => {
    if (sort === "name") return (a.name < b.name ? -1 : a.name > b.name ? 1 : 0) * turn;
    const [x, y] = [a[KEYS[sort]] ?? null, b[KEYS[sort]] ?? null];
    if (x === null || y === null) return x === y ? 0 : x === null ? 1 : -1;
    return (x - y) * turn;
  });
}
