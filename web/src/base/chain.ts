/** The last blocks as a chain: the heights in order, what stands beside the best chain, empty slots. */

import { finite } from "./formats";

/** What is looked at of a block. */
export interface ChainBlock {
  hash: string;
  height?: number | null;
  slot?: number | null;
  canonical?: boolean | null;
}

/** All blocks of one height. */
export interface Link<Block extends ChainBlock> {
  height: number;
  /** The one on the best chain, or the first where that is not decided. */
  main: Block;
  /** The others of this height. */
  beside: Block[];
  /** Slots without a block since the height before; null where slots or that height are not known. */
  missed: number | null;
}

/** Blocks of the newest `most` heights, ascending. A block without a height has no place in it. */
export function chainOf<Block extends ChainBlock>(
  blocks: readonly Block[],
  most: number,
): Link<Block>[] {
  const byHeight = new Map<number, Block[]>();
  for (const block of blocks) {
    const height = finite(block.height);
    if (height === null || height <= 0) continue;
    byHeight.set(height, [...(byHeight.get(height) ?? []), block]);
  }
  const heights = [...byHeight.keys()].sort((a, b) => a - b).slice(-most);
  const made: Link<Block>[] = [];
  for (const height of heights) {
    const all = byHeight.get(height) ?? [];
    const main = all.find(({ canonical }) => canonical === true) ?? all[0];
    if (main === undefined) continue;
    const before = made.at(-1);
    const isNext = before?.height === height - 1;
    const [slot, last] = [finite(main.slot), finite(before?.main.slot)];
    const missed = isNext && slot !== null && last !== null && slot > last ? slot - last - 1 : null;
    made.push({ height, main, beside: all.filter((block) => block !== main), missed });
  }
  return made;
}
