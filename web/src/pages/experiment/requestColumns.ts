/** Columns of the requests to nodes: of one request, and of many that are folded into a line. */

import type { Journal } from "../../api/runs";
import { count, outside, parseTime, plural, rate } from "../../base/formats";
import { mostFrequent, outcomeOf, sum, type Group, type Line } from "../../base/requestGroups";
import type { Column } from "../../ui/DataTable.svelte";

export type Request = Journal["requests"][number];
export type RequestLine = Line<Request>;

/** By what requests are sorted. */
const SORTED = {
  step: (row: Request) => row.step,
  round: (row: Request) => row.round,
  node: (row: Request) => row.node,
  kind: (row: Request) => row.kind,
  outcome: outcomeOf,
  asked: (row: Request) => parseTime(row.asked_at),
  rate: (row: Request) => row.tps,
  intended: (row: Request) => row.intended,
  undone: (row: Request) => parseTime(row.undone_at),
  error: (row: Request) => row.error,
};
type Sort = keyof typeof SORTED;
export const REQUEST_SORTS: string[] = Object.keys(SORTED);
export const sortOf = (key: string) => SORTED[key as Sort] ?? SORTED.step;

const NONE = "–";
const UNKNOWN = "?";

/** The text that all of them have, or how many different ones there are. */
function same(texts: readonly string[], words: string): string {
  const different = new Set(texts);
  return different.size === 1 ? (texts[0] ?? NONE) : `${count(different.size)} ${words}`;
}

function whole(value: number | null | undefined, write: (value: number) => string): string {
  return value === undefined ? NONE : value === null ? UNKNOWN : write(value);
}

function reasons(rows: readonly Request[]): string {
  const first = mostFrequent(rows.map(({ error }) => error));
  if (first === undefined) return NONE;
  const text = outside(first.text);
  return first.times === rows.length
    ? text
    : `${text} (${count(first.times)} of ${count(rows.length)})`;
}

function undone(rows: readonly Request[]): string {
  const times = rows.filter((row) => row.undone_at).length;
  return times === 0 ? NONE : `${count(times)} of ${count(rows.length)}`;
}

/** How a group is called: "212 nodes refused". */
export function nameOf({ rows, nodes }: Group<Request>, outcome: string): string {
  const requests = rows.length === nodes ? "" : `, ${plural(rows.length, "request")}`;
  return `${plural(nodes, "node")} ${outcome.toLowerCase()}${requests}`;
}

/** `at` writes a moment of the laboratory. */
export function requestColumns(
  at: (text: string | null | undefined) => string,
): Column<RequestLine>[] {
  const both =
    (one: (row: Request) => string, many: (rows: readonly Request[]) => string) =>
    (line: RequestLine): string =>
      "group" in line ? many(line.group.rows) : one(line.row);
  const end = { align: "end" } as const;
  const round = (row: Request): string =>
    row.round === null || row.round === undefined ? NONE : String(row.round);
  const tps = (value: number): string => rate(value, "tx/s");
  const columns: Column<RequestLine>[] = [
    {
      ...{ key: "step", label: "Step", width: 80, ...end },
      text: both(
        ({ step }) => String(step),
        (rows) => String(rows[0]?.step),
      ),
    },
    {
      ...{ key: "round", label: "Round", width: 96, ...end },
      text: both(round, (rows) => same(rows.map(round), "rounds")),
    },
    { key: "node", label: "Node", width: 232 },
    {
      ...{ key: "kind", label: "Request", width: 160 },
      text: both(
        ({ kind }) => outside(kind),
        (rows) =>
          same(
            rows.map(({ kind }) => outside(kind)),
            "kinds",
          ),
      ),
    },
    { key: "outcome", label: "Outcome", width: 140 },
    {
      ...{ key: "asked", label: "Asked", width: 148 },
      text: both(
        (row) => at(row.asked_at),
        (rows) => `from ${at(earliest(rows))}`,
      ),
    },
    {
      ...{ key: "rate", label: "Rate", width: 120, ...end },
      text: both(
        (row) => whole(row.tps ?? undefined, tps),
        (rows) => whole(sum(rows.map((row) => row.tps)), tps),
      ),
      reason: () => "Not known of each of them",
    },
    {
      ...{ key: "intended", label: "Intended", width: 110, ...end },
      text: both(
        (row) => whole(row.intended ?? undefined, count),
        (rows) => whole(sum(rows.map((row) => row.intended)), count),
      ),
      reason: () => "Not known of each of them",
    },
    {
      ...{ key: "undone", label: "Undone", width: 130 },
      text: both((row) => at(row.undone_at), undone),
    },
    {
      ...{ key: "error", label: "Why refused", width: 320 },
      text: both((row) => outside(row.error ?? NONE), reasons),
    },
  ];
  return columns.map((column) => ({ ...column, sortable: true }));
}

function earliest(rows: readonly Request[]): string | undefined {
  const known = rows.flatMap(({ asked_at }) => (asked_at ? [asked_at] : []));
  return known.sort((a, b) => (parseTime(a) ?? 0) - (parseTime(b) ?? 0))[0];
}
