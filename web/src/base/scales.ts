/** Positions and classes of numbers on axes. */

/** From more values than this, quantiles are those of a sample: sorting all takes too long to see. */
const SAMPLE = 20_000;

/** The bounds between nine steps of equal size, by quantiles of all known values. */
export function quantileBreaks(values: ArrayLike<number | null>, steps = 9): number[] {
  const known = sorted(values.length > SAMPLE ? sample(values) : values);
  const breaks: number[] = [];
  for (let step = 1; step < steps; step += 1) {
    const at = known[Math.floor((known.length * step) / steps)];
    if (at !== undefined) breaks.push(at);
  }
  return breaks;
}

/** Values at equal distances; shifted a little from one to the next, so that no column of a matrix is preferred. */
function sample(values: ArrayLike<number | null>): Float64Array {
  const step = values.length / SAMPLE;
  return Float64Array.from(
    { length: SAMPLE },
    (_, index) => values[Math.floor(index * step + ((index * 7) % Math.ceil(step)))] ?? NaN,
  );
}

/** The finite numbers among some values, ascending. Typed arrays sort numbers without calls. */
export function sorted(values: ArrayLike<number | null | undefined>): Float64Array {
  const found = new Float64Array(values.length);
  let length = 0;
  for (let index = 0; index < values.length; index += 1) {
    const value = values[index];
    if (typeof value === "number" && Number.isFinite(value)) {
      found[length] = value;
      length += 1;
    }
  }
  return found.subarray(0, length).sort();
}

/** The step of a value among ascending breaks. */
export function stepOf(value: number, breaks: readonly number[]): number {
  let low = 0;
  let high = breaks.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (value >= (breaks[middle] ?? Infinity)) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Round numbers for an axis from `from` to `until`, about `wanted` of them. */
export function ticks(from: number, until: number, wanted = 5): number[] {
  const span = until - from;
  if (!(span > 0) || !Number.isFinite(span)) return [];
  const rough = span / wanted;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step =
    [1, 2, 5, 10].map((factor) => factor * power).find((size) => size >= rough) ?? 10 * power;
  const found: number[] = [];
  for (let index = Math.ceil(from / step); index * step <= until + step * 1e-9; index += 1) {
    found.push(Number((index * step).toPrecision(12)));
  }
  return found;
}

/** Distances between ticks of an axis that are easy to count with: of numbers, and of seconds. */
export const STEPS: {
  number: readonly number[];
  whole: readonly number[];
  duration: readonly number[];
} = (() => {
  const powers = (from: number, to: number): number[] =>
    Array.from({ length: to - from }, (_, at) => at + from).flatMap((power) =>
      [1, 2, 5].map((factor) => Number(`${factor}e${power}`)),
    );
  const minutes = [1, 2, 5, 10, 15, 30].map((size) => size * 60);
  const hours = [1, 2, 3, 6, 12, 24, 48, 120, 240, 1200].map((size) => size * 3600);
  return {
    number: powers(-6, 12),
    whole: powers(0, 12),
    duration: [...powers(-6, 0), 1, 2, 5, 10, 15, 30, ...minutes, ...hours],
  };
})();

/** Round values from `from` to `until` at distances of one kind, at most about `most` of them. */
export function ticksBy(
  steps: keyof typeof STEPS,
  from: number,
  until: number,
  most: number,
): number[] {
  // A distance that is off by the last digit of its fraction is the same.
  const size = STEPS[steps].find((step) => step * (1 + 1e-9) >= (until - from) / most);
  if (!(until > from) || size === undefined) return [];
  const found: number[] = [];
  for (let at = Math.ceil(from / size - 1e-9); at * size <= until + size * 1e-9; at += 1)
    found.push(Number((at * size).toPrecision(12)));
  return found;
}

/** Moments between two that are easy to count with, in milliseconds; about `wanted` of them. */
export function ticksOfTime(from: number, until: number, wanted: number): number[] {
  const rough = (until - from) / 1000 / Math.max(1, wanted);
  const step = STEPS.duration.find((seconds) => seconds >= Math.max(1, rough));
  if (!(until > from) || step === undefined) return [];
  const size = step * 1000;
  const found: number[] = [];
  for (let at = Math.ceil(from / size) * size; at <= until; at += size) found.push(at);
  return found;
}
