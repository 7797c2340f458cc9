/** Links to the page as it is. */

import { request } from "../api/client";
import type { DeploymentsAnswer } from "../api/shapes";
import { timeScope } from "../base/codecs";
import { effective, scope } from "../state/scope.svelte";

/**
 * The address of this page with what is relative written out: the newest deployment by its number,
 * the last minutes by two times of the network's clock. Rejects where the newest is not known.
 */
export async function pinnedHref(network: { now: number; scale: number }): Promise<string> {
  const url = new URL(location.href);
  const time = effective(network.scale);
  const until = Math.floor(network.now);
  if (time.kind === "last")
    url.searchParams.set(
      "t",
      timeScope.write({ kind: "range", from: until - time.minutes * 60_000, until }),
    );
  if (scope.deployments.length === 0) {
    const { deployments } = await request<DeploymentsAnswer>("results", "/v1/deployments", {
      parameters: { limit: 1 },
    });
    const newest = deployments[0]?.id;
    if (newest !== undefined) url.searchParams.set("d", String(newest));
  }
  return url.href;
}
