/**
 * One stream of events for all tabs of a browser, with the streams of the runs that are looked at.
 * Knows nothing of pages: it is told which topics are wanted and passes on what comes.
 */

import type { FromHub, ToHub } from "./messages";

/** Nothing for so long means that the connection is lost: the server sends a beat every 15 s. */
const SILENCE_MAX_MS = 40_000;
const RETRY_MAX_MS = 30_000;
/** Events with which a run ends. */
const ENDS = ["success", "error", "cancelled"];

interface Wish {
  topics: string[];
  runs: string[];
}

export class Hub {
  #send: (message: FromHub) => void;
  #wishes = new Map<unknown, Wish>();
  #base = "";
  #source: EventSource | null = null;
  #topics = "";
  #lastId = "";
  #retries = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #watch: ReturnType<typeof setTimeout> | undefined;
  #runs = new Map<string, EventSource>();

  constructor(send: (message: FromHub) => void) {
    this.#send = send;
  }

  /** Takes in what a tab says. `tab` is any value that stands for it. */
  hear(tab: unknown, message: ToHub): void {
    if (message.kind === "leave") {
      this.#wishes.delete(tab);
    } else {
      this.#base = message.base;
      this.#wishes.set(tab, { topics: message.topics, runs: message.runs });
    }
    this.#follow();
  }

  #follow(): void {
    const wishes = [...this.#wishes.values()];
    const topics = [...new Set(wishes.flatMap((wish) => wish.topics))].sort().join(",");
    if (topics !== this.#topics) {
      this.#topics = topics;
      this.#open();
    }
    const runs = new Set(wishes.flatMap((wish) => wish.runs));
    for (const [run, source] of this.#runs) {
      if (runs.has(run)) continue;
      source.close();
      this.#runs.delete(run);
    }
    for (const run of runs) if (!this.#runs.has(run)) this.#openRun(run);
  }

  #open(): void {
    this.#close();
    if (this.#topics === "") return;
    const query = new URLSearchParams({ topics: this.#topics });
    if (this.#lastId !== "") query.set("after", this.#lastId);
    const source = new EventSource(`${this.#base}/api/lab/v1/stream?${query}`);
    this.#source = source;
    source.onopen = () => {
      this.#retries = 0;
      this.#heard();
      this.#send({ kind: "state", connected: true });
    };
    source.onerror = () => this.#again();
    source.addEventListener("beat", () => this.#heard());
    source.addEventListener("reset", (event) => {
      this.#heard();
      this.#stale(JSON.parse(event.data).topics as string[]);
    });
    for (const topic of this.#topics.split(",")) {
      source.addEventListener(topic, (event) => {
        if (event.lastEventId !== "") this.#lastId = event.lastEventId;
        this.#heard();
        this.#stale([topic]);
      });
    }
    this.#heard();
  }

  #stale(topics: string[]): void {
    this.#send({ kind: "stale", topics, at: Date.now() });
  }

  #heard(): void {
    clearTimeout(this.#watch);
    this.#watch = setTimeout(() => this.#again(), SILENCE_MAX_MS);
    this.#send({ kind: "beat", at: Date.now() });
  }

  #again(): void {
    this.#close();
    this.#send({ kind: "state", connected: false });
    const wait = waitFor(this.#retries);
    this.#retries += 1;
    this.#timer = setTimeout(() => this.#open(), wait);
  }

  #close(): void {
    clearTimeout(this.#timer);
    clearTimeout(this.#watch);
    this.#source?.close();
    this.#source = null;
  }

  /** Hears the events of a run, behind `after`; the orchestrator may go and come back meanwhile. */
  #openRun(run: string, after = 0, retries = 0): void {
    const query = after > 0 ? `?after=${after}` : "";
    const source = new EventSource(
      `${this.#base}/api/runs/v1/experiments/${encodeURIComponent(run)}/events${query}`,
    );
    this.#runs.set(run, source);
    let last = after;
    let failures = retries;
    for (const event of ["log", "step", "status"]) {
      source.addEventListener(event, (message) => {
        const number = Number(message.lastEventId);
        last = Math.max(last, number);
        failures = 0;
        this.#send({ kind: "run", run, event, number, data: message.data });
        // The stream of a run that is over ends; asking again would only bring nothing.
        if (event === "status" && ENDS.some((end) => message.data.includes(`"${end}"`)))
          source.close();
      });
    }
    source.onerror = () => {
      // What is known of the run may be old, or its service away.
      this.#stale([`run:${run}`]);
      // A stream that ends is asked for again by the browser; one that is refused is not.
      if (source.readyState !== EventSource.CLOSED) return;
      setTimeout(() => {
        if (this.#runs.get(run) === source) this.#openRun(run, last, failures + 1);
      }, waitFor(failures));
    };
  }
}

/** How long to wait after so many failures, in milliseconds; not the same for all pages. */
function waitFor(failures: number): number {
  return Math.min(1000 * 2 ** failures, RETRY_MAX_MS) * (0.8 + Math.random() * 0.4);
}
