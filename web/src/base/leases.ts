/** What leases mean: which process does what only one may do at a time. */

export interface Duty {
  /** What the holder does, before `subject`. */
  words: string;
  /** A node or a deployment; "" where it is about none. */
  subject: string;
  kind: "runs" | "node" | "fetcher" | "archive" | "other";
}

const KINDS: readonly (readonly [prefix: string, kind: Duty["kind"], words: string])[] = [
  ["node/", "node", "fetches"],
  ["log-fetcher/", "fetcher", "is a log fetcher"],
  ["archive/", "archive", "archives deployment"],
];

/** What the holder of the lease of a resource does. */
export function dutyOf(resource: string): Duty {
  if (resource === "experiment") return { words: "executes the runs", subject: "", kind: "runs" };
  for (const [prefix, kind, words] of KINDS) {
    if (!resource.startsWith(prefix)) continue;
    // Fetchers know each other by a number that says nothing to people.
    return { words, subject: kind === "fetcher" ? "" : resource.slice(prefix.length), kind };
  }
  return { words: "holds", subject: resource, kind: "other" };
}

/** A process as its connections are named: `loadlab log-fetcher 9f…` without the program. */
export function holderName(holder: string): string {
  return holder.replace(/^loadlab /, "");
}

/** How many nodes each process fetches, most first. */
export function fetchedBy(
  leases: readonly { resource: string; holder: string }[],
): { holder: string; nodes: number }[] {
  const counts = new Map<string, number>();
  for (const { resource, holder } of leases)
    if (dutyOf(resource).kind === "node") counts.set(holder, (counts.get(holder) ?? 0) + 1);
  return [...counts]
    .map(([holder, nodes]) => ({ holder, nodes }))
    .sort((a, b) => b.nodes - a.nodes || a.holder.localeCompare(b.holder));
}
