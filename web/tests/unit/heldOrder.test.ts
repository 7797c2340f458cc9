import { describe, expect, it } from "vitest";

import { heldOrder } from "../../src/base/heldOrder";

const named = (...names: string[]) => names.map((name) => ({ name }));
const names = (rows: readonly { name: string }[]) => rows.map(({ name }) => name).join("");

describe("the order of rows that are being read", () => {
  it("stays, new rows come behind, and it is known that it is not the one that came", () => {
    const held = heldOrder(["a", "b", "c"], named("c", "d", "a"));
    expect(names(held.rows)).toBe("acd");
    expect(held.isOther).toBe(true);
  });

  it("is the one that came where nothing has moved", () => {
    expect(heldOrder(["a", "b"], named("a", "b", "c")).isOther).toBe(false);
    expect(heldOrder([], named("b", "a"))).toEqual({ rows: named("b", "a"), isOther: false });
  });
});
