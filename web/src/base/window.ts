/** Which rows of a long list are seen. */

export interface Seen {
  first: number;
  count: number;
  /** Rows behind those that are seen. */
  after: number;
}

/** The rows of equal height that are seen at a scroll position, with `more` before and behind. */
export function windowOf(
  top: number,
  height: number,
  rowHeight: number,
  total: number,
  more: number,
): Seen {
  const first = Math.max(0, Math.min(Math.floor(top / rowHeight) - more, Math.max(0, total - 1)));
  const last = Math.min(total, Math.ceil((top + height) / rowHeight) + more);
  const count = Math.max(0, last - first);
  return { first, count, after: Math.max(0, total - first - count) };
}
