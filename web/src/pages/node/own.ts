/** What one node measured of blocks. */

import type { Matrix } from "../../api/shapes";
import { finite } from "../../base/formats";
import { cellState, type CellState } from "../../base/matrix";

export interface OwnCell {
  state: CellState;
  value: number | null;
}
/** Cells by the hash of the block. */
export type OwnCells = ReadonlyMap<string, OwnCell>;

/** The cells of one node, by block, of a matrix of one or several. */
export function ownCells(matrix: Matrix | undefined, node: string): OwnCells {
  const row = matrix?.nodes.indexOf(node) ?? -1;
  if (!matrix || row < 0) return new Map();
  const width = matrix.blocks.length;
  return new Map(
    matrix.blocks.map(({ hash }, column) => {
      const at = row * width + column;
      const value = finite(matrix.values[at]);
      return [hash, { state: cellState(matrix.states[at], value), value }] as const;
    }),
  );
}

/** How the trace of a block ended, by its cell; the words of a trace where there is one. */
export const STATUS: Readonly<Record<CellState, string>> = {
  value: "success",
  produced: "success",
  pending: "pending",
  failure: "failure",
  unseen: "not seen",
  unknown: "unknown",
  unmeasured: "not measured",
};
