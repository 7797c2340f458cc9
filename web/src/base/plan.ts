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

/** Minutes from the beginning of the run to that of a round, by its setup. */
function startMinutes(setup: Readonly<Record<string, unknown>>, round: number): number | null {
  const of = (key: string, otherwise: number | null): number | null =>
    finite(setup[key]) ?? otherwise;
  const [length, pause] = [of("RoundDurationMin", null), of("PauseMin", null)];
  if (length === null || pause === null) return null;
  const every = Math.max(1, of("LargePauseEveryNRounds", 1) ?? 1);
  return round * (length + pause) + Math.floor(round / every) * (of("LargePauseMin", 0) ?? 0);
}

/** A round of a plan; times are seconds of the network from the beginning of the first round. */
export interface PlanRound {
  round: number;
  startSec: number;
  endSec: number;
  /** When nodes are stopped. */
  stopsSec: number[];
  /** From the end of the round to the next one: the pause, and the large pause behind it. */
  pausesSec: number[];
  /** Transactions a minute. */
  perMinute: number;
}

/**
 * The rounds of a run as the orchestrator keeps them. Where it has kept no times, they follow from
 * the setup, and stops are not known. What is no round of a plan is left out.
 */
export function planRounds(
  rounds: readonly unknown[],
  setup: Readonly<Record<string, unknown>>,
): PlanRound[] {
  return rounds.flatMap((each, round) => {
    const members = (each ?? {}) as Record<string, unknown>;
    const minutes = startMinutes(setup, round);
    const start = finite(members["start_sec"]) ?? (minutes === null ? null : minutes * 60);
    const length = finite(members["duration_minutes"]);
    const rates = [finite(members["payment_tps"]), finite(members["zkapp_tps"])];
    if (start === null || length === null || rates.every((rate) => rate === null)) return [];
    let at = start;
    const waits = members["stop_waits_sec"];
    const stopsSec = (Array.isArray(waits) ? waits : []).map(
      (wait) => (at += Math.max(0, finite(wait) ?? 0)),
    );
    const isLast = round === rounds.length - 1;
    const pauses = [
      finite(members["pause_min"]) ?? (isLast ? 0 : (finite(setup["PauseMin"]) ?? 0)),
      finite(members["large_pause_min"]) ?? 0,
    ];
    return [
      {
        round,
        startSec: start,
        endSec: start + length * 60,
        stopsSec,
        pausesSec: pauses.filter((pause) => pause > 0).map((pause) => pause * 60),
        perMinute: ((rates[0] ?? 0) + (rates[1] ?? 0)) * 60,
      },
    ];
  });
}

/** The rounds of a preview: their lengths and rates stand beside the plan that has their times. */
export function previewRounds(
  infos: readonly unknown[],
  rounds: readonly object[],
  setup: Readonly<Record<string, unknown>>,
): PlanRound[] {
  return planRounds(
    rounds.map((round, index) => ({ ...((infos[index] ?? {}) as object), ...round })),
    setup,
  );
}

/**
 * The planned rounds of a run in the network's time. `begun` is the first round that has begun and
 * when: the others stand where they would if nothing were late.
 */
export function plannedSpans(
  rounds: readonly unknown[],
  setup: Readonly<Record<string, unknown>>,
  begun: { round: number; from: number },
): PlannedSpan[] {
  const planned = planRounds(rounds, setup);
  const first = planned.find(({ round }) => round === begun.round);
  if (first === undefined) return [];
  const at = (seconds: number): number => begun.from + (seconds - first.startSec) * 1e6;
  return planned.map(({ round, startSec, endSec, perMinute }) => ({
    round,
    from: at(startSec),
    until: at(endSec),
    perMinute,
  }));
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
