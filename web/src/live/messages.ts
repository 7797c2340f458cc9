/** What tabs and the hub say to each other. */

/** From a tab to the hub. `base` is the path before all paths of the page. */
export type ToHub =
  { kind: "want"; base: string; topics: string[]; runs: string[] } | { kind: "leave" };

/** From the hub to all tabs. */
export type FromHub =
  | { kind: "state"; connected: boolean }
  | { kind: "beat"; at: number }
  | { kind: "stale"; topics: string[]; at: number }
  | { kind: "run"; run: string; event: string; number: number; data: string };
