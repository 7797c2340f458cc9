import { describe, expect, it } from "vitest";

import type { ExperimentRow } from "../../src/api/shapes";
import { datesBelow, ended, historyOf, METRICS } from "../../src/pages/experiments/history";

const run = (number: number, more: Partial<ExperimentRow> = {}): ExperimentRow => ({
  name: `run-${number}`,
  deployment_id: 7,
  status: "success",
  started: new Date(Date.UTC(2026, 10, 1, number)).toISOString(),
  ended: new Date(Date.UTC(2026, 10, 1, number, 50)).toISOString(),
  rounds: 3,
  intended: 1000,
  included: 990,
  latency_p95_s: number < 20 ? 100 : 150,
  completeness: 1,
  lost_entries: 0,
  unknown_gaps: 0,
  recorded_only: false,
  ...more,
});
const runs = (count: number) => Array.from({ length: count }, (_, number) => run(number));
const FORM = { zone: "utc", hrefOf: (to: string) => to } as const;

describe("the runs of a history", () => {
  it("are the latest that have ended, the oldest first", () => {
    const rows = [run(3, { ended: null }), run(2), run(1), run(0), run(4, { started: null })];
    expect(ended(rows, 2).map(({ name }) => name)).toEqual(["run-1", "run-2"]);
  });
});

describe("the values of a history", () => {
  it("are hollow and have no number where nobody knows what is missing", () => {
    const nobody = { completeness: null, lost_entries: null, unknown_gaps: null };
    const { dots } = historyOf([run(0), run(1, nobody)], METRICS.latency, FORM);
    expect(dots.map(({ isHollow }) => isHollow)).toEqual([false, true]);
    expect(dots[1]?.words).toContain("complete: ?");
  });

  it("are not known where something of them is not", () => {
    expect(METRICS.included.of(run(0, { intended: null }))).toBeNull();
    expect(METRICS.included.of(run(0, { intended: 0 }))).toBeNull();
    expect(METRICS.included.of(run(0, { included: 0 }))).toBe(0);
    expect(METRICS.latency.of(run(0, { latency_p95_s: null }))).toBeNull();
    expect(METRICS.completeness.of(run(0, { completeness: null }))).toBeNull();
    expect(METRICS.duration.of(run(0, { ended: null }))).toBeNull();
    expect(METRICS.duration.of(run(0))).toBe(3000);
  });

  it("are never written as a whole below it", () => {
    expect(METRICS.included.format(0.99996)).not.toContain("100");
    expect(METRICS.completeness.format(0.99996)).not.toContain("100");
  });

  it("are worse where latency grows, better where it falls, and neither where a run lasts longer", () => {
    const { changes } = historyOf(runs(40), METRICS.latency, FORM);
    expect(changes.map(({ at, tone, row, before }) => [at, tone, row.name, before.name])).toEqual([
      [20, "worse", "run-20", "run-19"],
    ]);
    const falling = runs(40).map((row, at) => ({ ...row, latency_p95_s: at < 20 ? 150 : 100 }));
    expect(historyOf(falling, METRICS.latency, FORM).changes[0]?.tone).toBe("better");
    const longer = runs(40).map((row, at) =>
      at < 20 ? row : run(at, { ended: run(at + 1).ended }),
    );
    expect(historyOf(longer, METRICS.duration, FORM).changes[0]?.tone).toBe("changed");
  });

  it("are hollow below a whole and where completeness is not known, and gaps without a value", () => {
    const rows = [run(0), run(1, { completeness: 0.9 }), run(2, { completeness: null }), run(3)];
    rows[3] = run(3, { latency_p95_s: null });
    const { dots, known } = historyOf(rows, METRICS.latency, FORM);
    expect(dots.map(({ isHollow }) => isHollow)).toEqual([false, true, true, false]);
    expect(dots[3]?.value).toBeNull();
    expect(dots[3]?.words).toContain("unknown");
    expect(known).toBe(3);
  });

  it("are hollow, and no whole, where a gap of unknown size is all that is known", () => {
    const rows = [run(0), run(1, { unknown_gaps: 1 })];
    for (const metric of [METRICS.latency, METRICS.completeness]) {
      const [whole, gap] = historyOf(rows, metric, FORM).dots;
      expect([whole?.isHollow, gap?.isHollow]).toEqual([false, true]);
      expect(whole?.words).toContain("100");
      expect(gap?.words).toMatch(/: 1 gap$/);
    }
  });
});

describe("dates below a history", () => {
  it("are the day, and the hour where the day stands before it", () => {
    expect(datesBelow(runs(40), "utc").map(({ text }) => text)).toEqual([
      "11-01",
      "12:00",
      "20:00",
      "11-02",
      "12:00",
    ]);
    expect(datesBelow([], "utc")).toEqual([]);
  });
});
