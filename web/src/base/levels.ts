/**
 * Where the level of a row of values changes by more than chance alone explains.
 *
 * A level is a median, and chance is the median absolute deviation of the values before. The numbers
 * are chosen so that of ten histories of 200 normally distributed values one has a mark where there is
 * no change, and that a step of four standard deviations has one nearly always.
 */
import { sorted } from "./scales";

export const RULE = {
  /** The values after a change whose median is looked at. */
  after: 5,
  /** So many before it at least, and at most; none from before the mark before. */
  beforeMin: 10,
  beforeMax: 30,
  /** More than so many deviations. */
  factor: 4,
} as const;
/** With fewer known values there is no mark. */
export const NEEDED = RULE.beforeMin + RULE.after;

type Values = readonly (number | null)[];

/** The middle of some numbers; NaN of none. */
export function median(values: ArrayLike<number | null | undefined>): number {
  const ascending = sorted(values);
  const middle = ascending.length >> 1;
  const [low, high] = [ascending[middle - 1], ascending[middle]];
  if (high === undefined) return NaN;
  return ascending.length % 2 === 1 || low === undefined ? high : (low + high) / 2;
}

/**
 * The places where a new level begins. Values that are not known are passed over. `least` says which
 * difference from a level is none, however little the values before it differ.
 */
export function levelChanges(values: Values, least: (level: number) => number): number[] {
  const places = values.flatMap((value, at) => (value === null ? [] : [at]));
  const known = places.map((at) => values[at] as number);
  const changes: number[] = [];
  let begin = 0;
  for (let at = begin + RULE.beforeMin; at + RULE.after <= known.length; at += 1) {
    const before = known.slice(Math.max(begin, at - RULE.beforeMax), at);
    const level = median(before);
    const next = median(known.slice(at, at + RULE.after));
    const chance = median(before.map((value) => Math.abs(value - level)));
    if (!(Math.abs(next - level) > Math.max(RULE.factor * chance, least(level)))) continue;
    begin = firstOf(known, at, level, next);
    changes.push(places[begin] as number);
    at = begin + RULE.beforeMin - 1;
  }
  return changes;
}

/** Where the values pass from one level to the other, near the place where the medians do. */
function firstOf(known: readonly number[], at: number, level: number, next: number): number {
  let [found, cost, least] = [at, 0, 0];
  for (let place = at; place < at + RULE.after - 1; place += 1) {
    const value = known[place] as number;
    // What it costs that this value still counts as one of the level before.
    cost += Math.abs(value - level) - Math.abs(value - next);
    if (cost < least) [found, least] = [place + 1, cost];
  }
  return found;
}

export interface Level {
  /** The places of its first value, and behind its last one. */
  from: number;
  until: number;
  /** The median of its values; null where none is known. */
  value: number | null;
}

/** The levels between the changes. */
export function levelsOf(values: Values, changes: readonly number[]): Level[] {
  return [0, ...changes].map((from, index) => {
    const until = changes[index] ?? values.length;
    const value = median(values.slice(from, until));
    return { from, until, value: Number.isNaN(value) ? null : value };
  });
}
