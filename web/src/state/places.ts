/**
 * How far parts of a page were scrolled, by entry of the browser's history: who goes back sees what
 * was seen before.
 */

import { router } from "./router.svelte";

/** Most places that are kept; the oldest are forgotten. */
const MOST = 500;
const kept = new Map<string, number>();

const keyOf = (name: string): string => `${router.entry} ${name}`;

/** How far the part of this name was scrolled at this entry, in pixels; 0 if it was not. */
export function placeOf(name: string): number {
  return kept.get(keyOf(name)) ?? 0;
}

export function keepPlace(name: string, top: number): void {
  const key = keyOf(name);
  kept.delete(key);
  kept.set(key, top);
  for (const oldest of kept.keys()) {
    if (kept.size <= MOST) break;
    kept.delete(oldest);
  }
}
