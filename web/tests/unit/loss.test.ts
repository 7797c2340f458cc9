import { describe, expect, test } from "vitest";

import { lossCells, partsByTime, storedCells, sumOf } from "../../src/base/loss";

/** Two nodes in three minutes: complete, one lost, nothing stored; all lost, a gap, quiet. */
const minutes = {
  t: [0, 60e6, 120e6],
  nodes: ["a", "b"],
  stored: [10, 999_999, null, null, 5, 0],
  lost: [0, 1, 0, 7, null, 0],
};

describe("nodes by minutes", () => {
  test("a single lost entry stands out from none", () => {
    const { values, states, prepared } = lossCells(minutes);
    expect(states).toBe("vvxvuv");
    expect(values).toEqual([0, 1e-6, null, 1, null, 0]);
    expect([...prepared.steps]).toEqual([0, 3, -1, 8, -1, 0]);
    expect([...prepared.far].some((each) => each > 0)).toBe(false);
  });

  test("stored entries have no loss", () => {
    const { values, states } = storedCells(minutes);
    expect(states).toBe("vvxxvv");
    expect(values).toEqual([10, 999_999, null, null, 5, 0]);
    expect(storedCells({ ...minutes, stored: [null], lost: [null] }).states).toBe("u");
  });

  test("a minute with a gap of unknown size is never complete", () => {
    const parts = partsByTime(minutes);
    expect(parts[0]).toBeCloseTo(10 / 17, 9);
    expect(parts[1]).toBeLessThan(1);
    // The one that was read has written nothing.
    expect(parts[2]).toBeNull();
    expect(partsByTime({ ...minutes, lost: [0, 0, 0, 0, null, 0] })[1]).toBe(0.9999);
  });

  test("what is chosen is added up", () => {
    expect(sumOf(minutes, [0, 1], [0, 1])).toEqual({ stored: 1_000_014, lost: 8, unknown: 1 });
    expect(sumOf(minutes, [], [0, 2])).toEqual({ stored: 0, lost: 0, unknown: 0 });
  });
});
