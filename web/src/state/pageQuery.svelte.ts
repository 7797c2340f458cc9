/** The query keys of one page, beside the global ones. */

import { readQuery, writeQuery, type Codec } from "../base/codecs";
import { router } from "./router.svelte";
import { GLOBAL, scope, type Changes } from "./scope.svelte";
import { toasts } from "./toasts.svelte";

/** Reads and writes the page's own keys. Keys that are unknown or malformed are dropped and named. */
export function pageQuery<T extends Record<string, unknown>>(codecs: {
  [K in keyof T]-?: Codec<NonNullable<T[K]>>;
}) {
  const own = codecs as unknown as Record<string, Codec<unknown>>;
  const all = { ...GLOBAL, ...own };
  const pathname = router.pathname;
  const values = $derived(readQuery(router.search, all).values as Partial<T>);

  /** The address of this page with some of its keys changed, and some of the scope's. */
  function href(changes: Partial<T>, ofScope: Changes = {}): string {
    return scope.href(router.pathname, writeQuery({ ...values, ...changes }, own), ofScope);
  }

  function set(changes: Partial<T>, replace = false): void {
    const next = writeQuery({ ...values, ...changes }, own);
    router.go(scope.within(router.pathname, next), { replace });
  }

  $effect(() => {
    const { dropped } = readQuery(router.search, all);
    if (dropped.length === 0 || router.pathname !== pathname) return;
    toasts.add(`Dropped from the address: ${dropped.join(", ")}`);
    router.go(router.pathname + writeQuery(readQuery(router.search, all).values, all), {
      replace: true,
    });
  });

  return {
    get values(): Partial<T> {
      return values;
    },
    href,
    set,
  };
}
