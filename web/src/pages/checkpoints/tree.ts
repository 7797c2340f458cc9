/** The rows as a tree: each checkpoint below the one that it is most often a part of. */
import type { CheckpointRow } from "../../api/shapes";

/** A row and how many of the rows above it it is a part of. */
export type TreeRow = CheckpointRow & { depth: number };

/**
 * The rows in the order of the tree. Parts of the same checkpoint keep the order of the rows, and so
 * do the groups of one name. A part of what is not among the rows stands at the top.
 */
export function treed(rows: readonly CheckpointRow[]): TreeRow[] {
  const byName = new Map<string, CheckpointRow[]>();
  for (const row of rows) {
    const same = byName.get(row.name);
    if (same) same.push(row);
    else byName.set(row.name, [row]);
  }
  const parts = new Map<string, string[]>();
  const tops: string[] = [];
  for (const [name, [first]] of byName) {
    const parent = first?.parent ?? null;
    if (parent === null || !byName.has(parent)) tops.push(name);
    else parts.set(parent, [...(parts.get(parent) ?? []), name]);
  }
  const made: TreeRow[] = [];
  const seen = new Set<string>();
  const add = (name: string, depth: number): void => {
    if (seen.has(name)) return;
    seen.add(name);
    for (const row of byName.get(name) ?? []) made.push({ ...row, depth });
    for (const part of parts.get(name) ?? []) add(part, depth + 1);
  };
  for (const name of tops) add(name, 0);
  // Those that are parts of each other have no top: the first of them is as good as any.
  for (const name of byName.keys()) add(name, 0);
  return made;
}
