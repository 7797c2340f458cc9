/** The network's clock, as the dashboard's server knows it. */

import type { Clock } from "../api/shapes";
import { parseTime } from "../base/formats";
import { ask } from "../live/answers.svelte";
import { clock } from "./clock.svelte";
import { filters, span } from "./scope.svelte";
import type { Parameters } from "../api/client";

const EVERY_MS = 30_000;

/** The clock and what follows from it. Call it while a component is made. */
export function useNetwork() {
  const answer = ask<Clock>(() => ({
    service: "lab",
    path: "/v1/clock",
    freshMs: EVERY_MS,
    everyMs: EVERY_MS,
  }));
  const scale = $derived(answer.data?.scale ?? 1);
  // Between two answers the clock runs on.
  const now = $derived.by(() => {
    const known = parseTime(answer.data?.network_now);
    // The page's clock ticks once a second: it may be behind an answer that has just come.
    const since = Math.max(0, clock.now - answer.dataUpdatedAt);
    return known === null ? clock.now : known + since * scale;
  });
  return {
    get scale(): number {
      return scale;
    },
    get now(): number {
      return now;
    },
    /** Whether filters can be made: the clock is known, or will not be. */
    get isKnown(): boolean {
      return answer.data !== undefined || answer.failureReason !== null;
    },
    /** From when until when the scope reaches, in microseconds; undefined where it does not say. */
    get span(): readonly [from: number, until: number] | undefined {
      return span(now, scale);
    },
    get filters(): Parameters {
      return filters(now, scale);
    },
  };
}
