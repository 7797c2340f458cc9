import { describe, expect, test } from "vitest";

import * as formats from "../../src/base/formats";

/** With normal spaces, as one types them. */
const plain = (text: string): string => text.replaceAll("\u202f", " ");

describe("formats", () => {
  test.each([
    [0, "0 s"],
    [0.0000004, "0.40 µs"],
    [0.000812, "812 µs"],
    [0.00431, "4.31 ms"],
    [0.0999, "99.9 ms"],
    [0.9996, "1.00 s"],
    [1.24, "1.24 s"],
    [12.36, "12.4 s"],
    [59.96, "1 min 00 s"],
    [124, "2 min 04 s"],
    [3599.6, "1 h 00 min"],
    [4320, "1 h 12 min"],
    [259_200, "3 d 0 h"],
    [null, "?"],
    [undefined, "?"],
    [Number.NaN, "invalid"],
    [Infinity, "invalid"],
    [-1, "invalid"],
  ])("duration %s", (value, expected) => {
    expect(plain(formats.duration(value))).toBe(expected);
  });

  test.each([
    [0, "0"],
    [0.00005, "50 µs"],
    [0.5, "500 ms"],
    [0.0025, "2.5 ms"],
    [2, "2 s"],
    [90, "90 s"],
    [300, "5 min"],
    [5400, "90 min"],
    [7200, "2 h"],
    [172_800, "2 d"],
  ])("tick %s", (value, expected) => {
    expect(plain(formats.durationTick(value))).toBe(expected);
  });

  test("today is the day of the zone that is shown", () => {
    const at = Date.UTC(2026, 10, 29, 0, 30);
    expect(formats.time(at, { today: Date.UTC(2026, 10, 29, 23, 59) })).toBe("00:30:00Z");
    expect(formats.time(at, { today: Date.UTC(2026, 10, 28, 23, 59) })).toBe(
      "2026-11-29 00:30:00Z",
    );
    expect(formats.time(at, { zone: "local", today: at })).not.toContain("-29 ");
  });

  test.each([
    [0, "0"],
    [999, "999"],
    [12_345, "12 345"],
    [1_234_567, "1 234 567"],
    [null, "?"],
    [Number.NaN, "invalid"],
    [-1, "invalid"],
  ])("count %s", (value, expected) => {
    expect(plain(formats.count(value))).toBe(expected);
  });

  test.each([
    [9999, "9 999"],
    [12_345, "12.3 k"],
    [4_200_000, "4.20 M"],
    [null, "?"],
  ])("short count %s", (value, expected) => {
    expect(plain(formats.shortCount(value))).toBe(expected);
  });

  test.each([
    [{ share: 1, stored: 10, lost: 0, unknownGaps: 0 }, "100 %"],
    [{ share: 0.999999999, stored: 1e9, lost: 1, unknownGaps: 0 }, "99.99 %"],
    [{ share: 0.99997, stored: 10, lost: 1, unknownGaps: 0 }, "99.99 %"],
    [{ share: 0.98765, stored: 10, lost: 1, unknownGaps: 2 }, "98.76 %"],
    [{ share: 0.29, stored: 10, lost: 24, unknownGaps: 0 }, "29.00 %"],
    [{ share: 1, stored: 10, lost: 0, unknownGaps: 1 }, "1 gap"],
    [{ share: 1, stored: 10, lost: 0, unknownGaps: 3 }, "3 gaps"],
    [{ share: 1, stored: 0, lost: 0, unknownGaps: 0 }, "no data"],
    [{ share: null, lost: 0, unknownGaps: 0 }, "no data"],
    [{ share: null, lost: null, unknownGaps: null }, "?"],
    [{ share: 1, lost: 0, unknownGaps: undefined }, "?"],
    [{ share: 1, stored: 0, lost: null, unknownGaps: null }, "no data"],
    [{ share: Number.NaN, lost: 0, unknownGaps: 0 }, "invalid"],
    [{ share: 1.2, lost: 0, unknownGaps: 0 }, "invalid"],
    [{ share: 0, stored: 5, lost: 5, unknownGaps: 0 }, "0.00 %"],
  ])("completeness %o", (value, expected) => {
    expect(plain(formats.completeness(value))).toBe(expected);
  });

  test.each([
    [
      { share: 0.99997, lost: 1, unknownGaps: 0 },
      "99.99 % complete, 1 entry lost, 0 gaps of unknown size",
    ],
    [
      { share: 0.98, lost: 2000, unknownGaps: 1 },
      "98.00 % complete, 2 000 entries lost, 1 gap of unknown size",
    ],
    [
      { share: 1, lost: 0, unknownGaps: 0 },
      "100 % complete, 0 entries lost, 0 gaps of unknown size",
    ],
    [{ share: 1, lost: 0, unknownGaps: 1 }, "1 gap of unknown size, 0 entries lost"],
    [{ share: null, lost: 0, unknownGaps: 0 }, "No entries are stored"],
    [
      { share: null, lost: null, unknownGaps: null },
      "It is not known how complete it is: no trace of its time is known",
    ],
  ])("completeness in words %o", (value, expected) => {
    expect(plain(formats.completenessWords(value))).toBe(expected);
  });

  test.each([
    [0.412, "41.2 %"],
    [1, "100.0 %"],
    [0.9999, "99.9 %"],
    [1.0004, "100.0 %"],
    [null, "?"],
    [-0.1, "invalid"],
  ])("share %s", (value, expected) => {
    expect(plain(formats.share(value))).toBe(expected);
  });

  test.each([
    [0, "1970-01-01 00:00:00Z"],
    [Date.UTC(2026, 10, 29, 5, 10, 18), "2026-11-29 05:10:18Z"],
    [null, "?"],
    [-1, "invalid"],
    [9e15, "invalid"],
  ])("time %s", (value, expected) => {
    expect(formats.time(value)).toBe(expected);
  });

  test("time of today has no date, and milliseconds on demand", () => {
    const at = Date.UTC(2026, 10, 29, 5, 10, 18, 123);
    expect(formats.time(at, { today: at, precise: true })).toBe("05:10:18.123Z");
    expect(formats.time(at, { zone: "local", today: at })).toMatch(/[+-]\d\d:\d\d$/);
  });

  test.each([
    ["1250000000", "1.25 MINA"],
    ["1", "0.000000001 MINA"],
    ["0", "0 MINA"],
    ["1284000000000", "1 284 MINA"],
    [null, "?"],
    ["-1", "invalid"],
    ["1e9", "invalid"],
  ])("amount %s", (value, expected) => {
    expect(plain(formats.amount(value))).toBe(expected);
  });

  test.each([
    [0, "0 B"],
    [999, "999 B"],
    [1234, "1.23 kB"],
    [4_286_419_746, "4.29 GB"],
    [null, "?"],
    [-5, "invalid"],
  ])("bytes %s", (value, expected) => {
    expect(plain(formats.bytes(value))).toBe(expected);
  });

  test("a column has one unit, that of its 90th percentile", () => {
    expect(formats.columnUnit([0.0001, 0.0002])).toBe("µs");
    expect(formats.columnUnit([0.0001, 0.2, null])).toBe("ms");
    expect(formats.columnUnit([0.01, 2, Number.NaN])).toBe("s");
    expect(formats.columnUnit([])).toBe("s");
    expect(plain(formats.inUnit(1.234567, "ms"))).toBe("1 234.57");
    expect(formats.inUnit(null, "ms")).toBe("?");
    expect(formats.inUnit(-1, "ms")).toBe("invalid");
    expect(formats.inUnit(Number.NaN, "s")).toBe("invalid");
    const short = [0.000312, 0.0312, 3.14159, 9.99, 312.4].map((value) =>
      formats.shortInUnit(value, "s"),
    );
    expect(short).toEqual(["0.00031", "0.031", "3.1", "10", "312"]);
    expect(formats.shortInUnit(0.31249, "ms")).toBe("312");
    expect(formats.shortInUnit(-1, "ms")).toBe("invalid");
    expect(formats.shortInUnit(Number.NaN, "ms")).toBe("invalid");
  });

  test("text from outside cannot turn, ring or flood", () => {
    expect(formats.outside("a\u0000\u0007\u001b[31m\u007f")).toBe("a␀␇␛[31m␡");
    expect(formats.outside("\u202Eabc\u2066")).toBe("␦abc␦");
    expect(formats.outside("x".repeat(1_000_000))).toHaveLength(formats.OUTSIDE_MAX + 1);
    expect(formats.outside("<b>مرحبا</b>")).toBe("<b>مرحبا</b>");
    expect(formats.outside(null)).toBe("null");
  });

  test("no number is ever written as NaN", () => {
    const writers = [
      formats.duration,
      formats.count,
      formats.shortCount,
      formats.share,
      formats.bytes,
      formats.age,
      formats.position,
      (value: number) => formats.rate(value, "/min"),
      (value: number) => formats.inUnit(value, "ms"),
      (value: number) => formats.time(value),
      (value: number) => formats.completeness({ share: value, lost: 0, unknownGaps: 0 }),
    ];
    let state = 7;
    for (let round = 0; round < 3000; round += 1) {
      state = (state * 1_103_515_245 + 12_345) % 2_147_483_648;
      const special = [Number.NaN, Infinity, -Infinity, -0, 1e308, -1e308, 5e-324][round % 40];
      const value = special ?? (state / 2_147_483_648 - 0.5) * 10 ** (round % 24);
      for (const write of writers) expect(write(value)).not.toMatch(/NaN|Infinity|undefined/);
    }
  });

  test.each([
    [0, "0 s ago"],
    [-3, "0 s ago"],
    [59.9, "59 s ago"],
    [61, "1 min ago"],
    [7200, "2 h ago"],
    [259_200, "3 d ago"],
    [null, "?"],
  ])("age %s", (value, expected) => {
    expect(plain(formats.age(value))).toBe(expected);
  });

  test("hashes are cut in the middle, positions of 0 are unknown, words agree", () => {
    expect(formats.shortHash("3NKPvaHBabcdefghijklmnop9xTq")).toBe("3NKPvaHB…9xTq");
    expect(formats.shortHash("short")).toBe("short");
    expect(formats.position(0)).toBe("?");
    expect(formats.position(871)).toBe("871");
    expect(formats.plural(1, "node")).toBe("1 node");
    expect(formats.plural(2, "entry", "entries")).toBe("2 entries");
    expect(plain(formats.rate(41.24, "tx/min"))).toBe("41.2 tx/min");
    expect(formats.rate(null, "tx/min")).toBe("?");
    expect(formats.parseTime("2026-11-29T00:00:00Z")).toBe(Date.UTC(2026, 10, 29));
    expect(formats.parseTime("yesterday")).toBeNull();
    expect(formats.parseTime(undefined)).toBeNull();
  });
});
