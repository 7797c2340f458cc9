import { describe, expect, it } from "vitest";

import { plannedSeries, plannedSpans, stretched } from "../../src/base/plan";

const SECOND = 1e6;
const load = (tps: number, seconds: number) => ({ tps, transactions: tps * seconds });
const ROUNDS = [
  { start_sec: 0, tps: 1, payments: load(1, 60), zkapps: null },
  { start_sec: 120, tps: 3, payments: load(2, 60), zkapps: load(1, 60) },
];

describe("the plan of a run", () => {
  it("begins with the first round that has begun, and is late for nobody", () => {
    const spans = plannedSpans(ROUNDS, { round: 0, from: 1000 * SECOND });
    expect(spans).toEqual([
      { round: 0, from: 1000 * SECOND, until: 1060 * SECOND, perMinute: 60 },
      { round: 1, from: 1120 * SECOND, until: 1180 * SECOND, perMinute: 180 },
    ]);
    const later = plannedSpans(ROUNDS, { round: 1, from: 1000 * SECOND });
    expect(later[0]?.from).toBe(880 * SECOND);
  });

  it("has nothing of what is no round", () => {
    const strange = [{}, { start_sec: 1, tps: NaN }, { start_sec: 2, tps: 1, payments: "x" }, 7];
    expect(plannedSpans(strange, { round: 0, from: 0 })).toEqual([]);
    expect(plannedSpans(strange, { round: 1, from: 0 })).toEqual([]);
    expect(plannedSpans(ROUNDS, { round: 9, from: 0 })).toEqual([]);
    expect(
      plannedSpans([{ start_sec: 0, tps: 1, payments: { tps: 0, transactions: 9 } }], {
        round: 0,
        from: 0,
      }),
    ).toEqual([]);
  });

  it("is a series in the steps of what was measured, to the end of the plan", () => {
    const spans = plannedSpans(ROUNDS, { round: 0, from: 0 });
    const t = stretched([0, 40 * SECOND], spans, 100);
    expect(t.map((at) => at / SECOND)).toEqual([0, 40, 80, 120, 160]);
    expect(plannedSeries(t, spans)).toEqual([60, 30, 0, 180, 90]);
    expect(stretched([0, 40 * SECOND], spans, 3)).toHaveLength(3);
    expect(stretched([5], spans, 100)).toEqual([5]);
    expect(plannedSeries([5], spans)).toEqual([0]);
    expect(stretched([0, 1], [], 100)).toEqual([0, 1]);
  });
});
