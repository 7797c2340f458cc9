import type { OwnKeys } from "../state/ownKeys.svelte";

/** What `?` says of a matrix of nodes by something else. */
export function keysOf(
  columns: string,
  opens: string,
  canMark: boolean,
  canHold: boolean,
): OwnKeys {
  return {
    title: `Nodes by ${columns}`,
    keys: [
      { keys: "Shift ↑ ↓ ← →", action: "Choose cells" },
      { keys: "Enter", action: `Open ${opens}` },
      { keys: "w s", action: "Larger and smaller cells" },
      { keys: "a d", action: `Older and newer ${columns}` },
      { keys: "f", action: "Zoom to the chosen cells" },
      { keys: "0", action: "All nodes" },
      { keys: "n N", action: "Next and previous outlier" },
      ...(canMark
        ? [
            { keys: "Space", action: "Mark the cell" },
            { keys: "c", action: "Compare two marked cells" },
          ]
        : []),
      ...(canHold ? [{ keys: "p", action: "Hold the row at the top, or no more" }] : []),
      { keys: "Esc", action: "Choose none" },
    ],
  };
}
