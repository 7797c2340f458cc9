/** The states of a node over time, as spans without holes. */

import { parseTime } from "./formats";

export interface StateSpan {
  /** Milliseconds since 1970. */
  from: number;
  until: number;
  /** Null where the node was not read. */
  state: string | null;
  problem: string | null;
}

/** States as the experiments API lists them, in any order, up to now. */
export function stateSpans(
  states: readonly {
    from: string;
    until?: string | null;
    state: string;
    problem?: string | null;
  }[],
  now: number,
): StateSpan[] {
  const known = states
    .flatMap(({ from, until, state, problem }): StateSpan[] => {
      const [begins, ends] = [parseTime(from), until ? parseTime(until) : now];
      return begins === null || ends === null
        ? []
        : [{ from: begins, until: Math.max(begins, ends), state, problem: problem ?? null }];
    })
    .sort((a, b) => a.from - b.from);
  const made: StateSpan[] = [];
  for (const span of known) {
    const last = made.at(-1)?.until ?? span.from;
    // Two sessions may overlap for a moment: the later one says how it is.
    const from = Math.max(last, span.from);
    if (from > last) made.push({ from: last, until: from, state: null, problem: null });
    if (span.until >= from) made.push({ ...span, from });
  }
  const last = made.at(-1);
  if (last && last.until < now)
    made.push({ from: last.until, until: now, state: null, problem: null });
  return made;
}

/** How long each state lasted in all, in milliseconds; the longest first. */
export function timeInStates(spans: readonly StateSpan[]): [state: string | null, ms: number][] {
  const sums = new Map<string | null, number>();
  for (const { state, from, until } of spans)
    sums.set(state, (sums.get(state) ?? 0) + until - from);
  return [...sums].sort((a, b) => b[1] - a[1]);
}
