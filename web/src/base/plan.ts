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

const MINUTE = 60e6;

/** Minutes from the beginning of the run to that of a round, by its setup. */
function startMinutes(setup: Readonly<Record<string, unknown>>, round: number): number | null {
  const of = (key: string, otherwise: number | null): number | null =>
    finite(setup[key]) ?? otherwise;
  const [length, pause] = [of("RoundDurationMin", null), of("PauseMin", null)];
  if (length === null || pause === null) return null;
  const every = Math.max(1, of("LargePauseEveryNRounds", 1) ?? 1);
  return round * (length + pause) + Math.floor(round / every) * (of("LargePauseMin", 0) ?? 0);
}

/**
 * The planned rounds of a run, as the orchestrator gives them, beside its setup. `begun` is the first
 * round that has begun and when: the others stand where they would if nothing were late. What is no
 * round of a plan is left out.
 */
export function plannedSpans(
  rounds: readonly unknown[],
  setup: Readonly<Record<string, unknown>>,
  begun: { round: number; from: number },
): PlannedSpan[] {
  const first = startMinutes(setup, begun.round);
  return rounds.flatMap((each, round) => {
    const { payment_tps, zkapp_tps, duration_minutes } = (each ?? {}) as Record<string, unknown>;
    const [start, minutes] = [startMinutes(setup, round), finite(duration_minutes)];
    const rates = [finite(payment_tps), finite(zkapp_tps)];
    if (
      first === null ||
      start === null ||
      minutes === null ||
      rates.every((rate) => rate === null)
    )
      return [];
    const perSecond = (rates[0] ?? 0) + (rates[1] ?? 0);
    const from = begun.from + (start - first) * MINUTE;
    return [{ round, from, until: from + minutes * MINUTE, perMinute: perSecond * 60 }];
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
