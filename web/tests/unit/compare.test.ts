import { describe, expect, test } from "vitest";

import type { ComparisonAnswer, MetricChange } from "../../src/api/shapes";
import { changeOf, changesIn, conclusionOf } from "../../src/pages/compare/names";

type Verdict = MetricChange["verdict"];
const metric = (verdict: Verdict, reason: string | null = null): MetricChange => ({
  metric: "latency.p95",
  unit: "s",
  values: [],
  difference: null,
  noise: null,
  verdict,
  reason,
  rounds: [],
});
const MISSING = metric("unknown", "fewer than 3 rounds in common");
const CHANCE = metric("unknown");
const conclusion = (verdict: "unknown" | "worse", ...metrics: MetricChange[]) =>
  conclusionOf({ verdict, metrics } as ComparisonAnswer["comparison"]);

describe("what is said of compared runs", () => {
  test("what chance may have made is not what was never measured", () => {
    expect([CHANCE, MISSING, metric("same")].map(changeOf)).toEqual([
      "unknown",
      "not_enough_data",
      "same",
    ]);
    expect(changesIn([MISSING, metric("better"), CHANCE, MISSING])).toBe(
      "1 better, 1 within chance, 2 without enough data",
    );
  });

  test("no difference is claimed only of what was measured", () => {
    expect(conclusion("unknown", CHANCE, metric("same")).words).toBe("No difference beyond chance");
    expect(conclusion("unknown", CHANCE, MISSING, MISSING).words).toBe(
      "No difference beyond chance in the 1 metric with enough data, of 3",
    );
    for (const metrics of [[MISSING, MISSING], []])
      expect(conclusion("unknown", ...metrics)).toEqual({
        state: "not_enough_data",
        words: "Not enough data to compare",
      });
    expect(conclusion("worse", metric("worse"), MISSING).state).toBe("worse");
  });
});
