import { describe, expect, test } from "vitest";

import { kindOf, readError } from "../../src/api/errors";
import { csv } from "../../src/base/csv";
import { fuzzy } from "../../src/base/fuzzy";
import { Ring } from "../../src/base/ring";
import { chosenNodes, marked, NODES_MAX } from "../../src/base/selection";
import { quantileBreaks, STEPS, stepOf, ticks, ticksBy } from "../../src/base/scales";
import { kindOfState, stateLabel } from "../../src/base/states";
import { sparkOf } from "../../src/base/spark";
import { towards, windowOf, type Seen } from "../../src/base/window";

describe("base", () => {
  test("steps of axes are easy to count with, and ascend", () => {
    for (const steps of Object.values(STEPS))
      expect([...steps].sort((a, b) => a - b)).toEqual([...steps]);
    expect(STEPS.whole.every(Number.isInteger)).toBe(true);
    expect(STEPS.duration).toContain(900);
    expect(STEPS.duration).not.toContain(1000);
  });

  test("what is chosen has its place in a matrix, and nodes are named as far as they can be", () => {
    const nodes = ["a", "b", "c"];
    const one = { from: 5, until: 6, nodes: ["c"] };
    expect(marked(one, nodes, [4, 5, null, 6, 7])).toEqual({
      rows: new Set([2]),
      columns: [1, 3],
    });
    expect(marked({ ...one, nodes: [] }, nodes, [6])?.rows.size).toBe(3);
    expect(marked(one, nodes, [null, 8])).toBeNull();
    expect(marked(undefined, nodes, [5])).toBeNull();
    expect(chosenNodes(nodes, [1, 2])).toEqual({ nodes: ["b", "c"], areTooMany: false });
    expect(chosenNodes(nodes, [0, 2])).toEqual({ nodes: [], areTooMany: false });
    const many = Array.from({ length: NODES_MAX + 2 }, (_, at) => `n${at}`);
    expect(chosenNodes(many, [0, NODES_MAX])).toEqual({ nodes: [], areTooMany: true });
  });

  test("a list shows the rows that are seen, and some more", () => {
    expect(windowOf(0, 100, 10, 1000, 2)).toEqual({ first: 0, count: 15, after: 985 });
    expect(windowOf(500, 100, 10, 1000, 2)).toEqual({ first: 48, count: 15, after: 937 });
    expect(windowOf(507, 100, 10, 1000, 2)).toEqual({ first: 48, count: 15, after: 937 });
    expect(windowOf(99_999, 100, 10, 1000, 2)).toEqual({ first: 999, count: 1, after: 0 });
    expect(windowOf(0, 100, 10, 0, 2)).toEqual({ first: 0, count: 0, after: 0 });
  });

  test("a list moves on by a few rows a frame, and is far away at once", () => {
    const at = (first: number, count = 15, total = 1000): Seen => ({
      first,
      count,
      after: total - first - count,
    });
    expect(towards(at(0), at(3), 5)).toEqual(at(3));
    expect(towards(at(0), at(9), 5)).toEqual(at(5));
    expect(towards(at(20), at(9), 5)).toEqual(at(15));
    expect(towards(at(0), at(15), 5)).toEqual(at(15));
    expect(towards(at(500), at(0), 5)).toEqual(at(0));
    // Nothing moves but what is gone.
    expect(towards(at(0), at(9), 0)).toEqual(at(0));
    expect(towards(at(80), at(72, 15, 87), 0)).toEqual(at(80, 7, 87));
    // Towards the end there are fewer rows, and rows that are not seen any more go at once.
    expect(towards(at(984), at(997, 3), 5)).toEqual(at(989, 11));
    expect(towards(at(990, 10), at(980), 5)).toEqual(at(985, 10));
    expect(towards(at(0, 0, 0), at(0), 5)).toEqual(at(0));
    expect(towards(at(0), at(0, 0, 0), 5)).toEqual(at(0, 0, 0));
    // Step by step, every window is reached, with no more rows than it has.
    for (const goal of [at(0), at(7), at(11), at(999, 1), at(985)]) {
      let now = at(6);
      for (let step = 0; step < 4; step += 1) {
        now = towards(now, goal, 5);
        expect(now.count).toBeLessThanOrEqual(15);
        expect(now.first + now.count + now.after).toBe(1000);
      }
      expect(now).toEqual(goal);
    }
  });

  test("a small line breaks where a value is not known or cannot be", () => {
    const point = (at: number, y: number): string => `${100 * at + 50} ${y}`;
    const { line, gaps } = sparkOf([0, 2, null, 4, Number.NaN, -1, 1, 3], 800, 200);
    const [a, b, c, d] = [point(0, 180), point(1, 100), point(6, 140), point(7, 60)];
    expect(line).toBe(`M${a}L${b}M${point(3, 20)}M${c}L${d}`);
    expect(gaps).toBe("M200 170h95v20h-95z");
    expect(sparkOf([null, 1, null], 300, 200).line).toBe("M150 20h5");
    expect(sparkOf([], 300, 200)).toEqual({ line: "", gaps: "" });
    expect(sparkOf([0, Infinity], 200, 200).line).toBe("M50 180");
  });

  test("rows become CSV that no spreadsheet executes", () => {
    const rows = [
      { a: 1, b: 'say "no"' },
      { a: null, c: "=1+1" },
      { a: "x,y", c: [1, 2] },
    ];
    expect(csv(rows)).toBe('a,b,c\r\n1,"say ""no""",\r\n,,\'=1+1\r\n"x,y",,"[1,2]"\r\n');
    expect(csv([{ a: -1 }])).toBe("a\r\n-1\r\n");
    expect(csv([])).toBe("\r\n");
  });

  test("letters in order are enough to find something", () => {
    expect(fuzzy("ovw", "Overview")).toBe(true);
    expect(fuzzy("l cycle", "Lab: cycle")).toBe(true);
    expect(fuzzy("wo", "Overview")).toBe(false);
    expect(fuzzy("", "anything")).toBe(true);
  });

  test("a ring keeps the newest", () => {
    const ring = new Ring<number>(10);
    for (let number = 0; number < 100; number += 1) ring.push(number);
    expect(ring.items()).toEqual([90, 91, 92, 93, 94, 95, 96, 97, 98, 99]);
    expect(ring.last).toBe(99);
    expect(new Ring(1).last).toBeUndefined();
  });

  test("values fall into nine steps of equal size", () => {
    const values = Array.from({ length: 90 }, (_, index) => index);
    const breaks = quantileBreaks([...values, null, Number.NaN]);
    expect(breaks).toHaveLength(8);
    expect(stepOf(-1, breaks)).toBe(0);
    expect(stepOf(89, breaks)).toBe(8);
    const sizes = Array<number>(9).fill(0);
    for (const value of values)
      sizes[stepOf(value, breaks)] = (sizes[stepOf(value, breaks)] ?? 0) + 1;
    expect(sizes).toEqual(Array(9).fill(10));
    expect(quantileBreaks([])).toEqual([]);
    // Of very many, a sample decides: as good as all of them for nine colours.
    const many = Array.from({ length: 200_000 }, (_, index) => (index * 7919) % 200_000);
    quantileBreaks(many).forEach((bound, step) => {
      const exact = ((step + 1) * 200_000) / 9;
      expect(Math.abs(bound - exact)).toBeLessThan(2_000);
    });
    expect(stepOf(5, [])).toBe(0);
  });

  test("axes have round numbers", () => {
    expect(ticks(0, 4.2)).toEqual([0, 1, 2, 3, 4]);
    expect(ticks(0, 0.42)).toEqual([0, 0.1, 0.2, 0.3, 0.4]);
    expect(ticks(1, 1)).toEqual([]);
    expect(ticks(0, Infinity)).toEqual([]);
    expect(ticks(0, Number.NaN)).toEqual([]);
  });

  test("by steps of one kind are at most so many", () => {
    expect(ticksBy("duration", 610, 790, 4)).toEqual([660, 720, 780]);
    expect(ticksBy("number", 0.96, 1, 4)).toEqual([0.96, 0.97, 0.98, 0.99, 1]);
    expect(ticksBy("number", 1, 1, 4)).toEqual([]);
  });

  test("states have marks; what is not known has that of unknown", () => {
    expect(kindOfState("Success")).toBe("good");
    expect(kindOfState("wrong key")).toBe("bad");
    expect(kindOfState("constructor")).toBe("unknown");
    expect(stateLabel("not_enough_data")).toBe("Not enough data");
  });

  test("refusals are read in every form that services use", () => {
    expect(readError('{"error":{"code":"busy","message":"m","details":[]}}')).toEqual({
      code: "busy",
      message: "m",
      details: [],
    });
    expect(readError('{"error":"plain"}').message).toBe("plain");
    for (const text of [
      "",
      "null",
      "[]",
      "Route not found",
      '{"error":5}',
      '{"error":{"code":5}}',
    ]) {
      expect(readError(text)).toEqual({ code: "", message: "", details: [] });
    }
    expect(kindOf(401, true)).toBe("auth");
    expect(kindOf(403, true)).toBe("forbidden");
    expect(kindOf(404, false)).toBe("not_offered");
    expect(kindOf(404, true)).toBe("not_found");
    expect(kindOf(409, true)).toBe("conflict");
    expect(kindOf(422, true)).toBe("invalid");
    expect(kindOf(500, true)).toBe("server");
    expect(kindOf(503, true)).toBe("away");
  });
});
