import { describe, expect, test } from "vitest";

import { ordered, texts } from "../../src/base/codecs";
import { diffRows, difference, relevant } from "../../src/base/diff";
import { fromSetup, nextName, read, written } from "../../src/base/draft";
import { measured, mina, signed } from "../../src/base/formats";
import { boundBuckets } from "../../src/base/histogram";
import { chosen, expression } from "../../src/base/selection";

describe("what is chosen in the matrix", () => {
  test("is in the address and comes back", () => {
    for (const value of [
      { from: 868, until: 871, nodes: ["a", "b,c%@"] },
      { from: 0, until: 0, nodes: [] },
    ])
      expect(chosen.parse(chosen.write(value))).toEqual({ ...value, nodes: value.nodes });
    for (const text of ["", "1", "9..8", "1..2..3", "a..b", "1..2@%"])
      expect(chosen.parse(text)).toBeUndefined();
  });

  test("is what the service reads", () => {
    expect(expression({ from: 868, until: 871, nodes: ["a", "b"] })).toBe(
      "blocks:868..871;nodes:a,b",
    );
    expect(expression({ from: 868, until: 868, nodes: [] })).toBe("blocks:868");
  });
});

test("the order of compared runs stays, that of nodes does not matter", () => {
  expect(ordered.write(["b", "a", "b"])).toBe("b,a");
  expect(ordered.parse("b,a")).toEqual(["b", "a"]);
  expect(texts.parse("b,a")).toEqual(["a", "b"]);
});

describe("two traces beside each other", () => {
  const names = ["Build", "Apply", "Verify", "Only_b"];
  const columns = {
    name: [0, 1, 2, 3],
    depth: [0, 1, 1, 0],
    a_total_us: [1_000_000, 600_000, 300_000, null],
    b_total_us: [3_000_000, 2_590_000, 310_000, 50_000],
    delta_own_us: [0, 1_990_000, 10_000, 50_000],
  };

  test("own differences add up to the difference of the traces", () => {
    const rows = diffRows(names, columns);
    expect(difference(rows)).toBeCloseTo(2.05, 9);
    expect(rows[0]?.below_s).toBeCloseTo(2, 9);
    expect(rows[3]).toMatchObject({ name: "Only_b", a_s: null, b_s: 0.05 });
  });

  test("swapped, the signs turn", () => {
    const turned = {
      ...columns,
      a_total_us: columns.b_total_us,
      b_total_us: columns.a_total_us,
      delta_own_us: columns.delta_own_us.map((us) => -us),
    };
    expect(difference(diffRows(names, turned))).toBeCloseTo(-2.05, 9);
  });

  test("what hardly differs is left out, but not what it stands below", () => {
    const shown = relevant(diffRows(names, columns), 0.02).map((row) => row.name);
    expect(shown).toEqual(["Build", "Apply", "Only_b"]);
    expect(relevant(diffRows(names, columns), 0)).toHaveLength(4);
    expect(relevant([], 0.02)).toEqual([]);
  });
});

describe("drafts of setups", () => {
  const of = (type: string, more = {}) => ({ name: "x", key: "X", type, ...more });

  test("what is typed is read by its type", () => {
    expect(read(of("number"), "0.3")).toEqual({ value: 0.3 });
    expect(read(of("integer"), "12 000")).toEqual({ value: 12_000 });
    expect(read(of("flag"), "true")).toEqual({ value: true });
    expect(read(of("texts"), "a\n b ,c\n")).toEqual({ value: ["a", "b", "c"] });
    expect(read(of("numbers"), "0.3, 0.5")).toEqual({ value: [0.3, 0.5] });
    expect(read(of("text"), "  ")).toEqual({});
  });

  test("what cannot be read says so", () => {
    for (const [type, typed] of [
      ["number", "fast"],
      ["integer", "1.5"],
      ["amount", "-1"],
      ["numbers", "1, two"],
      ["integer", "99999999999999999999"],
    ] as const)
      expect(read(of(type), typed).message, typed).toBeTruthy();
    expect(read(of("number", { min: 0, max: 1 }), "1.1").message).toBe("At most 1");
    expect(read(of("number", { min: 0, max: 1 }), "-0.1").message).toBe("At least 0");
  });

  test("a setup is typed by any of its names, without its defaults", () => {
    const parameters = [
      { ...of("integer"), name: "rounds", key: "Rounds", default: 4 },
      { ...of("amount"), name: "fees.fund", key: "FundFee", default: 1 },
      { ...of("texts"), name: "priv_keys", key: "Privkeys", default: [] },
    ];
    expect(
      fromSetup({ rounds: 6, fees: { fund: 2 }, Privkeys: ["a", "b"], colour: 1 }, parameters),
    ).toEqual({ typed: { Rounds: "6", FundFee: "2", Privkeys: "a\nb" }, unknown: ["colour"] });
    expect(fromSetup({ Rounds: 4, FundFee: null }, parameters).typed).toEqual({});
    expect(fromSetup(null, parameters).typed).toEqual({});
    expect(written(["a", 1])).toBe("a\n1");
  });

  test("the next free name", () => {
    expect(nextName("ramp-3", ["ramp-3", "ramp-4"])).toBe("ramp-5");
    expect(nextName("soak", [])).toBe("soak-2");
    expect(nextName("7", [])).toBe("run-8");
  });
});

test("values and differences are written in their units", () => {
  expect(measured(700, "s")).toContain("11\u202fmin");
  expect(measured(0.98, "")).toBe("0.98");
  expect(measured(null, "s")).toBe("?");
  expect(measured(Number.NaN, "s")).toBe("invalid");
  expect(signed(-0.4, "s")).toBe("−400\u202fms");
  expect(signed(2, "")).toBe("+2");
  expect(signed(0, "s")).toBe("±0");
  expect(signed(null, "s")).toBe("?");
  expect(mina("25531.7326")).toBe("25\u202f531.7326\u202fMINA");
  expect(mina("-1")).toBe("invalid");
  expect(mina(null)).toBe("?");
});

test("buckets of a service lose empty ends and no call", () => {
  const buckets = boundBuckets([1, 10, 100], [0, 3, 0, 2]);
  expect(buckets.map((bucket) => bucket.count)).toEqual([3, 0, 2]);
  expect(buckets[0]).toMatchObject({ from: 1, until: 10 });
  expect(buckets[2]?.until).toBeCloseTo(1000);
  expect(boundBuckets([1, 10], [0, 0, 0])).toEqual([]);
});
