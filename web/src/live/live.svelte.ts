/** Live data: which topics this tab wants, and what is told to the queries that depend on them. */

import { prefix } from "../api/prefix";
import { Hub } from "./hub";
import hubAddress from "./hub.worker?sharedworker&url";
import type { FromHub, ToHub } from "./messages";

/** Queries are asked again at most so often for each topic. */
const EVERY_MS = 1000;

export interface RunMessage {
  event: string;
  number: number;
  data: string;
}

interface Policy {
  createScriptURL: (url: string) => string;
}

/** Addresses of workers pass the page's policy of trusted types under this name. */
function trusted(url: string): string {
  const types = (
    window as { trustedTypes?: { createPolicy: (name: string, rules: Policy) => Policy } }
  ).trustedTypes;
  const policy = types?.createPolicy("loadlab-worker", { createScriptURL: (text) => text });
  return policy?.createScriptURL(url) ?? url;
}

class Live {
  connected = $state<boolean | null>(null);
  heardAt = $state(0);
  paused = $state(false);
  // Plain maps: effects that want a topic must not depend on what others want.
  #topics = new Map<string, number>();
  #listeners = new Map<string, Set<(message: RunMessage) => void>>();
  #due = new Set<string>();
  #last = new Map<string, number>();
  #timer: ReturnType<typeof setTimeout> | undefined;
  #send: ((message: ToHub) => void) | undefined;
  #refresh: (topics: ReadonlySet<string>) => void = () => undefined;

  /** Begins. `refresh` asks the queries of some topics again. */
  start(refresh: (topics: ReadonlySet<string>) => void): void {
    this.#refresh = refresh;
    const take = (message: FromHub): void => this.#take(message);
    if ("SharedWorker" in window) {
      const worker = new SharedWorker(trusted(hubAddress), { type: "module", name: "loadlab-hub" });
      worker.port.onmessage = (event: MessageEvent<FromHub>) => take(event.data);
      this.#send = (message) => worker.port.postMessage(message);
    } else {
      const hub = new Hub(take);
      this.#send = (message) => hub.hear(this, message);
    }
    window.addEventListener("pagehide", () => this.#send?.({ kind: "leave" }));
    window.addEventListener("pageshow", (event) => {
      if (event.persisted) this.#want();
    });
    document.addEventListener("visibilitychange", () => this.#flush());
    this.#want();
  }

  /** Wants a topic until the returned function is called. */
  want(topic: string): () => void {
    this.#topics.set(topic, (this.#topics.get(topic) ?? 0) + 1);
    this.#want();
    return () => {
      const left = (this.#topics.get(topic) ?? 1) - 1;
      if (left > 0) this.#topics.set(topic, left);
      else this.#topics.delete(topic);
      this.#want();
    };
  }

  /** Hears the events of a run until the returned function is called. */
  hearRun(run: string, listener: (message: RunMessage) => void): () => void {
    const listeners = this.#listeners.get(run) ?? new Set();
    listeners.add(listener);
    this.#listeners.set(run, listeners);
    this.#want();
    return () => {
      listeners.delete(listener);
      if (listeners.size === 0) this.#listeners.delete(run);
      this.#want();
    };
  }

  togglePause(): void {
    this.paused = !this.paused;
    this.#flush();
  }

  #want(): void {
    const topics = [...this.#topics.keys()].filter((topic) => topic !== "");
    const runs = [...this.#listeners.keys()];
    this.#send?.({ kind: "want", base: prefix, topics, runs });
  }

  #take(message: FromHub): void {
    if (message.kind === "state") {
      const returned = message.connected && this.connected === false;
      this.connected = message.connected;
      if (returned) for (const topic of this.#topics.keys()) this.#due.add(topic);
    } else if (message.kind === "beat") {
      this.heardAt = message.at;
      this.connected ??= true;
    } else if (message.kind === "stale") {
      for (const topic of message.topics) this.#due.add(topic);
    } else {
      for (const listener of this.#listeners.get(message.run) ?? []) listener(message);
      this.#due.add(`run:${message.run}`);
    }
    this.#flush();
  }

  /** Asks what is due, each topic at most once a second, nothing while paused or hidden. */
  #flush(): void {
    if (this.paused || document.hidden || this.#due.size === 0) return;
    const now = Date.now();
    const ready = [...this.#due].filter((topic) => now - (this.#last.get(topic) ?? 0) >= EVERY_MS);
    for (const topic of ready) {
      this.#due.delete(topic);
      this.#last.set(topic, now);
    }
    if (ready.length > 0) this.#refresh(new Set(ready));
    if (this.#due.size > 0) {
      clearTimeout(this.#timer);
      this.#timer = setTimeout(() => this.#flush(), EVERY_MS);
    }
  }
}

export const live = new Live();
