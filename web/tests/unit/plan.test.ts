import { describe, expect, it } from "vitest";

import { plannedSeries, plannedSpans, previewRounds, stretched } from "../../src/base/plan";

const MINUTE = 60e6;
const SETUP = {
  RoundDurationMin: 10,
  PauseMin: 3,
  LargePauseEveryNRounds: 2,
  LargePauseMin: 30,
};
const ROUNDS = [
  { payment_tps: 0.5, zkapp_tps: 0.5, duration_minutes: 10 },
  { payment_tps: 3, zkapp_tps: 0, duration_minutes: 10 },
  { payment_tps: 1, duration_minutes: 10 },
];

describe("the plan of a run", () => {
  it("begins with the first round that has begun, and is late for nobody", () => {
    const spans = plannedSpans(ROUNDS, SETUP, { round: 0, from: 1000 * MINUTE });
    expect(spans).toEqual([
      { round: 0, from: 1000 * MINUTE, until: 1010 * MINUTE, perMinute: 60 },
      { round: 1, from: 1013 * MINUTE, until: 1023 * MINUTE, perMinute: 180 },
      { round: 2, from: 1056 * MINUTE, until: 1066 * MINUTE, perMinute: 60 },
    ]);
    const later = plannedSpans(ROUNDS, SETUP, { round: 1, from: 1013 * MINUTE });
    expect(later[0]?.from).toBe(1000 * MINUTE);
    const { RoundDurationMin, PauseMin } = SETUP;
    const plain = plannedSpans(ROUNDS, { RoundDurationMin, PauseMin }, { round: 0, from: 0 });
    expect(plain.map((span) => span.from / MINUTE)).toEqual([0, 13, 26]);
  });

  it("has nothing of what is no round", () => {
    const strange = [{}, null, 7, { payment_tps: 1 }, { duration_minutes: 10 }];
    expect(plannedSpans(strange, SETUP, { round: 0, from: 0 })).toEqual([]);
    expect(plannedSpans(ROUNDS, {}, { round: 0, from: 0 })).toEqual([]);
    expect(plannedSpans(ROUNDS, { RoundDurationMin: 10 }, { round: 0, from: 0 })).toEqual([]);
  });

  it("is a series in the steps of what was measured, to the end of the plan", () => {
    const spans = plannedSpans(ROUNDS.slice(0, 2), SETUP, { round: 0, from: 0 });
    const t = stretched([0, 6 * MINUTE], spans, 100);
    expect(t.map((at) => at / MINUTE)).toEqual([0, 6, 12, 18]);
    expect(plannedSeries(t, spans)).toEqual([60, 40, 150, 150]);
    expect(stretched([0, 6 * MINUTE], spans, 3)).toHaveLength(3);
    expect(stretched([5], spans, 100)).toEqual([5]);
    expect(plannedSeries([5], spans)).toEqual([0]);
    expect(stretched([0, 1], [], 100)).toEqual([0, 1]);
  });

  it("is the same in a preview, whose lengths and times come in two parts", () => {
    const infos = [{ duration_minutes: 10, payment_tps: 0.5, zkapp_tps: 0.5 }, ROUNDS[1]];
    const rounds = [
      { start_sec: 0, stop_waits_sec: [60, 30], pause_min: 3, large_pause_min: 0 },
      { start_sec: 780, stop_waits_sec: [], pause_min: 0, large_pause_min: 0 },
    ];
    expect(previewRounds(infos, rounds, SETUP)).toEqual([
      { round: 0, startSec: 0, endSec: 600, stopsSec: [60, 90], pausesSec: [180], perMinute: 60 },
      { round: 1, startSec: 780, endSec: 1380, stopsSec: [], pausesSec: [], perMinute: 180 },
    ]);
    // Without the length of a round there is nothing to draw.
    expect(previewRounds([], rounds, SETUP)).toEqual([]);
  });
});
