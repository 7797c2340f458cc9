/** How a block went through the network: which part of the nodes had it after how long. */

export interface Receipt {
  node: string;
  source: string;
  /** Seconds after the fastest node; null where that does not apply or is not known. */
  lag_s: number | null;
  clock_suspect: boolean;
}

/** One line: the lags of the nodes that got the block in one way, ascending. */
export interface Curve {
  source: string;
  lags: number[];
}

export interface Propagation {
  /** One for each way, the one with the most nodes first. */
  curves: Curve[];
  /** Nodes on all lines: the whole of which lines show parts. */
  nodes: number;
  /** Nodes on none: those that made the block, have a wrong clock, or nothing is known of. */
  made: number;
  wrongClock: number;
  unknown: number;
}

/** Ways in which a node makes a block itself. */
const OWN = "Internal";

/** Each node counts once, with the first time that it got the block. */
export function propagation(receipts: readonly Receipt[]): Propagation {
  const first = new Map<string, Receipt>();
  for (const receipt of receipts) {
    const before = first.get(receipt.node);
    if (!before || (receipt.lag_s ?? Infinity) < (before.lag_s ?? Infinity))
      first.set(receipt.node, receipt);
  }
  const found: Propagation = { curves: [], nodes: 0, made: 0, wrongClock: 0, unknown: 0 };
  const bySource = new Map<string, number[]>();
  for (const { source, lag_s, clock_suspect } of first.values()) {
    if (clock_suspect) found.wrongClock += 1;
    else if (lag_s === null || !Number.isFinite(lag_s) || lag_s < 0) {
      if (source === OWN) found.made += 1;
      else found.unknown += 1;
    } else {
      found.nodes += 1;
      const lags = bySource.get(source) ?? [];
      lags.push(lag_s);
      bySource.set(source, lags);
    }
  }
  found.curves = [...bySource]
    .map(([source, lags]) => ({ source, lags: lags.sort((a, b) => a - b) }))
    .sort((a, b) => b.lags.length - a.lags.length || (a.source < b.source ? -1 : 1));
  return found;
}

/** The time by which a part (0 to 1) of some nodes had it; lags are ascending. */
export function reachedBy(lags: readonly number[], part: number): number | null {
  return lags[Math.max(0, Math.ceil(lags.length * part) - 1)] ?? null;
}

/** The ends of a logarithmic axis over all lags; zero, which has no logarithm, is at its beginning. */
export function lagSpan(curves: readonly Curve[]): [from: number, until: number] {
  const known = curves.flatMap((curve) => curve.lags).filter((lag) => lag > 0);
  const from = known.reduce((least, lag) => Math.min(least, lag), Infinity);
  const until = known.reduce((most, lag) => Math.max(most, lag), 0);
  if (until === 0) return [0.001, 1];
  return until > from ? [from, until] : [from / 10, until];
}
