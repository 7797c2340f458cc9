/** What a block holds, as the metadata of its traces name it. */

export interface Contained {
  /** `payment`, `zkapp`, or whatever the node calls it. */
  kind: string;
  hash: string;
  memo: string;
  /** What became of it in this block: `Applied` or `Failed`; null where the trace does not say. */
  result: string | null;
  reason: string | null;
}

/** Rewards and fees are no transactions that somebody has sent. */
const OF_THE_PROTOCOL = ["coinbase", "fee_transfer"];

/**
 * The transactions in the metadata of a trace, `[kind, hash, memo, [result, …]]` each; null where the
 * metadata name none, which is not the same as an empty block.
 */
export function contained(metadata: Readonly<Record<string, unknown>>): Contained[] | null {
  const list = metadata["transactions"];
  if (!Array.isArray(list)) return null;
  return list.flatMap((element: unknown): Contained[] => {
    if (!Array.isArray(element)) return [];
    const [kind, hash, memo, status] = element as unknown[];
    if (typeof kind !== "string" || typeof hash !== "string" || OF_THE_PROTOCOL.includes(kind))
      return [];
    const [result, ...reasons] = Array.isArray(status) ? (status as unknown[]) : [];
    const words = reasons.flat(8).filter((part) => typeof part === "string");
    return [
      {
        kind: kind.startsWith("zkapp") ? "zkapp" : kind,
        hash,
        memo: typeof memo === "string" ? memo : "",
        result: typeof result === "string" ? result : null,
        reason: words.length === 0 ? null : words.join(", "),
      },
    ];
  });
}
