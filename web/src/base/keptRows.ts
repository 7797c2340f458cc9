/** Windows of a long list: a row that says the same stays the same object. */

/** Gives the former value where the new one equals it. */
type Share = (before: unknown, after: unknown) => unknown;

/**
 * An answer with a window of rows beside the answer before: rows are compared by their names, not by
 * their places, which differ from window to window. What is shown of equal rows is not made again.
 */
export function keptRows(before: unknown, after: unknown, share: Share): unknown {
  if (!isObject(before) || !isObject(after)) return after;
  const made: Record<string, unknown> = {};
  for (const [key, value] of Object.entries(after)) {
    const former = before[key];
    made[key] =
      Array.isArray(value) && Array.isArray(former) && value.every(isNamed)
        ? rowsOf(former, value, share)
        : share(former, value);
  }
  return made;
}

function rowsOf(
  before: readonly unknown[],
  after: readonly { name: string }[],
  share: Share,
): unknown[] {
  const known = new Map(before.filter(isNamed).map((row) => [row.name, row]));
  return after.map((row) => share(known.get(row.name), row));
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isNamed(value: unknown): value is { name: string } {
  return isObject(value) && typeof value["name"] === "string";
}
