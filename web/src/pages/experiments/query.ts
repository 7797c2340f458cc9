/** What the addresses of the lists of experiments hold. */

import { choice, text, whole, type Codec } from "../../base/codecs";
import { stateLabel } from "../../base/states";
import { HISTORY_METRICS, type HistoryMetric } from "./history";
import type { pageQuery } from "../../state/pageQuery.svelte";

const STATUSES = ["queued", "running", "cancelling", "success", "error", "cancelled"];
const VERDICTS = ["pass", "fail", "not_enough_data"];
/** What the service can sort outcomes by. */
const SORTS = [
  "name",
  "deployment",
  "status",
  "verdict",
  "started",
  "duration",
  "rounds",
  "intended",
  "included",
  "latency_p95",
  "completeness",
  "seed",
];

// An interface has no index, which the state of a page needs.
export type ListQuery = {
  view: "runs" | "outcomes" | "history";
  q: string;
  status: string;
  verdict: string;
  sort: string;
  order: "asc" | "desc";
  /** The number of the run before which the page of runs begins. */
  before: number;
  /** Where the page of outcomes begins. */
  cursor: string;
  /** What the history shows. */
  metric: HistoryMetric;
};
export type List = ReturnType<typeof pageQuery<ListQuery>>;

export const CODECS: { [Key in keyof ListQuery]: Codec<ListQuery[Key]> } = {
  view: choice("runs", "outcomes", "history"),
  q: text,
  status: choice(...STATUSES),
  verdict: choice(...VERDICTS),
  sort: choice(...SORTS),
  order: choice("asc", "desc"),
  before: whole,
  cursor: text,
  metric: choice(...HISTORY_METRICS),
};

const worded = (words: string[]): { value: string; label: string }[] =>
  words.map((value) => ({ value, label: stateLabel(value) }));
export const STATUS_OPTIONS = worded(STATUSES);
export const VERDICT_OPTIONS = worded(VERDICTS);

/** Another filter: its list begins with its first page. */
export function filtered(list: List, changes: Partial<ListQuery>): void {
  const emptied = changes.q === "" ? { q: undefined } : {};
  list.set({ ...changes, ...emptied, before: undefined, cursor: undefined }, true);
}
export const isFiltered = ({ values }: List): boolean =>
  (values.q ?? values.status ?? values.verdict) !== undefined;
