/** What the times of checkpoints are held against: another deployment, a run, or all nodes. */
import type { Parameters } from "../../api/client";
import type { Codec } from "../../base/codecs";
import { outside } from "../../base/formats";

export type Against =
  { kind: "deployment"; id: number } | { kind: "run"; name: string } | { kind: "all" };

/** `d6`, `x:<run>`, `all`. */
export const against: Codec<Against> = {
  parse: (text) => {
    const id = /^d(\d{1,9})$/.exec(text)?.[1];
    if (id !== undefined) return { kind: "deployment", id: Number(id) };
    const name = /^x:(.{1,200})$/su.exec(text)?.[1];
    if (name !== undefined) return { kind: "run", name };
    return text === "all" ? { kind: "all" } : undefined;
  },
  write: (value) =>
    value.kind === "all" ? "all" : value.kind === "run" ? `x:${value.name}` : `d${value.id}`,
};

/** In words, for the head of a column. */
export function wordsOf(value: Against): string {
  if (value.kind === "all") return "all nodes";
  return value.kind === "run" ? outside(value.name) : `d${value.id}`;
}

/**
 * The question for the other side: the same, of another deployment or run in all its time, or of all
 * nodes in the same time.
 */
export function otherSide(value: Against, own: Parameters): Parameters {
  if (value.kind === "all") return { ...own, nodes: undefined };
  const scope = { from: undefined, until: undefined, round: undefined };
  return value.kind === "run"
    ? { ...own, ...scope, deployment: undefined, run: value.name }
    : { ...own, ...scope, deployment: value.id, run: undefined };
}
