/** The list of checkpoints: as a tree, and the groups of one as small charts. */
import { describe, expect, test } from "vitest";

import type { CheckpointRow } from "../../src/api/shapes";
import { boundBuckets, heldSpan } from "../../src/base/histogram";
import {
  axisOf,
  mostCalled,
  multiplesOf,
  p95Between,
  tallestShare,
} from "../../src/pages/checkpoints/multiples";
import { treed } from "../../src/pages/checkpoints/tree";

function row(
  name: string,
  { parent = null, group = null, buckets = [1] }: Partial<CheckpointRow> = {},
): CheckpointRow {
  const calls = buckets.reduce((sum, count) => sum + count, 0);
  return { ...{ name, parent, group, buckets, calls }, total_s: 1, p95_s: 0.5, max_s: 1 };
}

describe("the tree", () => {
  const outline = (rows: readonly CheckpointRow[]): string =>
    treed(rows)
      .map(({ name, group, depth }) => "  ".repeat(depth) + name + (group ?? ""))
      .join("\n");

  test("has parts below what they are parts of, in the order of the rows", () => {
    const rows = [
      row("slow part", { parent: "b" }),
      row("a"),
      row("b"),
      row("fast part", { parent: "b" }),
      row("within", { parent: "slow part" }),
    ];
    expect(outline(rows)).toBe("a\nb\n  slow part\n    within\n  fast part");
    expect(outline([...rows].reverse())).toBe("b\n  fast part\n  slow part\n    within\na");
  });

  test("keeps the groups of a name together", () => {
    const rows = [
      row("part", { parent: "a", group: "1" }),
      row("a", { group: "1" }),
      row("part", { parent: "a", group: "2" }),
      row("a", { group: "2" }),
    ];
    expect(outline(rows)).toBe("a1\na2\n  part1\n  part2");
  });

  test("loses no row: not what is a part of something else, nor what is a part of itself", () => {
    expect(outline([row("part", { parent: "elsewhere" }), row("a")])).toBe("part\na");
    expect(outline([row("a", { parent: "a" })])).toBe("a");
    expect(outline([row("a", { parent: "b" }), row("b", { parent: "a" }), row("c")])).toBe(
      "c\na\n  b",
    );
    expect(treed([])).toEqual([]);
  });
});

describe("small charts of groups", () => {
  const nodes = (count: number): CheckpointRow[] =>
    Array.from({ length: count }, (_, at) => row("a", { group: `n${at}`, buckets: [at + 1, 1] }));

  test("are the nodes with the most calls, and the others as one", () => {
    const made = multiplesOf(nodes(10), "node");
    expect(made.map(({ key }) => key)).toEqual([
      ...["n9", "n8", "n7", "n6", "n5", "n4", "n3", "n2"],
      undefined,
    ]);
    expect(made.at(-1)).toEqual({
      ...{ key: undefined, groups: 2, calls: 5, buckets: [3, 2], p95_s: null },
    });
    expect(multiplesOf(nodes(8), "node")).toHaveLength(8);
    expect(multiplesOf([], "node")).toEqual([]);
  });

  test("stand in the order of rounds; what is in none comes last", () => {
    const rounds = ["10", null, "9", "0"].map((group) => row("a", { group }));
    expect(multiplesOf(rounds, "round").map(({ key }) => key)).toEqual(["0", "9", "10", null]);
  });

  test("have the rest of the whole as others, where not all rows are there", () => {
    const by_node = Array.from({ length: 1000 }, (_, at) => ({
      ...{ node: `n${at}`, calls: at < 9 ? 3 : 2 },
    }));
    expect(mostCalled(by_node)).toEqual(["n0", "n1", "n2", "n3", "n4", "n5", "n6", "n7"]);
    const rows = mostCalled(by_node).map((group) => row("a", { group, buckets: [2, 1] }));
    const whole = { buckets: [1009, 1000], by_node };
    const others = multiplesOf(rows, "node", whole).at(-1);
    expect(others).toMatchObject({ groups: 992, calls: 1985, buckets: [993, 992] });
    // The whole may be older than the rows: nothing is less than none.
    const older = { ...whole, buckets: [10, 1000] };
    expect(multiplesOf(rows, "node", older).at(-1)?.buckets).toEqual([0, 992]);
  });

  test("say the bucket of a percentile of several groups, which is no value", () => {
    const bounds = [1, 10];
    expect(p95Between(bounds, [95, 5, 0])).toEqual([0, 1]);
    expect(p95Between(bounds, [94, 6, 0])).toEqual([1, 10]);
    expect(p95Between(bounds, [0, 0, 1])).toEqual([10, null]);
    expect(p95Between(bounds, [0, 0, 0])).toBe(null);
  });

  test("share both axes", () => {
    const lists = [
      [0, 1, 0, 0, 0],
      [0, 0, 0, 3, 0],
    ];
    expect(heldSpan(lists)).toEqual([1, 3]);
    const [first, second] = lists.map((counts) =>
      boundBuckets([1, 10, 100, 1000], counts, heldSpan(lists)),
    );
    expect(first?.map(({ count }) => count)).toEqual([1, 0, 0]);
    expect(first?.map(({ from }) => from)).toEqual(second?.map(({ from }) => from));
    expect(boundBuckets([1], [0, 0], heldSpan([]))).toEqual([]);
    const charts = multiplesOf([row("a", { group: "n", buckets: [1, 3] })], "node");
    expect(tallestShare(charts)).toBe(0.75);
    expect(tallestShare([])).toBe(0);
  });

  test("have an axis of about a decade at least, so that it has labels", () => {
    const axis = (buckets: number[]) => axisOf(multiplesOf([row("a", { buckets })], "round"));
    expect(axis([0, 0, 0, 5, 0, 0, 0, 0])).toEqual([1, 5]);
    expect(axis([5, 0, 0, 0, 0, 0])).toEqual([0, 2]);
    expect(axis([0, 0, 0, 0, 0, 5])).toEqual([3, 5]);
    expect(axis([0, 1, 1, 1, 1, 0])).toEqual([1, 4]);
    expect(axis([0, 1])).toEqual([0, 1]);
    expect(axis([0, 0])).toEqual([Infinity, -1]);
    expect(axisOf([])).toEqual([Infinity, -1]);
  });
});
