import { describe, expect, test } from "vitest";

import * as codecs from "../../src/base/codecs";
import { match } from "../../src/base/routes";

const NAMES = ["node-1", "a b%2F#ü", "..", "a/b", "100 %", "\u202Eevil", "x?y=z&t=all", "🧪"];

describe("paths", () => {
  test.each(NAMES)("a node named %s comes back from its address", (name) => {
    const address = codecs.path("nodes", name);
    expect(address.split("/")).toHaveLength(3);
    expect(match(address)).toEqual({ page: "node", parameters: { node: name } });
  });

  test("unknown and malformed paths are no page", () => {
    for (const path of ["/no", "/nodes/a/b", "/nodes/%E0%A4%A", "/trace/a"]) {
      expect(match(path).page).toBe("missing");
    }
    expect(match("/").page).toBe("overview");
    expect(match("/trace/3NK/a%2Fb")).toEqual({
      page: "trace",
      parameters: { hash: "3NK", node: "a/b" },
    });
    expect(match("/experiments/new").page).toBe("planner");
  });
});

describe("query keys", () => {
  test.each(["15m", "1h", "2d", "all", "2026-11-29T05:00:00.000Z..2026-11-29T06:00:00.000Z"])(
    "time %s",
    (text) => {
      const parsed = codecs.timeScope.parse(text);
      expect(parsed).toBeDefined();
      expect(codecs.timeScope.write(parsed as codecs.TimeScope)).toBe(text);
    },
  );

  test.each([
    "yesterday",
    "0m",
    "-1h",
    "15",
    "2026-11-29T06:00:00Z..2026-11-29T05:00:00Z",
    "1..2..3",
    "",
    "2026-11-29T05:00:00Z..",
  ])("no time: %s", (text) => {
    expect(codecs.timeScope.parse(text)).toBeUndefined();
  });

  test("what is malformed or unknown is dropped and named", () => {
    const known = { t: codecs.timeScope, r: codecs.whole, sort: codecs.choice("lag", "name") };
    const all = known as unknown as Record<string, codecs.Codec<unknown>>;
    const { values, dropped } = codecs.readQuery(
      "?sort=<script>&t=yesterday&r=0&__proto__=1&x=1",
      all,
    );
    expect(values).toEqual({ r: 0 });
    expect(dropped).toEqual(["sort", "t", "__proto__", "x"]);
  });

  test("equal states have equal addresses, whatever the order", () => {
    const all = { a: codecs.text, b: codecs.whole, n: codecs.texts } as unknown as Record<
      string,
      codecs.Codec<unknown>
    >;
    const one = codecs.writeQuery({ b: 0, a: "x y&z", n: ["b", "a,b"] }, all);
    const other = codecs.writeQuery({ n: ["a,b", "b"], a: "x y&z", b: 0 }, all);
    expect(one).toBe(other);
    expect(codecs.readQuery(one, all)).toEqual({
      values: { a: "x y&z", b: 0, n: ["a,b", "b"] },
      dropped: [],
    });
    expect(codecs.writeQuery({ a: undefined, n: [] }, all)).toBe("");
  });

  test.each(NAMES)("text %s comes back", (name) => {
    const all = { q: codecs.text } as unknown as Record<string, codecs.Codec<unknown>>;
    expect(codecs.readQuery(codecs.writeQuery({ q: name }, all), all).values).toEqual({ q: name });
  });

  test("lists of numbers", () => {
    expect(codecs.wholes.parse("7,6,7")).toEqual([7, 6]);
    expect(codecs.wholes.parse("7,x")).toBeUndefined();
    expect(codecs.wholes.write([7, 6])).toBe("7,6");
    expect(codecs.texts.parse("%")).toBeUndefined();
    expect(codecs.texts.parse("a,,b")).toBeUndefined();
    expect(codecs.text.parse("x".repeat(201))).toBeUndefined();
  });
});
