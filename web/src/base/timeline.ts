/**
 * The time line of a run: what its plan says, and what its journal says has happened. Times are
 * milliseconds of the lab's clock since 1970.
 */

import type { PlanRound } from "./plan";

export type SpanKind = "round" | "pause" | "funding" | "wait" | "load" | "stop" | "other";

export interface Span {
  kind: SpanKind;
  label: string;
  from: number;
  until: number;
  /** It has begun and not ended. */
  isGoing: boolean;
  /** Why it has failed. */
  error?: string;
}

export interface Mark {
  at: number;
  label: string;
}

/** A round with its plan and what has become of it. */
export interface Round {
  number: number;
  planned: { from: number; until: number } | null;
  actual: Span | null;
}

export interface Timeline {
  from: number;
  until: number;
  rounds: Round[];
  pauses: { planned: Span[]; actual: Span[] };
  stops: { planned: Mark[]; actual: Mark[] };
  steps: Span[];
  /** The end, the webhook, failures: what has happened at one moment. */
  marks: Mark[];
}

/** A step of the journal, its times read. */
export interface Step {
  step: number;
  action: string;
  from: number;
  until: number | null;
  error?: string | undefined;
  /** The round in which it has asked nodes for load. */
  round?: number | undefined;
}

export interface Taken {
  plan: readonly PlanRound[];
  steps: readonly Step[];
  /** How many times faster the network's clock runs than the lab's. */
  scale: number;
  now: number;
  /** When it was taken in, and when it has ended. */
  begun: number;
  ended: number | null;
  /** What else has happened at one moment. */
  marks?: readonly Mark[];
}

const KINDS: Readonly<Record<string, SpanKind>> = {
  "fund-keys": "funding",
  "rotate-balance": "funding",
  payments: "load",
  "zkapp-txs": "load",
  wait: "wait",
  "stop-daemon": "stop",
  restart: "stop",
};

/** What an action of the journal is. */
export function kindOf(action: string): SpanKind {
  return Object.hasOwn(KINDS, action) ? (KINDS[action] as SpanKind) : "other";
}

/** The time line of a run that is queued, goes on or has ended. */
export function timelineOf({ plan, steps, scale, now, begun, ended, marks = [] }: Taken): Timeline {
  const speed = scale > 0 ? scale : 1;
  const isOver = ended !== null;
  const end = (step: Step): number => step.until ?? ended ?? Math.max(now, step.from);
  const spans = steps.map((step): Span => {
    const isGoing = step.until === null && !isOver;
    const kind = kindOf(step.action);
    const error = step.error === undefined ? {} : { error: step.error };
    return { kind, label: step.action, from: step.from, until: end(step), isGoing, ...error };
  });
  const { rounds, pauses, stops } = happened(plan, steps, spans);

  // Where the first round that has begun stands, the plan stands; before that, it begins now.
  const firstRound = [...rounds.entries()].find(([number]) =>
    plan.some((each) => each.round === number),
  );
  const anchorPlan = plan.find(({ round }) => round === firstRound?.[0]) ?? plan[0];
  const anchor = firstRound?.[1].from ?? Math.max(now, spans.at(-1)?.until ?? begun);
  const isPlanned = anchorPlan !== undefined && (firstRound !== undefined || !isOver);
  const at = (seconds: number): number =>
    anchor + ((seconds - (anchorPlan?.startSec ?? 0)) * 1000) / speed;
  const planned = isPlanned ? plan : [];

  const numbers = [...new Set([...planned.map(({ round }) => round), ...rounds.keys()])].sort(
    (a, b) => a - b,
  );
  const made: Round[] = numbers.map((number) => {
    const each = planned.find(({ round }) => round === number);
    return {
      number,
      planned: each ? { from: at(each.startSec), until: at(each.endSec) } : null,
      actual: rounds.get(number) ?? null,
    };
  });
  const plannedPauses = planned.flatMap((each) => {
    let from = each.endSec;
    return each.pausesSec.map((length): Span => {
      const span = { from: at(from), until: at((from += length)) };
      return { kind: "pause", label: `pause after round ${each.round}`, ...span, isGoing: false };
    });
  });
  const plannedStops = planned.flatMap((each) =>
    each.stopsSec.map((seconds) => ({
      at: at(seconds),
      label: `planned stop of nodes in round ${each.round}`,
    })),
  );
  const failures = spans.flatMap((span) =>
    span.error === undefined ? [] : [{ at: span.until, label: `${span.label}: ${span.error}` }],
  );
  const ends = [
    begun,
    ...spans.map((span) => span.until),
    ...made.map((round) => round.planned?.until ?? begun),
    ended ?? now,
  ];
  return {
    from: Math.min(begun, spans[0]?.from ?? begun),
    until: Math.max(...ends),
    rounds: made,
    pauses: { planned: plannedPauses, actual: pauses },
    stops: { planned: plannedStops, actual: stops },
    steps: spans,
    marks: [...failures, ...marks],
  };
}

/** Rounds, pauses and stops by the journal: rounds begin with their first load. */
function happened(
  plan: readonly PlanRound[],
  steps: readonly Step[],
  spans: readonly Span[],
): { rounds: Map<number, Span>; pauses: Span[]; stops: Mark[] } {
  const rounds = new Map<number, Span>();
  const pauses: Span[] = [];
  const stops: Mark[] = [];
  let current: { round: number; waits: number } | undefined;
  for (const [index, span] of spans.entries()) {
    const number = steps[index]?.round;
    if (span.kind === "load" && number !== undefined && number !== current?.round) {
      current = { round: number, waits: 0 };
      rounds.set(number, { ...span, kind: "round", label: `round ${number}` });
      continue;
    }
    if (current === undefined) continue;
    const round = rounds.get(current.round) as Span;
    const planned = plan.find((each) => each.round === current?.round);
    // A round waits before each stop, and for its rest; what waits then is a pause.
    const waits = planned === undefined ? Infinity : planned.stopsSec.length + 1;
    if (span.kind === "wait") {
      current.waits += 1;
      if (current.waits > waits) {
        pauses.push({ ...span, kind: "pause", label: `pause after round ${current.round}` });
        continue;
      }
    } else if (current.waits >= waits) continue;
    if (span.kind === "stop")
      stops.push({ at: span.from, label: `${span.label} in round ${current.round}` });
    round.until = Math.max(round.until, span.until);
    round.isGoing = span.isGoing;
  }
  // Between two steps a round goes on, too.
  const last = current === undefined ? undefined : rounds.get(current.round);
  const wanted = plan.find((each) => each.round === current?.round);
  if (last && current && current.waits < (wanted === undefined ? 0 : wanted.stopsSec.length + 1))
    last.isGoing ||= spans.at(-1)?.isGoing ?? false;
  return { rounds, pauses, stops };
}

/** Which part of a planned round is late: from its end by plan to its real one. */
export function lateness(round: Round): { from: number; until: number } | null {
  const { planned, actual } = round;
  if (!planned || !actual || actual.until <= planned.until) return null;
  return { from: Math.max(planned.until, actual.from), until: actual.until };
}

/** How much later a round has begun than planned, in seconds; null where that is not known. */
export function lateBySec(round: Round): number | null {
  return round.planned && round.actual ? (round.actual.from - round.planned.from) / 1000 : null;
}

/** Steps that are too short to be told apart are one bar: `least` is the shortest that is seen. */
export function mergedSteps(steps: readonly Span[], least: number): Span[] {
  const made: Span[] = [];
  for (const step of steps) {
    const before = made.at(-1);
    const isAlike =
      before?.kind === step.kind && before.error === undefined && step.error === undefined;
    if (before && isAlike && step.until - before.from < least) {
      before.until = Math.max(before.until, step.until);
      before.isGoing ||= step.isGoing;
      if (before.label !== step.label) before.label = "several steps";
    } else made.push({ ...step });
  }
  return made;
}

/** A stretch of time in which nothing begins or ends, drawn short. */
export interface Fold {
  from: number;
  until: number;
}

/** What part of the width a folded stretch has. */
const FOLDED = 1 / 30;
/** A stretch is folded if it is more than this part of the whole. */
const FOLD_FROM = 1 / 20;

/** Moments at which something begins or ends, ascending. */
export function moments(timeline: Timeline, now: number | null): number[] {
  const { rounds, pauses, stops, steps, marks } = timeline;
  const all = [
    ...rounds.flatMap(({ planned, actual }) => [planned, actual]),
    ...pauses.planned,
    ...pauses.actual,
    ...steps,
  ].flatMap((span) => (span ? [span.from, span.until] : []));
  const points = [...stops.planned, ...stops.actual, ...marks].map((mark) => mark.at);
  return [...all, ...points, timeline.from, timeline.until, ...(now === null ? [] : [now])].sort(
    (a, b) => a - b,
  );
}

/** The long stretches between moments in which nothing happens. */
export function foldsOf(sorted: readonly number[]): Fold[] {
  const whole = (sorted.at(-1) ?? 0) - (sorted[0] ?? 0);
  return sorted.flatMap((until, index) => {
    const from = sorted[index - 1] ?? until;
    return until - from > whole * FOLD_FROM ? [{ from, until }] : [];
  });
}

/** The place of a moment, as a part of the width, with some stretches folded. */
export function placing(
  from: number,
  until: number,
  folds: readonly Fold[],
): (at: number) => number {
  const folded = folds.reduce((sum, fold) => sum + fold.until - fold.from, 0);
  const open = Math.max(1, until - from - folded);
  const room = 1 - folds.length * FOLDED;
  return (at) => {
    const moment = Math.max(from, Math.min(until, at));
    let [place, begin] = [0, from];
    for (const fold of folds) {
      if (moment <= fold.from) break;
      place += ((fold.from - begin) / open) * room;
      const inside = (Math.min(moment, fold.until) - fold.from) / (fold.until - fold.from);
      place += inside * FOLDED;
      begin = fold.until;
      if (moment <= fold.until) return place;
    }
    return place + ((moment - begin) / open) * room;
  };
}
