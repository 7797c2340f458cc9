/** A node among others, by how long they took. */

/** A node and its time; null where it is not known. */
export interface Timed {
  node: string;
  calls: number;
  p50_s?: number | null;
}

export interface Other {
  node: string;
  calls: number;
  seconds: number;
  /** Among the slowest, or among those about the middle; neither where all are named. */
  kind: "slowest" | "typical" | "";
}

export interface Others {
  rows: Other[];
  /** The middle of all other nodes; null if there is none. */
  median_s: number | null;
  /** How many other nodes there are, and how many of them took less. */
  count: number;
  faster: number;
}

/** So many of the slowest, and of those about the middle. */
const FEW = 5;

/** The slowest and the typical ones of the other nodes, the slowest first. */
export function othersOf(nodes: readonly Timed[], node: string, seconds: number | null): Others {
  const known = nodes
    .flatMap((each): Other[] =>
      each.node === node || typeof each.p50_s !== "number"
        ? []
        : [{ node: each.node, calls: each.calls, seconds: each.p50_s, kind: "" }],
    )
    .sort((a, b) => b.seconds - a.seconds || (a.node < b.node ? -1 : 1));
  const count = known.length;
  const median_s = known[Math.floor(count / 2)]?.seconds ?? null;
  const faster = seconds === null ? 0 : known.filter((each) => each.seconds < seconds).length;
  if (count <= 2 * FEW || median_s === null) return { rows: known, median_s, count, faster };
  const slowest = known.slice(0, FEW).map((each) => ({ ...each, kind: "slowest" as const }));
  const typical = known
    .slice(FEW)
    .map((each) => ({ each, far: Math.abs(each.seconds - median_s) }))
    .sort((a, b) => a.far - b.far)
    .slice(0, FEW)
    .map(({ each }) => ({ ...each, kind: "typical" as const }))
    .sort((a, b) => b.seconds - a.seconds);
  return { rows: [...slowest, ...typical], median_s, count, faster };
}
