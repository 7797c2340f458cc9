/** Two traces beside each other, row by row in depth-first order. */

/** The columns of an aligned comparison. Times are microseconds; null where a side lacks a step. */
export interface DiffColumns {
  name: number[];
  depth: number[];
  a_total_us: (number | null)[];
  b_total_us: (number | null)[];
  delta_own_us: number[];
}

export interface DiffRow {
  index: number;
  name: string;
  depth: number;
  a_s: number | null;
  b_s: number | null;
  /** Own time of B minus that of A. */
  own_s: number;
  /** The same with all rows below. */
  below_s: number;
}

const PER_SECOND = 1e6;

/** The rows, each with the sum of differences of it and all below. */
export function diffRows(names: readonly string[], columns: DiffColumns): DiffRow[] {
  const rows = columns.name.map((name, index): DiffRow => {
    const own_s = (columns.delta_own_us[index] ?? 0) / PER_SECOND;
    const total = (us: number | null | undefined): number | null =>
      us === null || us === undefined ? null : us / PER_SECOND;
    return {
      index,
      name: names[name] ?? "?",
      depth: columns.depth[index] ?? 0,
      a_s: total(columns.a_total_us[index]),
      b_s: total(columns.b_total_us[index]),
      own_s,
      below_s: own_s,
    };
  });
  // Each row counts for itself and for all rows that it stands below.
  const open: number[] = [];
  for (const row of rows) {
    open.length = Math.min(open.length, row.depth);
    for (const parent of open) (rows[parent] as DiffRow).below_s += row.own_s;
    open.push(row.index);
  }
  return rows;
}

/** The difference of both traces: own times add up to it. */
export function difference(rows: readonly DiffRow[]): number {
  // In whole microseconds, as they came: of equal traces nothing is left.
  return rows.reduce((sum, row) => sum + Math.round(row.own_s * PER_SECOND), 0) / PER_SECOND;
}

/** The rows with at least this share of all that differs, in one direction or the other. */
export function relevant(rows: readonly DiffRow[], share: number): DiffRow[] {
  const all = rows.reduce((sum, row) => sum + Math.abs(row.own_s), 0);
  const least = all * share;
  const wanted = new Set<number>();
  const open: number[] = [];
  for (const row of rows) {
    open.length = Math.min(open.length, row.depth);
    open.push(row.index);
    // A row that matters brings those above it: it stands where it belongs.
    const most = Math.max(Math.abs(row.own_s), Math.abs(row.below_s));
    if (most >= least && (least === 0 || most > 0)) for (const each of open) wanted.add(each);
  }
  return rows.filter((row) => wanted.has(row.index));
}
