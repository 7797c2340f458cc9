/** Rows by one of their values, where one answer holds all of them. */

export type Order = "asc" | "desc";

/** What is not known comes last in both directions; equal rows stay as they were. */
export function orderedBy<T>(
  rows: readonly T[],
  valueOf: (row: T) => string | number | null | undefined,
  order: Order,
): T[] {
  const turn = order === "asc" ? 1 : -1;
  return [...rows].sort((a, b) => {
    const [x, y] = [valueOf(a) ?? null, valueOf(b) ?? null];
    if (x === null || y === null) return x === y ? 0 : x === null ? 1 : -1;
    return (x < y ? -1 : x > y ? 1 : 0) * turn;
  });
}
