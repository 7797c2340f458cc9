/** Which rows of a long list are seen. */

export interface Seen {
  first: number;
  count: number;
  /** Rows behind those that are seen. */
  after: number;
}

/**
 * The rows of equal height that are seen at a scroll position, with `more` before and behind. Their
 * number is the same at every position: a row that leaves at one end is the one that comes at the
 * other.
 */
export function windowOf(
  top: number,
  height: number,
  rowHeight: number,
  total: number,
  more: number,
): Seen {
  const first = Math.max(0, Math.min(Math.floor(top / rowHeight) - more, Math.max(0, total - 1)));
  const most = Math.ceil(height / rowHeight) + 1 + 2 * more;
  const count = Math.max(0, Math.min(most, total - first));
  return { first, count, after: Math.max(0, total - first - count) };
}
