/** What metrics and runs are called beside each other. */

import { outside } from "../../base/formats";

export function metricName(metric: string): string {
  return outside(metric)
    .replace(/^checkpoint\./, "checkpoint: ")
    .replaceAll("_", " ");
}

/** The first run is A. */
export const letterOf = (at: number): string => String.fromCharCode("A".charCodeAt(0) + at);
