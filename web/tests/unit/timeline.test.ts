import { describe, expect, test } from "vitest";

import { planRounds } from "../../src/base/plan";
import {
  foldsOf,
  lateBySec,
  lateness,
  mergedSteps,
  moments,
  placing,
  timelineOf,
  type Step,
} from "../../src/base/timeline";

const MIN = 60_000;
/** Two rounds of ten minutes: the first stops nodes after four, a pause of five between them. */
const plan = planRounds(
  [
    {
      ...{ payment_tps: 1, zkapp_tps: 0, duration_minutes: 10, start_sec: 0 },
      ...{ stop_waits_sec: [240], rest_sec: 360, pause_min: 5, large_pause_min: 0 },
    },
    {
      ...{ payment_tps: 2, zkapp_tps: 0, duration_minutes: 10, start_sec: 900 },
      ...{ stop_waits_sec: [], rest_sec: 600, pause_min: 0, large_pause_min: 0 },
    },
  ],
  {},
);
const step = (step: number, action: string, from: number, until: number | null, round?: number) =>
  ({ step, action, from: from * MIN, until: until === null ? null : until * MIN, round }) as Step;
const steps: Step[] = [
  step(0, "fund-keys", 0, 3),
  step(1, "payments", 3, 3.5, 0),
  step(2, "wait", 3.5, 7.5),
  step(3, "stop-daemon", 7.5, 8),
  step(4, "wait", 8, 14),
  step(5, "wait", 14, 19),
  step(6, "payments", 20, 20.5, 1),
  step(7, "wait", 20.5, null),
];
const going = { plan, steps, scale: 1, now: 31 * MIN, begun: 0, ended: null };

describe("the time line of a run", () => {
  test("has rounds, pauses and stops beside their plan", () => {
    const { rounds, pauses, stops, from, until } = timelineOf(going);
    expect(rounds.map(({ planned, actual }) => [planned, actual?.from, actual?.until])).toEqual([
      [{ from: 3 * MIN, until: 13 * MIN }, 3 * MIN, 14 * MIN],
      [{ from: 18 * MIN, until: 28 * MIN }, 20 * MIN, 31 * MIN],
    ]);
    expect(rounds.map(({ actual }) => actual?.isGoing)).toEqual([false, true]);
    expect(pauses.planned.map((span) => [span.from, span.until])).toEqual([[13 * MIN, 18 * MIN]]);
    expect(pauses.actual.map((span) => [span.from, span.until])).toEqual([[14 * MIN, 19 * MIN]]);
    expect(stops.planned.map((mark) => mark.at)).toEqual([7 * MIN]);
    expect(stops.actual.map((mark) => mark.at)).toEqual([7.5 * MIN]);
    expect([from, until]).toEqual([0, 31 * MIN]);
    expect(rounds.map(lateBySec)).toEqual([0, 120]);
    expect(rounds.map(lateness)).toEqual([
      { from: 13 * MIN, until: 14 * MIN },
      { from: 28 * MIN, until: 31 * MIN },
    ]);
  });

  test("plans in the network's time, and begins now while no round has begun", () => {
    const { rounds, until } = timelineOf({
      ...going,
      steps: steps.slice(0, 1).map((each) => ({ ...each, until: null })),
      scale: 10,
      now: 2 * MIN,
    });
    expect(rounds[0]?.planned).toEqual({ from: 2 * MIN, until: 3 * MIN });
    expect(rounds[1]?.planned).toEqual({ from: 3.5 * MIN, until: 4.5 * MIN });
    expect(rounds.every(({ actual }) => actual === null)).toBe(true);
    expect(until).toBe(4.5 * MIN);
  });

  test("of a run that has ended goes to its end, and steps that never ended with it", () => {
    const marks = [{ at: 25 * MIN, label: "cancelled" }];
    const { rounds, until, marks: all } = timelineOf({ ...going, ended: 25 * MIN, marks });
    expect(rounds[1]?.actual).toMatchObject({ until: 25 * MIN, isGoing: false });
    expect(until).toBe(28 * MIN);
    expect(all).toEqual(marks);
    const early = timelineOf({ ...going, steps: [], ended: MIN });
    expect(early.rounds).toEqual([]);
    expect(early.until).toBe(MIN);
  });

  test("without a plan has rounds from their first load to their last step", () => {
    const { rounds, pauses } = timelineOf({ ...going, plan: [] });
    expect(rounds.map(({ planned, actual }) => [planned, actual?.until])).toEqual([
      [null, 19 * MIN],
      [null, 31 * MIN],
    ]);
    expect(pauses.actual).toEqual([]);
  });

  test("marks what has failed", () => {
    const failed = steps.map((each) => (each.step === 3 ? { ...each, error: "refused" } : each));
    const { marks, steps: spans } = timelineOf({ ...going, steps: failed });
    expect(marks).toEqual([{ at: 8 * MIN, label: "stop-daemon: refused" }]);
    expect(mergedSteps(spans, 100 * MIN).some((span) => span.error === "refused")).toBe(true);
  });
});

test("short steps of one kind are one bar", () => {
  const { steps: spans } = timelineOf({
    ...going,
    steps: [step(0, "discovery", 0, 1), step(1, "load-keys", 1, 2), step(2, "wait", 2, 9)],
  });
  expect(mergedSteps(spans, 3 * MIN).map(({ label, until }) => [label, until / MIN])).toEqual([
    ["several steps", 2],
    ["wait", 9],
  ]);
  expect(mergedSteps(spans, 1)).toHaveLength(3);
});

test("long stretches without an event are folded, and places stay in order", () => {
  const sorted = [0, 1, 2, 96, 97, 100].map((minute) => minute * MIN);
  const folds = foldsOf(sorted);
  expect(folds).toEqual([{ from: 2 * MIN, until: 96 * MIN }]);
  const place = placing(0, 100 * MIN, folds);
  const places = sorted.map(place);
  expect(places[0]).toBe(0);
  expect(places.at(-1)).toBeCloseTo(1, 9);
  expect(places).toEqual([...places].sort((a, b) => a - b));
  expect((places[3] ?? 0) - (places[2] ?? 0)).toBeCloseTo(1 / 30, 9);
  expect(placing(0, 100, [])(25)).toBe(0.25);
  expect(placing(5, 5, [])(5)).toBe(0);
  expect(moments(timelineOf(going), 5 * MIN)).toContain(5 * MIN);
});
