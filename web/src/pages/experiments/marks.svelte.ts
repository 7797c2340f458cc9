/** Runs that are marked to be compared. They stay marked on other pages of their list. */

import { ordered, writeQuery, type Codec } from "../../base/codecs";
import { scope } from "../../state/scope.svelte";

const COMPARED_MAX = 8;

export class Marks {
  /** When each of them began. */
  #begun = $state.raw<ReadonlyMap<string, number>>(new Map());

  get keys(): string[] {
    return [...this.#begun.keys()];
  }

  turn(key: string, begun: number | null): void {
    const next = new Map(this.#begun);
    if (!next.delete(key)) next.set(key, begun ?? 0);
    this.#begun = next;
  }

  clear(): void {
    this.#begun = new Map();
  }

  get refusal(): string | undefined {
    return this.#begun.size > COMPARED_MAX ? `Mark at most ${COMPARED_MAX} runs` : undefined;
  }

  /** The page that compares them, the oldest first: the others are compared with it. */
  get comparison(): string {
    const runs = [...this.#begun]
      // One run may be in two deployments: the older one comes first.
      .sort(([a, from], [b, until]) => from - until || a.localeCompare(b, "en", { numeric: true }))
      .map(([key]) => key);
    const own = runs.length < 2 ? "" : writeQuery({ runs }, { runs: ordered as Codec<unknown> });
    return scope.within("/experiments/compare", own);
  }
}
