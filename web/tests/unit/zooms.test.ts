import { describe, expect, it } from "vitest";

import { zoomTo, type Zoom } from "../../src/base/zooms";

const ZOOMS: Zoom[] = [
  { before: undefined, after: "a..d" },
  { before: "a..d", after: "b..c" },
];

describe("the way back from a zoom", () => {
  it("unwinds one zoom after the other, until the time that the address did not have", () => {
    expect(zoomTo(ZOOMS, "b..c")?.before).toBe("a..d");
    expect(zoomTo(ZOOMS, "a..d")).toEqual({ before: undefined, after: "a..d" });
  });

  it("is none where no zoom led to the time", () => {
    expect(zoomTo([], undefined)).toBeUndefined();
    expect(zoomTo(ZOOMS, "24h")).toBeUndefined();
    expect(zoomTo(ZOOMS, undefined)).toBeUndefined();
  });

  it("leads to where the last zoom of several to one time began", () => {
    expect(zoomTo([...ZOOMS, { before: "24h", after: "b..c" }], "b..c")?.before).toBe("24h");
  });
});
