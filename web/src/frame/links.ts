/** Links to the page as it is. */

import { timeScope } from "../base/codecs";
import { scope } from "../state/scope.svelte";

const DEFAULT_MINUTES = 60;

/** The address of this page with its relative times written out. */
export function pinnedHref(): string {
  const url = new URL(location.href);
  const time = scope.time ?? { kind: "last" as const, minutes: DEFAULT_MINUTES };
  if (time.kind === "last") {
    const until = Date.now();
    const from = until - time.minutes * 60_000;
    url.searchParams.set("t", timeScope.write({ kind: "range", from, until }));
  }
  return url.href;
}
