import { describe, expect, test } from "vitest";

import { logBuckets } from "../../src/base/histogram";
import { between, cellAt, cellState, prepare } from "../../src/base/matrix";
import { ancestors, branches, layOut, slowRows, visibleRows } from "../../src/base/tree";

const leaf = (checkpoint: string, started_at: number, duration: number) => ({
  checkpoint,
  started_at,
  duration,
  metadata: null,
  checkpoints: [],
});
const sections = [
  {
    title: "External",
    checkpoints: [
      {
        ...leaf("A", 100, 4),
        checkpoints: [
          leaf("A1", 100.5, 1),
          { ...leaf("A2", 102, 2), checkpoints: [leaf("A21", 102, 1.5)] },
        ],
      },
      leaf("B", 104, Number.NaN),
    ],
  },
];

describe("the tree of a trace", () => {
  const tree = layOut(sections);

  test("is laid out depth first, from its first moment", () => {
    expect(tree.names).toEqual(["A", "A1", "A2", "A21", "B"]);
    expect(tree.depths).toEqual([0, 1, 1, 2, 0]);
    expect(tree.starts).toEqual([0, 0.5, 2, 2, 4]);
    expect(tree.ends).toEqual([4, 2, 4, 4, 5]);
    expect(tree.length).toBe(4);
    expect(tree.begun).toBe(100);
  });

  test("own times add up to the total; what is not known stays so", () => {
    expect(tree.owns).toEqual([1, 1, 0.5, 1.5, null]);
    const below = tree.owns.slice(0, 4).reduce<number>((sum, own) => sum + (own ?? 0), 0);
    expect(below).toBeCloseTo(tree.totals[0] ?? 0, 9);
  });

  test("is folded and filtered", () => {
    expect([...branches(tree)]).toEqual([0, 2]);
    expect(visibleRows(tree, new Set())).toEqual([0, 4]);
    expect(visibleRows(tree, new Set([0]))).toEqual([0, 1, 2, 4]);
    expect(visibleRows(tree, new Set([0, 2]), 1.2)).toEqual([0, 2, 3, 4]);
    expect(slowRows(tree, 0.4)).toEqual(new Set([0]));
    expect(ancestors(tree, 3)).toEqual([2, 0]);
  });

  test("nothing, and 50,000 rows, are laid out", () => {
    expect(layOut([]).length).toBe(0);
    const many = layOut([
      {
        title: "x",
        checkpoints: Array.from({ length: 50_000 }, (_, index) => leaf("C", index, 1)),
      },
    ]);
    const begin = performance.now();
    expect(visibleRows(many, new Set(), 0)).toHaveLength(50_000);
    expect(performance.now() - begin).toBeLessThan(200);
  });
});

describe("the matrix", () => {
  test("cells have states and steps; outliers are those of a block", () => {
    expect(cellState("v", 1)).toBe("value");
    expect(cellState("v", null)).toBe("produced");
    expect(cellState("?", null)).toBe("unknown");
    expect([...prepare([1, null, 3, Number.NaN], "vuvv", 4).steps]).toEqual([4, -1, 8, -1]);
    const values = [1, 1.1, 1.2, 1, 1.1, 1.2, 1.3, 1, 1.1, 50];
    const { far } = prepare(values, "vvvvvvvvvv", 1);
    expect([...far]).toEqual([0, 0, 0, 0, 0, 0, 0, 0, 0, 1]);
    expect([...prepare([1, 2, 3], "vvv", 1).far]).toEqual([0, 0, 0]);
    // What lost entries overlap is no measurement, whatever the service says of it.
    expect([...prepare(values, "vvvvvvvvvu", 1).far]).toEqual(Array(10).fill(0));
  });

  test("1,000 nodes by 200 blocks are prepared at once", () => {
    const values = Array.from({ length: 200_000 }, (_, index) => (index * 7919) % 1009);
    const begin = performance.now();
    prepare(values, "v".repeat(200_000), 200);
    expect(performance.now() - begin).toBeLessThan(400);
  });

  test("an area lies between two cells", () => {
    expect(between({ row: 3, column: 1 }, { row: 1, column: 4 })).toEqual({
      rows: [1, 3],
      columns: [1, 4],
    });
  });

  test("a place is a cell or none", () => {
    expect(cellAt(15, 25, 10, 10, 3, 3)).toEqual({ row: 2, column: 1 });
    expect(cellAt(29.9, 29.9, 10, 10, 3, 3)).toEqual({ row: 2, column: 2 });
    for (const [x, y] of [
      [-1, 0],
      [0, -1],
      [30, 0],
      [0, 30],
    ] as const)
      expect(cellAt(x, y, 10, 10, 3, 3)).toBeNull();
  });
});

test("a histogram counts each known value once", () => {
  const buckets = logBuckets([1, 1.01, 10, null, Number.NaN, 0, -1]);
  expect(buckets.reduce((sum, bucket) => sum + bucket.count, 0)).toBe(3);
  expect(buckets[0]?.from).toBeCloseTo(1);
  expect(logBuckets([])).toEqual([]);
});
