import { describe, expect, it } from "vitest";

import { boundLines, boundOf } from "../../src/base/bounds";

const threshold = (metric: string, bound: number, unit: string) => ({
  ...{ metric, bound, unit },
  op: "<",
});

describe("bounds of thresholds in charts", () => {
  it("are in seconds, or per minute", () => {
    expect(boundOf(threshold("latency.p95", 13, "min"), null)).toBe(780);
    expect(boundOf(threshold("latency.p95", 4, "slots"), 180)).toBe(720);
    expect(boundOf(threshold("rate.included", 0.5, "tps"), null)).toBe(30);
  });

  it("are none where the unit is neither, or the length of a slot is not known", () => {
    expect(boundOf(threshold("latency.p95", 4, "slots"), null)).toBeNull();
    expect(boundOf(threshold("included.share", 0.95, ""), 180)).toBeNull();
    expect(boundOf(threshold("x", 1, "constructor"), 180)).toBeNull();
  });

  it("are lines of the charts of their metric only", () => {
    const all = [threshold("latency.p95", 780, "s"), threshold("block_application.p95", 3, "s")];
    const lines = boundLines(all, ["latency.p50", "latency.p95"], null, (value) => `${value} s`);
    expect(lines).toEqual([{ value: 780, label: "latency.p95 < 780 s" }]);
  });
});
