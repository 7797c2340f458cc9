/** Sets of block traces: cells chosen in the matrix, and how services and addresses write them. */
import type { Codec } from "./codecs";

/** Heights, both ends included, and nodes; no nodes mean all of them. */
export interface Chosen {
  from: number;
  until: number;
  nodes: string[];
}

/** Most nodes that an address names; more of them count as all. */
export const NODES_MAX = 50;

/** Where what is chosen lies in a matrix: rows, and the first and last column. */
export interface Marked {
  rows: Set<number>;
  columns: [number, number];
}

/** Finds what is chosen in a matrix with these nodes, and columns at these positions. */
export function marked(
  selection: Chosen | undefined,
  nodes: readonly string[],
  columns: readonly (number | null)[],
): Marked | null {
  if (!selection) return null;
  const within = (at: number | null): boolean =>
    at !== null && at >= selection.from && at <= selection.until;
  const first = columns.findIndex(within);
  if (first < 0) return null;
  const wanted = new Set(selection.nodes);
  const rows = nodes.flatMap((node, row) => (wanted.size === 0 || wanted.has(node) ? [row] : []));
  return { rows: new Set(rows), columns: [first, columns.findLastIndex(within)] };
}

/** The nodes of rows as a selection names them: none for all, and for more than it can name. */
export function chosenNodes(
  nodes: readonly string[],
  [first, last]: readonly [number, number],
): { nodes: string[]; areTooMany: boolean } {
  const some = nodes.slice(first, last + 1);
  const areAll = some.length === nodes.length;
  const areTooMany = !areAll && some.length > NODES_MAX;
  return { nodes: areAll || areTooMany ? [] : some, areTooMany };
}

/** `868..871@a,b`: heights, and nodes behind `@` unless all are meant. */
export const chosen: Codec<Chosen> = {
  parse: (text) => {
    const found = /^(\d{1,9})\.\.(\d{1,9})(?:@(.+))?$/.exec(text);
    if (!found) return undefined;
    const [from, until] = [Number(found[1]), Number(found[2])];
    try {
      const nodes = (found[3] ?? "")
        .split(",")
        .filter((name) => name !== "")
        .map(decodeURIComponent);
      return from <= until && nodes.length <= NODES_MAX ? { from, until, nodes } : undefined;
    } catch {
      return undefined;
    }
  },
  write: ({ from, until, nodes }) => {
    const names = [...new Set(nodes)].sort().map(encodeURIComponent).join(",");
    return `${from}..${until}${names === "" ? "" : `@${names}`}`;
  },
};

/** The same as the experiments API reads it: `blocks:868..871;nodes:a,b`. */
export function expression({ from, until, nodes }: Chosen): string {
  const blocks = `blocks:${from === until ? from : `${from}..${until}`}`;
  return nodes.length === 0 ? blocks : `${blocks};nodes:${nodes.join(",")}`;
}
