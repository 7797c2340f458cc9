import { describe, expect, test } from "vitest";

import { areaOf, areaOver, areaSum } from "../../src/base/area";
import { layOut, type Lane, type Tree } from "../../src/base/tree";

const S = 1e6;
/** Name, depth, start, total and own seconds, lane. */
type Given = [
  name: string,
  depth: number,
  start: number,
  total: number,
  own: number,
  lane?: string,
];

function treeOf(rows: readonly Given[]): Tree {
  const names = [...new Set(rows.map((row) => row[0]))];
  const nothing = {
    ...{ index: [], name: [], depth: [], start_us: [], total_us: [], own_us: [] },
    ...{ lane: "", usual: [], has_metadata: "" },
  };
  return layOut({
    names,
    columns: {
      index: rows.map((_, row) => row),
      name: rows.map((row) => names.indexOf(row[0])),
      depth: rows.map((row) => row[1]),
      start_us: rows.map((row) => row[2] * S),
      total_us: rows.map((row) => row[3] * S),
      own_us: rows.map((row) => row[4] * S),
      lane: rows.map((row) => row[5] ?? "M").join(""),
      usual: rows.map(() => null),
      has_metadata: rows.map(() => "0").join(""),
    },
    after_success: nothing,
  });
}
const ALL = new Set<Lane>(["M", "P", "V", "A"]);
const tree = treeOf([
  ["Whole", 0, 0, 10, 3],
  ["Step", 1, 1, 2, 2],
  ["Step", 1, 4, 4, 1, "V"],
  ["Part", 2, 5, 3, 3],
  ["Next", 0, 10, 2, 2],
]);

describe("what is in a stretch of time", () => {
  test("is the whole trace, with its own times", () => {
    const sum = areaSum(tree, [0, 12], ALL);
    expect(sum.calls).toBe(5);
    expect(sum.own_s).toBeCloseTo(11, 9);
    const step = sum.rows.find((row) => row.name === "Step");
    expect(step).toMatchObject({ calls: 2, total_s: 6, own_s: 3, mean_s: 3, min_s: 2, max_s: 4 });
    // The most own time first.
    expect(sum.rows.map((row) => row.own_s)).toEqual([3, 3, 3, 2]);
  });

  test("is cut at its ends; own times add up to the time that is covered", () => {
    const sum = areaSum(tree, [6, 11], ALL);
    expect(sum.calls).toBe(4);
    expect(sum.own_s).toBeCloseTo(5, 9);
    const of = (name: string) => sum.rows.find((row) => row.name === name);
    expect(of("Part")).toMatchObject({ total_s: 2, own_s: 2, max_s: 3 });
    expect(of("Step")).toMatchObject({ calls: 1, total_s: 2, own_s: 0, mean_s: 4 });
    expect(of("Whole")).toMatchObject({ total_s: 4, own_s: 2 });
    expect(of("Next")).toMatchObject({ total_s: 1, own_s: 1 });
  });

  test("is of the lanes that are shown", () => {
    const sum = areaSum(tree, [0, 12], new Set<Lane>(["V"]));
    expect(sum.rows).toMatchObject([{ name: "Step", calls: 1, own_s: 1 }]);
  });

  test("says what is not known instead of leaving it out", () => {
    const odd = treeOf([
      ["A", 0, 0, 2, -1],
      ["B", 0, 1, Number.NaN, 0],
      ["C", 0, 9, Number.NaN, 0],
      ["D", 0, 3, 0, 0],
    ]);
    const sum = areaSum(odd, [0, 4], ALL);
    expect([sum.own_s, sum.unknown, sum.calls]).toEqual([null, 1, 2]);
    expect(sum.rows[0]).toMatchObject({ name: "A", own_s: null });
    expect(areaSum(odd, [20, 21], ALL)).toEqual({ rows: [], calls: 0, own_s: 0, unknown: 2 });
  });

  test("is that of a row, or reaches over two", () => {
    expect(areaOf(tree, 2)).toEqual([4, 8]);
    expect(areaOf(treeOf([["B", 0, 1, Number.NaN, 0]]), 0)).toBe(undefined);
    expect(areaOver([1, 3], [2, 8])).toEqual([1, 8]);
  });

  test("50,000 rows are added up at once", () => {
    const rows = Array.from({ length: 50_000 }, (_, row): Given => ["A", 0, row, 1, 1]);
    const many = treeOf(rows);
    const begin = performance.now();
    expect(areaSum(many, [10, 49_990], ALL).calls).toBe(49_980);
    expect(performance.now() - begin).toBeLessThan(2_000);
  });
});
