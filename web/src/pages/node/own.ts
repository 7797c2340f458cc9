/** What one node measured of blocks. */

import type { Matrix } from "../../api/shapes";

/** Seconds by the hash of the block. */
export type OwnTimes = ReadonlyMap<string, number>;

/** The values of a matrix of one node, by block; of several, those of the node wanted. */
export function ownTimes(matrix: Matrix | undefined, node: string): OwnTimes {
  const row = matrix?.nodes.indexOf(node) ?? -1;
  if (!matrix || row < 0) return new Map();
  const width = matrix.blocks.length;
  return new Map(
    matrix.blocks.flatMap(({ hash }, column) => {
      const value = matrix.values[row * width + column];
      return typeof value === "number" && Number.isFinite(value) ? [[hash, value] as const] : [];
    }),
  );
}
