/** Values in buckets. */

export interface Bucket {
  from: number;
  until: number;
  count: number;
}

const PER_DECADE = 8;

/** Known values greater than 0 in buckets of equal ratio, without empty ones at the ends. */
export function logBuckets(values: readonly (number | null)[]): Bucket[] {
  const known = values.filter(
    (value): value is number => value !== null && Number.isFinite(value) && value > 0,
  );
  if (known.length === 0) return [];
  const step = (value: number): number => Math.floor(Math.log10(value) * PER_DECADE + 1e-9);
  const first = known.reduce((least, value) => Math.min(least, step(value)), Infinity);
  const last = known.reduce((most, value) => Math.max(most, step(value)), -Infinity);
  const buckets = Array.from({ length: last - first + 1 }, (_, index) => ({
    from: 10 ** ((first + index) / PER_DECADE),
    until: 10 ** ((first + index + 1) / PER_DECADE),
    count: 0,
  }));
  for (const value of known) {
    const bucket = buckets[step(value) - first];
    if (bucket) bucket.count += 1;
  }
  return buckets;
}

/** The first and the last position at which some of the lists count something. */
export function heldSpan(lists: readonly (readonly number[])[]): readonly [number, number] {
  const firsts = lists.map((counts) => counts.findIndex((count) => count > 0));
  const lasts = lists.map((counts) => counts.findLastIndex((count) => count > 0));
  return [Math.min(...firsts.filter((at) => at >= 0)), Math.max(-1, ...lasts)];
}

/**
 * Buckets between bounds of a service, without empty ones at the ends or, for charts on one axis,
 * those of the `span`. The first one begins at 0 and the last has no end; on a logarithmic axis they
 * are as wide as their neighbours.
 */
export function boundBuckets(
  bounds: readonly number[],
  counts: readonly number[],
  [first, last] = heldSpan([counts]),
): Bucket[] {
  const ratio = bounds.length > 1 ? (bounds[1] ?? 1) / (bounds[0] ?? 1) : 2;
  const made = counts.map((count, index) => {
    const from = bounds[index - 1] ?? (bounds[0] ?? 1) / ratio;
    return { from, until: bounds[index] ?? from * ratio, count };
  });
  return made.slice(first, last + 1);
}

/** The same buckets by the time that their calls took together, about: calls at their geometric mean. */
export function timeBuckets(buckets: readonly Bucket[]): Bucket[] {
  return buckets.map(({ from, until, count }) => ({
    from,
    until,
    count: count * Math.sqrt(from * until),
  }));
}

/** The cells of a heat map that hold something, as rows: when, how long, how many of `things`. */
export function heatRows(
  heat: { t: readonly number[]; bounds_s: readonly number[]; counts: readonly number[] },
  things: string,
): object[] {
  const columns = heat.t.length;
  return heat.counts.flatMap((count, at) => {
    const row = Math.floor(at / columns);
    if (count === 0) return [];
    return [
      {
        from_us: heat.t[at % columns],
        from_s: heat.bounds_s[row - 1] ?? 0,
        until_s: heat.bounds_s[row] ?? null,
        [things]: count,
      },
    ];
  });
}
