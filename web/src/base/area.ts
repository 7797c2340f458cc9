/** What is in a stretch of time of a trace, by checkpoint. */
import type { Lane, Tree } from "./tree";

/** From when until when, in seconds since the beginning of the trace. */
export type Area = readonly [from: number, until: number];

export interface AreaRow {
  name: string;
  calls: number;
  /** Time within the area, with that of parts. */
  total_s: number;
  /** The same without that of parts; null where that of one call is not known. */
  own_s: number | null;
  /** How long the calls are, also beyond the area. */
  mean_s: number;
  min_s: number;
  max_s: number;
}

export interface AreaSum {
  /** Those with the most own time first. */
  rows: AreaRow[];
  calls: number;
  /** Own times in the area; null where one is not known. */
  own_s: number | null;
  /** Calls that may be in the area: nobody knows when they ended. */
  unknown: number;
}

/** The area that a row takes, if its times are known. */
export function areaOf(tree: Tree, row: number): Area | undefined {
  const [start, total] = [tree.starts[row], tree.totals[row]];
  if (typeof start !== "number" || typeof total !== "number") return undefined;
  return [Math.max(0, start), start + total];
}

/** The area that reaches over both. */
export function areaOver(a: Area, b: Area): Area {
  return [Math.min(a[0], b[0]), Math.max(a[1], b[1])];
}

/** Adds up what is in an area. Calls that it cuts count with the part that is within. */
export function areaSum(tree: Tree, [from, until]: Area, lanes: ReadonlySet<Lane>): AreaSum {
  const length = tree.names.length;
  const within = new Float64Array(length).fill(-1);
  const ofParts = new Float64Array(length);
  let unknown = 0;
  for (let row = 0; row < length; row += 1) {
    const start = tree.starts[row] ?? null;
    if (start === null || start >= until) continue;
    const total = tree.totals[row] ?? null;
    const isShown = lanes.has(tree.lanes[row] ?? "M");
    if (total === null) {
      if (isShown) unknown += 1;
      continue;
    }
    const isWhole = start >= from && start + total <= until;
    const part = isWhole ? total : Math.min(start + total, until) - Math.max(start, from);
    if (part < 0 || (part === 0 && (total > 0 || start < from))) continue;
    within[row] = part;
    const parent = tree.parents[row] ?? -1;
    if (parent >= 0) ofParts[parent] = (ofParts[parent] ?? 0) + part;
  }
  const found = new Map<string, AreaRow>();
  let calls = 0;
  for (let row = 0; row < length; row += 1) {
    const part = within[row] ?? -1;
    if (part < 0 || !lanes.has(tree.lanes[row] ?? "M")) continue;
    const total = tree.totals[row] ?? 0;
    // As the service says it, unless the area cuts the call.
    const known = tree.owns[row] ?? null;
    const own = known === null || part === total ? known : Math.max(0, part - (ofParts[row] ?? 0));
    const name = tree.names[row] ?? "?";
    const entry = found.get(name);
    calls += 1;
    if (entry === undefined) {
      const times = { total_s: part, own_s: own, mean_s: total, min_s: total, max_s: total };
      found.set(name, { name, calls: 1, ...times });
      continue;
    }
    entry.calls += 1;
    entry.total_s += part;
    entry.own_s = entry.own_s === null || own === null ? null : entry.own_s + own;
    // The mean is a sum until all are counted.
    entry.mean_s += total;
    entry.min_s = Math.min(entry.min_s, total);
    entry.max_s = Math.max(entry.max_s, total);
  }
  const rows = [...found.values()];
  for (const row of rows) row.mean_s /= row.calls;
  rows.sort((a, b) => (b.own_s ?? Infinity) - (a.own_s ?? Infinity) || b.total_s - a.total_s);
  const own_s = rows.reduce<number | null>(
    (sum, row) => (sum === null || row.own_s === null ? null : sum + row.own_s),
    0,
  );
  return { rows, calls, own_s, unknown };
}
