import { describe, expect, it } from "vitest";

import { chainOf } from "../../src/base/chain";

const block = (hash: string, height: number | null, slot: number | null, canonical = true) => ({
  hash,
  height,
  slot,
  canonical,
});

describe("the last blocks", () => {
  it("stand by height, forks beside the best chain, with the slots that stayed empty", () => {
    const newest = [
      block("d", 4, 19),
      block("x", 3, 15, false),
      block("c", 3, 14),
      block("b", 2, 13),
      block("a", 1, 10),
    ];
    const chain = chainOf(newest, 3);
    expect(chain.map(({ height }) => height)).toEqual([2, 3, 4]);
    expect(chain.map(({ main }) => main.hash)).toEqual(["b", "c", "d"]);
    expect(chain.map(({ beside }) => beside.map(({ hash }) => hash))).toEqual([[], ["x"], []]);
    expect(chain.map(({ missed }) => missed)).toEqual([null, 0, 4]);
  });

  it("claim no empty slots where a height or a slot is not known", () => {
    const holes = [block("e", 9, 30), block("c", 7, null), block("b", 6, 20), block("a", 5, 25)];
    expect(chainOf(holes, 10).map(({ missed }) => missed)).toEqual([null, null, null, null]);
    expect(chainOf([block("u", null, 3), block("z", 0, 3)], 10)).toEqual([]);
  });
});
