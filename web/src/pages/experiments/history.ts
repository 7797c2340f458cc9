/** What the results of many runs are as a row of values, and where their level changes. */

import type { ExperimentRow } from "../../api/shapes";
import { change } from "../../base/change";
import { path } from "../../base/codecs";
import {
  completeness,
  completenessOf,
  duration,
  finite,
  isWhole,
  outside,
  parseTime,
  share,
  time,
} from "../../base/formats";
import { levelChanges, levelsOf } from "../../base/levels";
import type { Zone } from "../../base/formats";
import type { STEPS } from "../../base/scales";
import type { Dot, Mark } from "../../charts/RunDots.svelte";

export const HISTORY_METRICS = ["latency", "included", "completeness", "duration"] as const;
export type HistoryMetric = (typeof HISTORY_METRICS)[number];

interface Metric {
  /** On the button, and in sentences. */
  label: string;
  words: string;
  of: (row: ExperimentRow) => number | null;
  format: (value: number | null) => string;
  /** Whether more of it is better; undefined where neither is. */
  isMoreBetter?: boolean;
  /** The least difference that counts, in words and as a value. */
  leastWords: string;
  least: (level: number) => number;
  steps: keyof typeof STEPS;
  most?: number;
}

/** Milliseconds from beginning to end. */
const lasted = (row: ExperimentRow): number | null => {
  const [from, until] = [parseTime(row.started), parseTime(row.ended)];
  return from === null || until === null || until < from ? null : (until - from) / 1000;
};
const PERCENT = 0.01;
const ofTimes = {
  format: duration,
  leastWords: "1 % of it",
  least: (level: number): number => level * PERCENT,
  steps: "duration",
} as const;
const ofParts = {
  isMoreBetter: true,
  leastWords: "0.1 percentage points",
  least: (): number => PERCENT / 10,
  steps: "number",
} as const;
export const METRICS: Readonly<Record<HistoryMetric, Metric>> = {
  latency: {
    ...ofTimes,
    label: "Latency",
    words: "Latency, 95 %",
    of: (row) => finite(row.latency_p95_s),
    isMoreBetter: false,
  },
  included: {
    ...ofParts,
    label: "In blocks",
    words: "Part in blocks",
    of: (row) => (row.intended ? finite(row.included / row.intended) : null),
    format: share,
  },
  completeness: {
    ...ofParts,
    label: "Complete",
    words: "Completeness",
    of: (row) => finite(row.completeness),
    format: (value) => completeness({ share: value, lost: value === 1 ? 0 : 1, unknownGaps: 0 }),
    most: 1,
  },
  duration: { ...ofTimes, label: "Lasted", words: "Duration", of: lasted },
};

/** The latest runs that have ended, the oldest first; runs without a beginning have no place. */
export function ended(rows: readonly ExperimentRow[], most: number): ExperimentRow[] {
  return rows
    .filter((row) => row.started && row.ended)
    .sort((a, b) => (parseTime(a.started) ?? 0) - (parseTime(b.started) ?? 0))
    .slice(-most);
}

/** One name may have outcomes in several deployments: `name@7` is that of deployment 7. */
export const keyOf = (row: ExperimentRow): string =>
  typeof row.deployment_id === "number" ? `${row.name}@${row.deployment_id}` : row.name;

export interface Changed {
  row: ExperimentRow;
  /** The run before it, to be compared with. */
  before: ExperimentRow;
  words: string;
  tone: Mark["tone"];
}

/** What the chart and its list show of runs, the oldest first. */
export function historyOf(
  rows: readonly ExperimentRow[],
  metric: Metric,
  { zone, hrefOf }: { zone: Zone; hrefOf: (path: string) => string },
) {
  const values = rows.map((row) => metric.of(row));
  const places = levelChanges(values, metric.least);
  const levels = levelsOf(values, places);
  const dots = rows.map((row, at): Dot => {
    const value = values[at] ?? null;
    const complete = completenessOf(row);
    const written = metric === METRICS.completeness ? complete : metric.format(value);
    return {
      key: `${keyOf(row)} ${row.started ?? ""}`,
      words: [
        outside(row.name),
        time(parseTime(row.started), { zone }),
        `${metric.words}: ${value === null ? "unknown" : written}`,
        ...(metric === METRICS.completeness ? [] : [`complete: ${complete}`]),
      ].join(" · "),
      value,
      href: hrefOf(path("experiments", row.name)),
      isHollow: !isWhole(row),
    };
  });
  const changes = places.map((at, index): Changed & { at: number } => {
    const [low, high] = [levels[index]?.value ?? null, levels[index + 1]?.value ?? null];
    const isMore = (high ?? 0) > (low ?? 0);
    const isBetter = metric.isMoreBetter === undefined ? undefined : isMore === metric.isMoreBetter;
    return {
      at,
      row: rows[at] as ExperimentRow,
      before: rows[at - 1] as ExperimentRow,
      words: `${metric.format(low)} → ${metric.format(high)} (${change(high, low)})`,
      tone: isBetter === undefined ? "changed" : isBetter ? "better" : "worse",
    };
  });
  return { values, dots, levels, changes, known: values.filter((value) => value !== null).length };
}

const BELOW = 5;
/** Dates below some of the runs. */
export function datesBelow(
  rows: readonly ExperimentRow[],
  zone: Zone,
): { at: number; text: string }[] {
  const number = Math.min(BELOW, rows.length);
  const found: { at: number; text: string }[] = [];
  let last = "";
  for (let index = 0; index < number; index += 1) {
    const at = Math.floor(((index + 0.5) / number) * rows.length);
    const [date = "", clock = ""] = time(parseTime(rows[at]?.started), { zone }).split(" ");
    found.push({ at, text: date === last ? clock.slice(0, 5) : date.slice(5) });
    last = date;
  }
  return found;
}
