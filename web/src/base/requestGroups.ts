/** Requests to nodes: many of one step that ended alike are one line, which can be unfolded. */

/** A request, as far as folding is concerned. */
export interface Requested {
  step: number;
  node: string;
  outcome?: string | null;
}

export interface Group<Row> {
  /** Names it for as long as the run is looked at. */
  key: string;
  rows: readonly Row[];
  /** How many different nodes were asked. */
  nodes: number;
  isOpen: boolean;
}

/** A line of the table: a request, which may be one of an open group, or a group. */
export type Line<Row> = { row: Row; isInner?: boolean } | { group: Group<Row> };

/** More than so many are folded. */
const FOLDED_OVER = 20;

/** A request without an outcome waits for its answer. */
export const outcomeOf = (row: Requested): string => row.outcome ?? "waiting";

/** A group stands where its first request would; its requests follow it while it is open. */
export function folded<Row extends Requested>(
  rows: readonly Row[],
  open: ReadonlySet<string>,
): Line<Row>[] {
  const groups = new Map<string, Row[]>();
  for (const row of rows) {
    const key = `${row.step} ${outcomeOf(row)}`;
    const group = groups.get(key);
    if (group) group.push(row);
    else groups.set(key, [row]);
  }
  const lines: Line<Row>[] = [];
  for (const row of rows) {
    const key = `${row.step} ${outcomeOf(row)}`;
    const group = groups.get(key) ?? [];
    if (group.length <= FOLDED_OVER) lines.push({ row });
    else if (group[0] === row) {
      const isOpen = open.has(key);
      const nodes = new Set(group.map(({ node }) => node)).size;
      lines.push({ group: { key, rows: group, nodes, isOpen } });
      if (isOpen) lines.push(...group.map((each) => ({ row: each, isInner: true })));
    }
  }
  return lines;
}

/** Rows by a value of theirs; what is not known comes last both ways. */
export function sortedBy<Row>(
  rows: readonly Row[],
  of: (row: Row) => string | number | null | undefined,
  order: "asc" | "desc",
): Row[] {
  const turn = order === "asc" ? 1 : -1;
  return [...rows].sort((one, other) => {
    const [a, b] = [of(one) ?? null, of(other) ?? null];
    if (a === null || b === null) return Number(a === null) - Number(b === null);
    const by =
      typeof a === "number" && typeof b === "number"
        ? a - b
        : String(a).localeCompare(String(b), "en", { numeric: true });
    return by * turn;
  });
}

/** What numbers add up to: null where one of them is not known, undefined where none is. */
export function sum(values: readonly (number | null | undefined)[]): number | null | undefined {
  const known = values.filter((value) => typeof value === "number");
  if (known.length === 0) return undefined;
  return known.length < values.length ? null : known.reduce((total, value) => total + value, 0);
}

/** The most frequent of some texts, and how many of them there are; undefined without any. */
export function mostFrequent(
  texts: readonly (string | null | undefined)[],
): { text: string; times: number } | undefined {
  const counts = new Map<string, number>();
  for (const text of texts) if (text) counts.set(text, (counts.get(text) ?? 0) + 1);
  const [first] = [...counts].sort(([, a], [, b]) => b - a);
  return first && { text: first[0], times: first[1] };
}
