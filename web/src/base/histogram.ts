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
