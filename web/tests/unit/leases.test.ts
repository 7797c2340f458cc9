import { describe, expect, it } from "vitest";

import { dutyOf, fetchedBy, holderName } from "../../src/base/leases";

describe("leases", () => {
  it("say what their holder does", () => {
    expect(dutyOf("experiment")).toEqual({ words: "executes the runs", subject: "", kind: "runs" });
    expect(dutyOf("node/a/b")).toEqual({ words: "fetches", subject: "a/b", kind: "node" });
    expect(dutyOf("log-fetcher/9f")).toMatchObject({ subject: "", kind: "fetcher" });
    expect(dutyOf("archive/7")).toMatchObject({ words: "archives deployment", subject: "7" });
    expect(dutyOf("new/thing")).toEqual({ words: "holds", subject: "new/thing", kind: "other" });
  });

  it("are counted by process, most nodes first", () => {
    const leases = [
      { resource: "node/a", holder: "y" },
      { resource: "node/b", holder: "x" },
      { resource: "node/c", holder: "x" },
      { resource: "node/d", holder: "a" },
      { resource: "experiment", holder: "o" },
    ];
    expect(fetchedBy(leases)).toEqual([
      { holder: "x", nodes: 2 },
      { holder: "a", nodes: 1 },
      { holder: "y", nodes: 1 },
    ]);
    expect(holderName("loadlab log-fetcher 9f")).toBe("log-fetcher 9f");
    expect(holderName("psql")).toBe("psql");
  });
});
