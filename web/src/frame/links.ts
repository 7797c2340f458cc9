/** Links to the page as it is. */

import { request } from "../api/client";
import type { MinutesAnswer } from "../api/shapes";
import { timeScope } from "../base/codecs";
import { effective, filters, scope } from "../state/scope.svelte";

/** Microseconds of a millisecond and of a second. */
const MS = 1000;
const SECOND = 1_000_000;

interface Clock {
  now: number;
  scale: number;
}

/**
 * The address of this page with what is relative written out: the deployment by its number, the
 * time by two times of the network's clock. A run has its own deployment and time, and a running one
 * goes on: its time until now is written. Rejects where what has to be asked is not known.
 */
export async function pinnedHref({ now, scale }: Clock): Promise<string> {
  const url = new URL(location.href);
  const time = effective(scale);
  const asked = filters(now, scale);
  const moves = time.kind === "last" && scope.run === undefined;
  const isWritten = time.kind === "range" || moves;
  const known =
    isWritten && scope.deployments.length > 0
      ? undefined
      : await request<MinutesAnswer>("results", "/v1/completeness/minutes", {
          parameters: { ...asked, deployment: scope.deployments[0], steps: 1 },
        });
  if (moves) writeTime(url, Number(asked["from"]), Math.floor(now) * MS);
  else if (time.kind !== "range" && known) {
    const [from, until] = spanOf(known, now);
    if (from < until) writeTime(url, from, until);
    // Nothing is stored yet: all that will be is meant, or what the run will leave.
    else if (scope.run === undefined) url.searchParams.set("t", timeScope.write({ kind: "all" }));
  }
  const deployment = known?.meta.deployment_id;
  if (scope.deployments.length === 0 && typeof deployment === "number")
    url.searchParams.set("d", String(deployment));
  return url.href;
}

/** From when until when the run or, without one, the data reaches, in microseconds. */
function spanOf({ minutes, meta }: MinutesAnswer, now: number): readonly [number, number] {
  if (scope.run !== undefined) return [meta.from ?? 0, meta.until ?? 0];
  const [first = 0] = minutes.t;
  const end = first + minutes.t.length * minutes.step_s * SECOND;
  return [first, Math.min(end, Math.floor(now) * MS)];
}

/** Addresses have whole milliseconds: the time is rather longer than without an entry at its end. */
function writeTime(url: URL, from: number, until: number): void {
  const written = timeScope.write({
    kind: "range",
    from: Math.floor(from / MS),
    until: Math.ceil(until / MS),
  });
  url.searchParams.set("t", written);
}
