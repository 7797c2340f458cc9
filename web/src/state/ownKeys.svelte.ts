/** The keys of what is on the page, beside those that hold everywhere: `?` lists them. */

import { untrack } from "svelte";

export interface OwnKeys {
  title: string;
  keys: readonly { keys: string; action: string }[];
}

let listed = $state.raw<readonly OwnKeys[]>([]);

/** What is there now. */
export function ownKeys(): readonly OwnKeys[] {
  return listed;
}

/** Lists keys while a component is there. Call it while the component is made. */
export function listKeys(of: () => OwnKeys): void {
  $effect(() => {
    const entry = of();
    listed = [...untrack(() => listed).filter((each) => each.title !== entry.title), entry];
    return () => (listed = listed.filter((each) => each !== entry));
  });
}
