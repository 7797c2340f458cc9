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

/**
 * The window that the next frame shows on the way from one window to another: each end moves by at
 * most `most` rows, so that no frame has much to do. Windows without a common row are not on one
 * way: the other one is shown at once.
 */
export function towards(now: Seen, target: Seen, most: number): Seen {
  const end = now.first + now.count;
  const targetEnd = target.first + target.count;
  if (target.first >= end || now.first >= targetEnd) return target;
  const near = (from: number, to: number): number =>
    Math.max(from - most, Math.min(from + most, to));
  const first = near(now.first, target.first);
  const total = targetEnd + target.after;
  // There are never more rows than the larger window has.
  const last = Math.min(near(end, targetEnd), first + Math.max(now.count, target.count), total);
  return { first, count: last - first, after: total - last };
}
