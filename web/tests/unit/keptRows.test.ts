import { replaceEqualDeep } from "@tanstack/svelte-query";
import { describe, expect, it } from "vitest";

import { keptRows } from "../../src/base/keptRows";

interface Window {
  nodes: { name: string; lag: number }[];
  counts: Record<string, number>;
  offset: number;
}
const windowOf = (first: number, lag = 1): Window => ({
  nodes: Array.from({ length: 4 }, (_, at) => ({
    name: `n${first + at}`,
    lag: at === 3 ? lag : 1,
  })),
  counts: { up: 4 },
  offset: first,
});
const kept = (before: unknown, after: Window): Window =>
  keptRows(before, after, replaceEqualDeep) as Window;

describe("windows of a list", () => {
  it("keep the objects of rows that say the same, wherever they are", () => {
    const before = windowOf(0);
    const after = kept(before, windowOf(2));
    expect(after).toEqual(windowOf(2));
    expect(after.nodes[0]).toBe(before.nodes[2]);
    expect(after.nodes[1]).toBe(before.nodes[3]);
    expect(after.counts).toBe(before.counts);
  });

  it("take what has changed", () => {
    const before = windowOf(0);
    const after = kept(before, windowOf(0, 7));
    expect(after.nodes[3]).toEqual({ name: "n3", lag: 7 });
    expect(after.nodes[2]).toBe(before.nodes[2]);
    expect(kept(undefined, before)).toBe(before);
    expect(kept({ nodes: "none" }, before)).toEqual(before);
  });
});
