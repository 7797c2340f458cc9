/**
 * Runs in a task of its own, as soon as there is one. While a list is scrolled, Chromium lets timers
 * wait for a fifth of a second.
 */
export function soon(run: () => void): void {
  if ("scheduler" in globalThis) {
    void globalThis.scheduler.postTask(run, { priority: "user-blocking" });
  } else setTimeout(run);
}
