/** The entries of the menu, in the order of the questions that they answer. */

import type { IconName } from "../ui/Icon.svelte";

export interface Section {
  key: string;
  path: string;
  label: string;
  icon: IconName;
  /** Behind `g`. */
  letter: string;
}

export const SECTIONS: readonly Section[] = [
  { key: "overview", path: "/", label: "Overview", icon: "overview", letter: "o" },
  { key: "nodes", path: "/nodes", label: "Nodes", icon: "nodes", letter: "n" },
  { key: "blocks", path: "/blocks", label: "Blocks", icon: "blocks", letter: "b" },
  {
    key: "checkpoints",
    path: "/checkpoints",
    label: "Checkpoints",
    icon: "checkpoints",
    letter: "c",
  },
  {
    key: "transactions",
    path: "/transactions",
    label: "Transactions",
    icon: "transactions",
    letter: "t",
  },
  { key: "snark-work", path: "/snark-work", label: "SNARK work", icon: "snark", letter: "s" },
  {
    key: "experiments",
    path: "/experiments",
    label: "Experiments",
    icon: "experiments",
    letter: "e",
  },
  { key: "lab", path: "/lab/services", label: "Lab", icon: "lab", letter: "l" },
];

/** The entry of the menu that a path belongs to. */
export function sectionOf(pathname: string): string {
  const first = pathname.split("/")[1] ?? "";
  if (first === "") return "overview";
  if (first === "trace" || first === "why") return "blocks";
  return first;
}
