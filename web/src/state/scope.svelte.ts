/** What the page is about: deployment, time, run and round. Kept by every link. */

import {
  readQuery,
  text,
  timeScope,
  whole,
  wholes,
  writeQuery,
  type Codec,
  type TimeScope,
} from "../base/codecs";
import { zoomTo, type Zoom } from "../base/zooms";
import type { Parameters } from "../api/client";
import { prefix } from "../api/prefix";
import { router } from "./router.svelte";

/** The global keys, in the order in which addresses have them. */
export const GLOBAL: Record<string, Codec<unknown>> = {
  d: wholes as Codec<unknown>,
  t: timeScope as Codec<unknown>,
  x: text as Codec<unknown>,
  r: whole as Codec<unknown>,
};

interface Values {
  d?: number[];
  t?: TimeScope;
  x?: string;
  r?: number;
}

/** What is to stand in the place of some of the keys; null takes one away. */
export type Changes = Partial<Record<"d" | "t" | "x" | "r", unknown>>;

/** What leads to a run, or to one of its rounds: its time is its own. */
export function ofRun(run: string, round?: number): Changes {
  return { x: run, r: round, t: undefined };
}

const GLOBAL_KEYS = Object.keys(GLOBAL);
/** Keys of lists that say where their page begins. */
const PAGE_KEYS = ["cursor", "before"];

class Scope {
  #values = $derived(readQuery(onlyGlobal(router.search), GLOBAL).values as Values);
  #zooms: readonly Zoom[] = [];

  get deployments(): number[] {
    return this.#values.d ?? [];
  }
  get time(): TimeScope | undefined {
    return this.#values.t;
  }
  get run(): string | undefined {
    return this.#values.x;
  }
  get round(): number | undefined {
    return this.#values.r;
  }

  /** The global keys as they stand in addresses. */
  get query(): string {
    return writeQuery(this.#values as Record<string, unknown>, GLOBAL);
  }

  /**
   * The address of a page in this scope, or in one that differs by `changes`, for `href`. `own` is a
   * query that begins with `?`.
   */
  href(path: string, own = "", changes: Changes = {}): string {
    return prefix + this.within(path, own, changes);
  }

  /** As `href`, without the prefix: for `router.go`. */
  within(path: string, own = "", changes: Changes = {}): string {
    const global = writeQuery({ ...this.#values, ...changes }, GLOBAL);
    if (own === "") return path + global;
    return path + (global === "" ? own : `${global}&${own.slice(1)}`);
  }

  /** Puts the scope before an address that a service has given. */
  hrefOf(given: string): string {
    if (!given.startsWith("/") || given.startsWith("//")) return this.href("/");
    const [path = "/", own = ""] = given.split("?", 2);
    return own === "" ? this.href(path) : prefix + path + `?${own}`;
  }

  change(changes: Changes): void {
    const values = { ...(this.#values as Record<string, unknown>), ...changes };
    if (changes.x === null) values["r"] = undefined;
    const own = new URLSearchParams(router.search);
    for (const key of GLOBAL_KEYS) own.delete(key);
    // In another scope, a list begins with its first page.
    for (const key of PAGE_KEYS) own.delete(key);
    const global = writeQuery(values, GLOBAL);
    const rest = own.toString();
    const query = rest === "" ? global : `${global === "" ? "?" : `${global}&`}${rest}`;
    router.go(router.pathname + query);
  }

  get #timeText(): string | undefined {
    return this.time && timeScope.write(this.time);
  }

  /** Shows a part of the time, in milliseconds since 1970. */
  zoom(from: number, until: number): void {
    const t: TimeScope = { kind: "range", from: Math.round(from), until: Math.round(until) };
    if (t.from >= t.until) return;
    this.#zooms = [...this.#zooms, { before: this.#timeText, after: timeScope.write(t) }];
    this.change({ t });
  }

  /** Back to the time before the zoom that led here; what moved with the clock moves again. */
  zoomBack(): void {
    const zoom = zoomTo(this.#zooms, this.#timeText);
    if (zoom) this.change({ t: zoom.before && timeScope.parse(zoom.before) });
  }
}

function onlyGlobal(search: string): string {
  const kept = new URLSearchParams();
  for (const [key, value] of new URLSearchParams(search)) {
    if (GLOBAL_KEYS.includes(key)) kept.set(key, value);
  }
  return kept.toString();
}

export const scope = new Scope();

/** Microseconds since 1970, as the services count network time. */
const MICROSECONDS = 1000;
/** Relative times move in steps, so that equal questions have equal addresses. */
const STEP_MS = 60_000;
const DEFAULT_MINUTES = 60;

/** The time that is meant, also where the address has none. */
export function effective(scale: number): TimeScope {
  return scope.time ?? (scale === 1 ? { kind: "last", minutes: DEFAULT_MINUTES } : { kind: "all" });
}

/** From when until when a scope reaches, in microseconds; undefined where it is as long as its data. */
export function span(
  now: number,
  scale: number,
): readonly [from: number, until: number] | undefined {
  const time = effective(scale);
  if (time.kind === "range") return [time.from * MICROSECONDS, time.until * MICROSECONDS];
  if (time.kind === "all" || scope.run !== undefined) return undefined;
  return [(now - time.minutes * 60_000) * MICROSECONDS, now * MICROSECONDS];
}

/**
 * The filters of the reading API for this scope. `now` is the network's time in milliseconds.
 * Without a time in the address the last hour is meant; where the network runs faster than the
 * clock on the wall, an hour of it is over in a minute, so everything of the deployment is.
 */
export function filters(now: number, scale: number): Parameters {
  const time = effective(scale);
  const times: Record<string, number> = {};
  if (time.kind === "range") {
    times["from"] = time.from * MICROSECONDS;
    times["until"] = time.until * MICROSECONDS;
  } else if (time.kind === "last" && scope.run === undefined) {
    times["from"] = (Math.floor(now / STEP_MS) * STEP_MS - time.minutes * 60_000) * MICROSECONDS;
  }
  return {
    deployment: scope.deployments.length === 0 ? undefined : scope.deployments.join(","),
    ...times,
    run: scope.run,
    round: scope.round,
  };
}

/** Whether the time is that of the run: only two times in the address hold beside a run. */
export function isTimeOfRun(): boolean {
  return scope.run !== undefined && scope.time?.kind !== "range";
}

/** The time of the scope in words, for the scope bar. */
export function scopeTimeWords(scale: number): string {
  if (!isTimeOfRun()) return timeWords(scope.time, scale);
  return scope.round === undefined ? "time of the run" : "time of the round";
}

/** A time in words. */
export function timeWords(time: TimeScope | undefined, scale: number): string {
  if (time === undefined) return scale === 1 ? "last 60 min" : "all time";
  if (time.kind === "all") return "all time";
  if (time.kind === "range") {
    const clockOf = (at: number): string =>
      new Date(at).toISOString().slice(5, 16).replace("T", " ");
    return `${clockOf(time.from)} – ${clockOf(time.until)}Z`;
  }
  if (time.minutes % 1440 === 0)
    return time.minutes === 1440 ? "last day" : `last ${time.minutes / 1440} days`;
  if (time.minutes % 60 === 0 && time.minutes > 60) return `last ${time.minutes / 60} h`;
  return `last ${time.minutes} min`;
}
