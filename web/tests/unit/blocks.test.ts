import { describe, expect, test } from "vitest";

import { contained } from "../../src/base/blockContent";
import { change } from "../../src/base/change";
import { orderedBy } from "../../src/base/ordered";
import { othersOf } from "../../src/base/others";
import { lagSpan, propagation, reachedBy } from "../../src/base/propagation";
import { against, otherSide, wordsOf } from "../../src/pages/checkpoints/against";

describe("how a block went through the network", () => {
  const receipt = (node: string, source: string, lag_s: number | null, clock_suspect = false) => ({
    ...{ node, source, lag_s, clock_suspect },
  });

  test("each node counts once, by the way in which it got the block", () => {
    const found = propagation([
      receipt("a", "Internal", null),
      receipt("b", "External", 0),
      receipt("c", "External", 0.4),
      receipt("c", "Catchup", 9),
      receipt("d", "Catchup", 7),
      receipt("e", "External", 0.2),
      receipt("f", "External", 0.1, true),
      receipt("g", "External", null),
      receipt("h", "External", -1),
    ]);
    expect(found).toEqual({
      curves: [
        { source: "External", lags: [0, 0.2, 0.4] },
        { source: "Catchup", lags: [7] },
      ],
      ...{ nodes: 4, made: 1, wrongClock: 1, unknown: 2 },
    });
    expect(lagSpan(found.curves)).toEqual([0.2, 7]);
    expect([0.5, 0.95, 1].map((part) => reachedBy([0, 0.2, 0.4], part))).toEqual([0.2, 0.4, 0.4]);
  });

  test("of nothing there is no curve, and one lag has an axis", () => {
    expect(propagation([]).curves).toEqual([]);
    expect(reachedBy([], 0.5)).toBe(null);
    expect(lagSpan([])).toEqual([0.001, 1]);
    expect(lagSpan([{ source: "External", lags: [0, 2] }])).toEqual([0.2, 2]);
  });
});

describe("what a block holds", () => {
  test("is what its metadata name, without what the protocol pays", () => {
    expect(
      contained({
        transactions: [
          ["coinbase", "720", ["Applied"]],
          ["payment", "5Ja", "m-0-0-1", ["Applied"]],
          ["zkapp:2:1", "5Jb", null, ["Failed", [[["Overflow"]], [["Cancelled"]]]]],
          ["payment", "5Jc"],
          "nonsense",
          [7],
        ],
      }),
    ).toEqual([
      { kind: "payment", hash: "5Ja", memo: "m-0-0-1", result: "Applied", reason: null },
      { kind: "zkapp", hash: "5Jb", memo: "", result: "Failed", reason: "Overflow, Cancelled" },
      { kind: "payment", hash: "5Jc", memo: "", result: null, reason: null },
    ]);
  });

  test("is not known where the metadata name none", () => {
    expect(contained({})).toBe(null);
    expect(contained({ transactions: [] })).toEqual([]);
  });
});

describe("a node among others", () => {
  const node = (name: string, p50_s: number | null) => ({ node: name, calls: 1, p50_s });

  test("few are all named, the slowest first, without the node itself", () => {
    const found = othersOf([node("a", 1), node("me", 9), node("b", 3), node("c", null)], "me", 2);
    expect(found.rows.map((row) => [row.node, row.kind])).toEqual([
      ["b", ""],
      ["a", ""],
    ]);
    expect([found.count, found.faster, found.median_s]).toEqual([2, 1, 1]);
  });

  test("of many the slowest and those about the middle are", () => {
    const nodes = Array.from({ length: 40 }, (_, at) => node(`n${at}`, at + 1));
    const { rows, median_s, count, faster } = othersOf(nodes, "me", null);
    expect(rows.filter((row) => row.kind === "slowest").map((row) => row.seconds)).toEqual([
      40, 39, 38, 37, 36,
    ]);
    expect(rows.filter((row) => row.kind === "typical").map((row) => row.seconds)).toEqual([
      22, 21, 20, 19, 18,
    ]);
    expect([median_s, count, faster]).toEqual([20, 40, 0]);
  });

  test("nobody else is nobody", () => {
    expect(othersOf([node("me", 1)], "me", 1)).toEqual({
      ...{ rows: [], median_s: null, count: 0, faster: 0 },
    });
  });
});

test("rows are ordered by a value; what is not known comes last both ways", () => {
  const rows = [{ a: 2 }, { a: null }, { a: 1 }, { a: undefined }];
  expect(orderedBy(rows, (row) => row.a, "asc").map((row) => row.a)).toEqual([
    1,
    2,
    null,
    undefined,
  ]);
  expect(orderedBy(rows, (row) => row.a, "desc").map((row) => row.a)).toEqual([
    2,
    1,
    null,
    undefined,
  ]);
});

test("a change has its sign and its mark, and none is made up", () => {
  expect(change(1.24, 1)).toBe("▲ +24.0\u202f%");
  expect(change(0.919, 1)).toBe("▼ −8.1\u202f%");
  expect(change(31, 1)).toBe("▲ 31×");
  expect(change(1.0001, 1)).toBe("±0");
  expect(change(0, 0)).toBe("±0");
  expect(change(1, 0)).toBe("–");
  expect(change(null, 1)).toBe("?");
  expect(change(1, undefined)).toBe("?");
  expect(change(-1, 1)).toBe("?");
});

describe("what checkpoints are held against", () => {
  test("stands in the address", () => {
    for (const text of ["d6", "x:ramp-3", "x:a b%2F#ü", "all"]) {
      const value = against.parse(text);
      expect(value && against.write(value)).toBe(text);
    }
    for (const text of ["", "d", "d-1", "x:", "everything"])
      expect(against.parse(text)).toBe(undefined);
    expect(wordsOf({ kind: "deployment", id: 6 })).toBe("d6");
    expect(wordsOf({ kind: "run", name: "ramp" })).toBe("ramp");
  });

  test("is asked for in its own time, by the same names", () => {
    const own = { deployment: "7", from: 1, until: 2, run: "a", round: 1, nodes: "n1", q: "x" };
    expect(otherSide({ kind: "deployment", id: 6 }, own)).toEqual({
      ...{ deployment: 6, nodes: "n1", q: "x" },
    });
    expect(otherSide({ kind: "run", name: "b" }, own)).toEqual({ run: "b", nodes: "n1", q: "x" });
    expect(otherSide({ kind: "all" }, own)).toEqual({
      ...{ deployment: "7", from: 1, until: 2, run: "a", round: 1, q: "x" },
    });
  });
});
