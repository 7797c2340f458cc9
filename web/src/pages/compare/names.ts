/** What metrics, runs and changes are called beside each other. */

import type { ComparisonAnswer, MetricChange } from "../../api/shapes";
import { outside, plural } from "../../base/formats";

export function metricName(metric: string): string {
  return outside(metric)
    .replace(/^checkpoint\./, "checkpoint: ")
    .replaceAll("_", " ");
}

/** The first run is A. */
export const letterOf = (at: number): string => String.fromCharCode("A".charCodeAt(0) + at);

/** What became of a metric, the most important first. */
export const CHANGES = ["worse", "better", "same", "unknown", "not_enough_data"] as const;
export type Change = (typeof CHANGES)[number];

const WORDS: Record<Change, string> = {
  worse: "worse",
  better: "better",
  same: "same",
  // There is a difference, which chance may be all of.
  unknown: "within chance",
  not_enough_data: "without enough data",
};

/** The service has one word for what chance may have made and for what was not measured; a reason
 * says that it is the latter. */
export function changeOf({ verdict, reason }: MetricChange): Change {
  return verdict === "unknown" && typeof reason === "string" ? "not_enough_data" : verdict;
}

export const changeWords = (change: Change): string => WORDS[change];

/** How many of these metrics have changed in this way. */
export const numberOf = (metrics: readonly MetricChange[], change: Change): number =>
  metrics.filter((metric) => changeOf(metric) === change).length;

/** `3 same, 1 within chance`: what became of each. */
export function changesIn(metrics: readonly MetricChange[]): string {
  return CHANGES.map((change) => ({ change, number: numberOf(metrics, change) }))
    .filter(({ number }) => number > 0)
    .map(({ change, number }) => `${number} ${changeWords(change)}`)
    .join(", ");
}

/** What the comparison came to: the mark and the words. */
export function conclusionOf({ verdict, metrics }: ComparisonAnswer["comparison"]): {
  state: string;
  words: string;
} {
  if (verdict === "worse") return { state: verdict, words: "The last run is worse" };
  if (verdict === "better") return { state: verdict, words: "The last run is better" };
  if (verdict === "mixed") return { state: verdict, words: "Better in some, worse in others" };
  const compared = metrics.length - numberOf(metrics, "not_enough_data");
  if (compared === 0) return { state: "not_enough_data", words: "Not enough data to compare" };
  const words = "No difference beyond chance";
  if (compared === metrics.length) return { state: verdict, words };
  const few = `in the ${plural(compared, "metric")} with enough data`;
  return { state: verdict, words: `${words} ${few}, of ${metrics.length}` };
}
