/** What the address of a trace says beside its block and node. */
import { choice, wholes, type Codec } from "../../base/codecs";
import type { Lane } from "../../base/tree";

const LANES: readonly Lane[] = ["M", "P", "V", "A"];

/** Letters of the lanes that are shown. */
export const lanes: Codec<Lane[]> = {
  parse: (text) => {
    const found = LANES.filter((lane) => text.includes(lane));
    return found.length > 0 && found.length === text.length ? found : undefined;
  },
  write: (value) => LANES.filter((lane) => value.includes(lane)).join(""),
};

/** The part of the trace that is looked at: `<from>..<until>` in microseconds, kept as seconds. */
export const span: Codec<[number, number]> = {
  parse: (text) => {
    const found = /^(\d{1,15})\.\.(\d{1,15})$/.exec(text);
    const [from, until] = [Number(found?.[1]) / 1e6, Number(found?.[2]) / 1e6];
    return from < until ? [from, until] : undefined;
  },
  write: ([from, until]) => `${Math.round(from * 1e6)}..${Math.round(until * 1e6)}`,
};

/** What is unfolded: what is slow, everything, or nothing; `fold` has the rows that differ from that. */
export type Opened = "slow" | "all" | "none";
export const opened: Codec<Opened> = choice("slow", "all", "none");
export const folded: Codec<number[]> = wholes;
/** Most rows of `fold` in an address. */
export const FOLDED_MAX = 200;

/** How much own time rows have at least, in seconds. */
export const OWN_LEAST = {
  "1ms": { seconds: 0.001, words: "1\u202fms" },
  "10ms": { seconds: 0.01, words: "10\u202fms" },
  "100ms": { seconds: 0.1, words: "100\u202fms" },
  "1s": { seconds: 1, words: "1\u202fs" },
} as const;
export type OwnLeast = keyof typeof OWN_LEAST;
export const ownLeast: Codec<OwnLeast> = choice(...(Object.keys(OWN_LEAST) as OwnLeast[]));

/** What `?` says of the rows of a trace. */
export const KEYS = [
  { keys: "→ ←", action: "Unfold and fold, or go to the row above" },
  { keys: "w s", action: "Zoom in and out" },
  { keys: "a d", action: "Go to earlier and later" },
  { keys: "f", action: "Zoom to the row" },
  { keys: "0", action: "The whole trace" },
  { keys: "n N", action: "Next and previous match" },
  { keys: ", .", action: "Row before or behind, below the same row" },
  { keys: "m", action: "Sum up the row's time; at a second row, up to there" },
  { keys: "Esc", action: "Clear the chosen time, then the row" },
] as const;
