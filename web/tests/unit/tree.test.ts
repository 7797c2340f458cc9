import { describe, expect, test } from "vitest";

import { logBuckets } from "../../src/base/histogram";
import {
  between,
  cellAt,
  cellsOf,
  cellState,
  nextOutlier,
  pinnedFirst,
  prepare,
} from "../../src/base/matrix";
import {
  ancestors,
  branches,
  layOut,
  moved,
  ownRows,
  slowRows,
  visibleRows,
  zoomed,
  type Lane,
} from "../../src/base/tree";

/** Columns of rows: name, depth, start, total and own time in microseconds, lane. */
type Given = [
  name: number,
  depth: number,
  start: number,
  total: number,
  own: number,
  lane?: string,
];
const columns = (rows: readonly Given[], from = 0) => ({
  index: rows.map((_, row) => row + from),
  name: rows.map((row) => row[0]),
  depth: rows.map((row) => row[1]),
  start_us: rows.map((row) => row[2]),
  total_us: rows.map((row) => row[3]),
  own_us: rows.map((row) => row[4]),
  lane: rows.map((row) => row[5] ?? "M").join(""),
  usual: rows.map((_, row) => (row === 0 ? 2 : null)),
  has_metadata: rows.map((_, row) => (row === 1 ? "1" : "0")).join(""),
});
const S = 1e6;
const parts = {
  started: 100 * S,
  names: ["A", "A1", "A2", "A21", "B", "Z"],
  columns: columns([
    [0, 0, 0, 4 * S, S],
    [1, 1, 0.5 * S, S, S],
    [2, 1, 2 * S, 2 * S, 0.5 * S, "P"],
    [3, 2, 2 * S, 1.5 * S, 1.5 * S, "V"],
    [4, 0, 4 * S, Number.NaN, -1],
  ]),
  after_success: columns([[5, 0, 5 * S, 0.5 * S, 0.5 * S]], 5),
};

describe("the tree of a trace", () => {
  const tree = layOut(parts);

  test("is laid out depth first, from its first moment", () => {
    expect(tree.names).toEqual(["A", "A1", "A2", "A21", "B", "Z"]);
    expect(tree.depths).toEqual([0, 1, 1, 2, 0, 0]);
    expect(tree.starts).toEqual([0, 0.5, 2, 2, 4, 5]);
    expect(tree.ends).toEqual([4, 2, 4, 4, 5, 6]);
    expect(tree.parents).toEqual([-1, 0, 0, 2, -1, -1]);
    expect(tree.lanes).toEqual(["M", "M", "P", "V", "M", "A"]);
    expect(tree.usual).toEqual([2, null, null, null, null, 2]);
    expect(tree.hasMetadata[1]).toBe(true);
    expect(tree.length).toBe(5.5);
    expect(tree.begun).toBe(100);
  });

  test("own times add up to the total; what is not known stays so", () => {
    expect(tree.owns).toEqual([1, 1, 0.5, 1.5, null, 0.5]);
    expect(tree.totals[4]).toBe(null);
    const below = tree.owns.slice(0, 4).reduce<number>((sum, own) => sum + (own ?? 0), 0);
    expect(below).toBeCloseTo(tree.totals[0] ?? 0, 9);
  });

  test("is folded and filtered, by time and by lane", () => {
    expect([...branches(tree)]).toEqual([0, 2]);
    expect(visibleRows(tree, new Set())).toEqual([0, 4, 5]);
    expect(visibleRows(tree, new Set([0]))).toEqual([0, 1, 2, 4, 5]);
    expect(visibleRows(tree, new Set([0, 2]), { least: 1.2 })).toEqual([0, 2, 3, 4]);
    const lanes = (...shown: Lane[]) => ({ lanes: new Set(shown) });
    expect(visibleRows(tree, new Set([0]), lanes("M", "A"))).toEqual([0, 1, 4, 5]);
    // What is below a row of a hidden lane stands in its place.
    expect(visibleRows(tree, new Set([0]), lanes("V"))).toEqual([3]);
    expect(slowRows(tree, 0.3)).toEqual(new Set([0]));
    expect(ancestors(tree, 3)).toEqual([2, 0]);
  });

  test("is filtered by own time; what stands above stays, and what is not known", () => {
    const kept = ownRows(tree, 1.2);
    // A21 takes 1.5 s by itself; A2 and A stand above it; nothing is known of B.
    expect([...kept]).toEqual([1, 0, 1, 1, 1, 0]);
    expect(visibleRows(tree, new Set([0, 2]), { kept })).toEqual([0, 2, 3, 4]);
    expect(visibleRows(tree, new Set(), { kept })).toEqual([0, 4]);
  });

  test("a depth that leaves a step out, and a name that is not there, are no error", () => {
    const odd = layOut({
      ...parts,
      columns: columns([
        [9, 3, 0, S, S],
        [0, 7, 0, S, S],
      ]),
    });
    expect(odd.names[0]).toBe("?");
    expect(odd.depths).toEqual([0, 1, 0]);
  });

  test("is zoomed around a moment and moved within its ends", () => {
    expect(zoomed([0, 4], 4, 0.5, 1)).toEqual([0.5, 2.5]);
    expect(zoomed([0, 4], 4, 2)).toEqual([0, 4]);
    expect(zoomed([2, 4], 4, 0.5, 4)).toEqual([3, 4]);
    expect(moved([0, 1], 4, 9)).toEqual([3, 4]);
    expect(moved([1, 2], 4, -9)).toEqual([0, 1]);
  });

  test("nothing, and 50,000 rows, are laid out", () => {
    const nothing = { names: [], columns: columns([]), after_success: columns([]) };
    expect(layOut(nothing).length).toBe(0);
    const rows = Array.from({ length: 50_000 }, (_, row): Given => [0, 0, row, 1, 1]);
    const begin = performance.now();
    const many = layOut({ ...nothing, columns: columns(rows) });
    expect(visibleRows(many, new Set())).toHaveLength(50_000);
    expect(performance.now() - begin).toBeLessThan(2_000);
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
    expect(performance.now() - begin).toBeLessThan(2_000);
  });

  test("the next outlier is found column by column, around the end; the greatest without any", () => {
    const prepared = {
      breaks: [],
      steps: new Int8Array(6),
      far: Uint8Array.from([0, 1, 0, 1, 0, 0]),
    };
    const values = [1, 2, 3, 4, 6, 5];
    const next = (row: number, column: number, by: 1 | -1) =>
      nextOutlier(prepared, values, 3, { row, column }, by);
    expect(next(0, 0, 1)).toEqual({ row: 1, column: 0 });
    expect(next(1, 0, 1)).toEqual({ row: 0, column: 1 });
    expect(next(0, 1, 1)).toEqual({ row: 1, column: 0 });
    expect(next(1, 0, -1)).toEqual({ row: 0, column: 1 });
    const none = { ...prepared, far: new Uint8Array(6) };
    expect(nextOutlier(none, values, 3, { row: 0, column: 0 }, 1)).toEqual({ row: 1, column: 1 });
    const nothing = { ...none, steps: new Int8Array(6).fill(-1) };
    expect(nextOutlier(nothing, values, 3, { row: 0, column: 0 }, 1)).toBeUndefined();
  });

  test("rows that are held come first with their values and states", () => {
    const matrix = {
      ...{ nodes: ["a", "b", "c"], blocks: [0, 0] },
      ...{ values: [1, 2, 3, null, 5, 6], states: "vvvuvp" },
    };
    expect(pinnedFirst(matrix, ["gone"])).toBe(matrix);
    expect(pinnedFirst(matrix, ["c", "b"])).toEqual({
      ...{ nodes: ["c", "b", "a"], blocks: [0, 0] },
      ...{ values: [5, 6, 3, null, 1, 2], states: "vpvuvv" },
    });
  });

  test("chosen cells are listed row by row, as many as are wanted", () => {
    const chosen = { rows: new Set([4, 2]), columns: [1, 2] as const };
    expect(cellsOf(chosen, 3)).toEqual([
      { row: 2, column: 1 },
      { row: 2, column: 2 },
      { row: 4, column: 1 },
    ]);
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
