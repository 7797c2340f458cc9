/** Bounds of thresholds in the units of charts: seconds, or per minute. */

export interface Bound {
  metric: string;
  unit: string;
  bound: number;
  op: string;
}

const FACTORS: Readonly<Record<string, number>> = { s: 1, ms: 0.001, min: 60, "/min": 1, tps: 60 };

/** The bound of a threshold in seconds or per minute; null where its unit says neither. */
export function boundOf(threshold: Bound, slot: number | null | undefined): number | null {
  const factor =
    threshold.unit === "slots"
      ? (slot ?? null)
      : Object.hasOwn(FACTORS, threshold.unit)
        ? (FACTORS[threshold.unit] ?? null)
        : null;
  return factor === null ? null : threshold.bound * factor;
}

/** The thresholds of some metrics as lines of a chart. */
export function boundLines(
  thresholds: readonly Bound[],
  metrics: readonly string[],
  slot: number | null | undefined,
  format: (value: number | null) => string,
): { value: number; label: string }[] {
  return thresholds.flatMap((threshold) => {
    const value = metrics.includes(threshold.metric) ? boundOf(threshold, slot) : null;
    return value === null
      ? []
      : [{ value, label: `${threshold.metric} ${threshold.op} ${format(value)}` }];
  });
}
