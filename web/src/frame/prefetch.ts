/** What a link leads to is asked for when the pointer rests on it, or when it has the focus. */

import type { QueryClient } from "@tanstack/svelte-query";

import { prefix } from "../api/prefix";
import type { BlockAnswer } from "../api/shapes";
import { match } from "../base/routes";
import { foresee, type Question } from "../live/answers.svelte";
import { load } from "../routes";

const REST_MS = 80;

/** The first questions of blocks and traces: the same as their pages ask. */
function questions(client: QueryClient, url: URL): Question[] {
  const { page, parameters } = match(url.pathname.slice(prefix.length));
  const { hash = "", node = "" } = parameters;
  if (page !== "block" && page !== "trace") return [];
  const chosen = /^\d+/.exec(url.searchParams.get("d") ?? "")?.[0];
  const block = {
    service: "results",
    path: `/v1/blocks/${encodeURIComponent(hash)}`,
    parameters: { deployment: chosen === undefined ? undefined : Number(chosen) },
    topic: "blocks",
  } as const;
  if (page === "block") return [block];
  // Which deployment is the newest is known from the block, if that was looked at.
  const known = client.getQueryData<BlockAnswer>(["results", block.path, block.parameters]);
  const deployment = chosen ?? known?.meta.deployment_id;
  if (deployment === undefined || deployment === null) return [block];
  const path = `/v1/traces/${[String(deployment), node, hash].map(encodeURIComponent).join("/")}`;
  return [block, { service: "traces", path, freshMs: Infinity }];
}

/** Listens until the returned function is called. */
export function prefetchLinks(client: QueryClient): () => void {
  let timer: ReturnType<typeof setTimeout> | undefined;
  let resting: Element | null = null;
  function rested(event: Event): void {
    const link = (event.target as Element | null)?.closest?.<HTMLAnchorElement>("a[href]") ?? null;
    if (link === resting) return;
    resting = link;
    clearTimeout(timer);
    if (link === null || link.hasAttribute("download")) return;
    const url = new URL(link.href);
    if (url.origin !== location.origin || !url.pathname.startsWith(prefix)) return;
    timer = setTimeout(() => {
      // The page says itself when its code is gone.
      load(match(url.pathname.slice(prefix.length)).page).catch(() => undefined);
      for (const question of questions(client, url)) foresee(client, question);
    }, REST_MS);
  }
  const events = ["pointerover", "focusin"] as const;
  for (const event of events) document.addEventListener(event, rested);
  return () => {
    clearTimeout(timer);
    for (const event of events) document.removeEventListener(event, rested);
  };
}
