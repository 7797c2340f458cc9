/** What a run is meant to do, as a series beside what it does. */

import { finite } from "./formats";

/** A round as it was planned, at the time at which it begins if nothing is late. */
export interface PlannedSpan {
  round: number;
  /** Microseconds since 1970. */
  from: number;
  until: number;
  /** Transactions a minute. */
  perMinute: number;
}

const MICROSECONDS = 1e6;

function loadLength(load: unknown): number {
  const { tps, transactions } = (load ?? {}) as { tps?: unknown; transactions?: unknown };
  const [rate, count] = [finite(tps), finite(transactions)];
  return rate === null || count === null || rate <= 0 ? 0 : count / rate;
}

/**
 * The planned rounds of a run from the first round on that has begun. `begun` is that round's number
 * and its beginning. What is no round of a plan is left out.
 */
export function plannedSpans(
  rounds: readonly unknown[],
  begun: { round: number; from: number },
): PlannedSpan[] {
  const starts = rounds.map((round) => finite((round as { start_sec?: unknown }).start_sec));
  const first = starts[begun.round];
  if (first === null || first === undefined) return [];
  return rounds.flatMap((round, index) => {
    const { tps, payments, zkapps } = round as Record<string, unknown>;
    const [start, rate] = [starts[index] ?? null, finite(tps)];
    const length = Math.max(loadLength(payments), loadLength(zkapps));
    if (start === null || rate === null || length === 0) return [];
    const from = begun.from + (start - first) * MICROSECONDS;
    return [{ round: index, from, until: from + length * MICROSECONDS, perMinute: rate * 60 }];
  });
}

/** Times from the first to the end of the plan, in the steps of a series. */
export function stretched(
  t: readonly number[],
  spans: readonly PlannedSpan[],
  max: number,
): number[] {
  const [first, second] = t;
  if (first === undefined || second === undefined) return [...t];
  const step = second - first;
  const end = Math.max(...spans.map((span) => span.until), 0);
  const made = [...t];
  while (made.length < max && (made.at(-1) ?? end) + step < end)
    made.push((made.at(-1) ?? end) + step);
  return made;
}

/** The planned rate in each step of a series: a step that a round covers in part has that part. */
export function plannedSeries(t: readonly number[], spans: readonly PlannedSpan[]): number[] {
  const step = (t[1] ?? 0) - (t[0] ?? 0);
  return t.map((at) =>
    step <= 0
      ? 0
      : spans.reduce((sum, { from, until, perMinute }) => {
          const overlap = Math.min(until, at + step) - Math.max(from, at);
          return overlap > 0 ? sum + (perMinute * overlap) / step : sum;
        }, 0),
  );
}
