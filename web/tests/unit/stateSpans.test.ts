import { describe, expect, it } from "vitest";

import { stateSpans, timeInStates } from "../../src/base/stateSpans";

const at = (minute: number): string => new Date(minute * 60_000).toISOString();
const minutes = (spans: ReturnType<typeof stateSpans>) =>
  spans.map(({ from, until, state }) => [from / 60_000, until / 60_000, state]);

describe("states of a node over time", () => {
  it("have no holes: where nothing was read they say so, up to now", () => {
    const spans = stateSpans(
      [
        { from: at(30), until: at(40), state: "fetching", problem: "frozen" },
        { from: at(10), until: at(20), state: "fetching" },
      ],
      50 * 60_000,
    );
    expect(minutes(spans)).toEqual([
      [10, 20, "fetching"],
      [20, 30, null],
      [30, 40, "fetching"],
      [40, 50, null],
    ]);
    expect(spans[2]?.problem).toBe("frozen");
    expect(timeInStates(spans).map(([state, ms]) => [state, ms / 60_000])).toEqual([
      ["fetching", 20],
      [null, 20],
    ]);
  });

  it("go on now, and never overlap", () => {
    const spans = stateSpans(
      [
        { from: at(10), until: at(20), state: "fetching" },
        { from: at(18), until: null, state: "failing" },
        { from: at(12), until: at(15), state: "fetching" },
        { from: "no time", until: null, state: "fetching" },
      ],
      30 * 60_000,
    );
    expect(minutes(spans)).toEqual([
      [10, 20, "fetching"],
      [20, 30, "failing"],
    ]);
    expect(stateSpans([], 0)).toEqual([]);
  });
});
