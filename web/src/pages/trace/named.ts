/** Traces by block and node, as addresses and services write them. */
import type { Codec } from "../../base/codecs";

export interface Named {
  hash: string;
  node: string;
}

/** A trace of a deployment. */
export interface Place extends Named {
  deployment: number;
}

/** `<hash>/<node>`; names of nodes may hold slashes, hashes do not. */
export const named: Codec<Named> = {
  parse: (text) => {
    const at = text.indexOf("/");
    const [hash, node] = [text.slice(0, at), text.slice(at + 1)];
    return at > 0 && node !== "" && text.length <= 400 ? { hash, node } : undefined;
  },
  write: ({ hash, node }) => `${hash}/${node}`,
};

/** As the log API names a trace: `<deployment>/<node>/<hash>`. */
export function traceKey(deployment: number, { hash, node }: Named): string {
  return `${deployment}/${node}/${hash}`;
}

/** The path of a trace at the log API. */
export function routeOf({ deployment, node, hash }: Place): string {
  return `/v1/traces/${[String(deployment), node, hash].map(encodeURIComponent).join("/")}`;
}
