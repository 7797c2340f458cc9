import { describe, expect, it } from "vitest";

import { folded, mostFrequent, sortedBy, sum, type Requested } from "../../src/base/requestGroups";

const many = (count: number, step: number, outcome: string | null): Requested[] =>
  Array.from({ length: count }, (_, at) => ({ step, node: `n${at}`, outcome }));
const written = (rows: Requested[], open: string[] = []): string[] =>
  folded(rows, new Set(open)).map((line) =>
    "group" in line
      ? `${line.group.isOpen ? "▾" : "▸"} ${line.group.key} ${line.group.rows.length}/${line.group.nodes}`
      : `${line.row.step} ${line.row.outcome ?? "waiting"} ${line.row.node}`,
  );

describe("requests of one step and outcome", () => {
  it("are folded over twenty, and not at twenty", () => {
    expect(written(many(21, 3, "refused"))).toEqual(["▸ 3 refused 21/21"]);
    expect(written(many(20, 3, "refused"))).toHaveLength(20);
    expect(written([])).toEqual([]);
  });

  it("stand apart by step and by outcome, where the first of them would stand", () => {
    const rows = [
      ...many(1, 1, "accepted"),
      ...many(30, 2, null),
      ...many(2, 2, "refused"),
      ...many(30, 3, null),
    ];
    expect(written(rows)).toEqual([
      "1 accepted n0",
      "▸ 2 waiting 30/30",
      "2 refused n0",
      "2 refused n1",
      "▸ 3 waiting 30/30",
    ]);
  });

  it("follow their line while it is open, also those that came apart", () => {
    const mixed = many(25, 1, "accepted").flatMap((row, at) => [
      row,
      ...many(1, at + 5, "refused"),
    ]);
    const lines = written(mixed, ["1 accepted"]);
    expect(lines[0]).toBe("▾ 1 accepted 25/25");
    expect(lines.slice(1, 26).every((line) => line.startsWith("1 accepted"))).toBe(true);
    expect(lines).toHaveLength(51);
  });

  it("count a node that was asked twice once", () => {
    expect(written([...many(15, 1, "accepted"), ...many(15, 1, "accepted")])).toEqual([
      "▸ 1 accepted 30/15",
    ]);
  });
});

describe("sorted requests", () => {
  it("have what is not known last both ways, and names by their numbers", () => {
    const rows = ["n10", null, "n9"];
    expect(sortedBy(rows, (row) => row, "asc")).toEqual(["n9", "n10", null]);
    expect(sortedBy(rows, (row) => row, "desc")).toEqual(["n10", "n9", null]);
    expect(sortedBy([2, 10, undefined, 1], (row) => row, "desc")).toEqual([10, 2, 1, undefined]);
  });
});

describe("a folded line", () => {
  it("adds up what is known of all, and says where it is not", () => {
    expect(sum([1, 2.5])).toBe(3.5);
    expect(sum([0])).toBe(0);
    expect(sum([1, null])).toBeNull();
    expect(sum([undefined, null])).toBeUndefined();
  });

  it("has the most frequent reason", () => {
    expect(mostFrequent(["a", null, "b", "b"])).toEqual({ text: "b", times: 2 });
    expect(mostFrequent([null, ""])).toBeUndefined();
  });
});
