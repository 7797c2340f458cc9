import { describe, expect, it } from "vitest";

import { levelChanges, levelsOf, median, NEEDED } from "../../src/base/levels";

/** Normally distributed numbers, the same each time (mulberry32, Box and Muller). */
function noise(seed: number): () => number {
  let state = seed;
  const next = () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return (((mixed ^ (mixed >>> 14)) >>> 0) + 0.5) / 2 ** 32;
  };
  return () => Math.sqrt(-2 * Math.log(next())) * Math.cos(2 * Math.PI * next());
}
const around = (level: number, count: number, next: () => number): number[] =>
  Array.from({ length: count }, () => level + next());
const none = () => 0;

describe("the middle of values", () => {
  it("is that of the known ones, and of two in the middle the mean", () => {
    expect(median([3, null, 1, 2])).toBe(2);
    expect(median([4, 1, 2, 3])).toBe(2.5);
    expect(median([null])).toBeNaN();
  });
});

describe("marks of changes", () => {
  it("stand where a level that is far from chance begins", () => {
    const next = noise(1);
    const values = [...around(100, 40, next), ...around(110, 40, next), ...around(90, 40, next)];
    expect(levelChanges(values, none)).toEqual([40, 80]);
  });

  it("are missing where all values have one level: about one mark in ten histories", () => {
    const next = noise(6);
    let marks = 0;
    for (let history = 0; history < 80; history += 1)
      marks += levelChanges(around(100, 200, next), none).length;
    expect(marks).toBeLessThanOrEqual(16);
  });

  it("are missing where one or two values are far away", () => {
    const values = around(100, 60, noise(4));
    values[30] = 500;
    values[31] = 500;
    expect(levelChanges(values, none)).toEqual([]);
  });

  it("need ten values before and five after", () => {
    const before = around(100, 10, noise(2));
    expect(levelChanges([...before, 200, 200, 200, 200, 200], none)).toEqual([10]);
    expect(levelChanges([...before, 200, 200, 200, 200], none)).toEqual([]);
    expect(levelChanges([...before.slice(1), 200, 200, 200, 200, 200], none)).toEqual([]);
    expect(NEEDED).toBe(15);
    expect(levelChanges([], none)).toEqual([]);
  });

  it("pass over what is not known, and count places with it", () => {
    const before = around(100, 12, noise(3));
    const values = [null, ...before, null, null, ...around(200, 12, noise(5)), null];
    expect(levelChanges(values, none)).toEqual([15]);
  });

  it("are missing where a difference is too small to matter, though nothing varies", () => {
    const values = [...Array<number>(12).fill(1), ...Array<number>(12).fill(0.9995)];
    expect(levelChanges(values, none)).toEqual([12]);
    expect(levelChanges(values, () => 0.001)).toEqual([]);
  });
});

describe("levels", () => {
  it("are the medians between the marks; one without values is not known", () => {
    expect(levelsOf([1, 2, 3, 10, null], [3])).toEqual([
      { from: 0, until: 3, value: 2 },
      { from: 3, until: 5, value: 10 },
    ]);
    expect(levelsOf([null, null], [])).toEqual([{ from: 0, until: 2, value: null }]);
  });
});
