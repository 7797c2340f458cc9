/** The chosen deployments whose traces are in an archive instead of the database. */

import type { DeploymentsAnswer } from "../api/shapes";
import { ask } from "../live/answers.svelte";
import { scope } from "./scope.svelte";

/** A deployment, and where its traces are. */
export interface Archived {
  id: number;
  url: string;
}

/** Call it while a component is made. Nothing is asked unless `wanted`. */
export function useArchived(wanted: () => boolean = () => true) {
  // Without a choice the newest is meant, which is never archived.
  const asks = $derived(wanted() && scope.deployments.length > 0);
  const answer = ask<DeploymentsAnswer>(() => ({
    service: "results",
    path: "/v1/deployments",
    enabled: asks,
    topic: asks ? "deployments" : undefined,
  }));
  const chosen: Archived[] = $derived(
    (asks ? (answer.data?.deployments ?? []) : []).flatMap((row) =>
      row.archived && scope.deployments.includes(row.id)
        ? [{ id: row.id, url: row.archived.url }]
        : [],
    ),
  );
  return {
    get chosen(): readonly Archived[] {
      return chosen;
    },
    /** Those that are archived, if no other deployment is chosen beside them. */
    get whole(): readonly Archived[] {
      return chosen.length === scope.deployments.length ? chosen : [];
    },
  };
}
