/** Keys that hold on every page. */

import { createKeybindingsHandler } from "tinykeys";

import { live } from "../live/live.svelte";
import { preferences } from "../state/preferences.svelte";
import { besideOpen } from "../state/trail";
import { prefix } from "../api/prefix";
import { router } from "../state/router.svelte";
import { scope } from "../state/scope.svelte";
import { toasts } from "../state/toasts.svelte";
import { pinnedHref } from "./links";
import { SECTIONS } from "./sections";

/** What `?` shows. */
export const KEYS: readonly { keys: string; action: string }[] = [
  { keys: "Ctrl K", action: "Command palette" },
  { keys: "/", action: "Filter of the page" },
  ...SECTIONS.map((section) => ({ keys: `g ${section.letter}`, action: section.label })),
  { keys: "d", action: "Choose the deployment" },
  { keys: "z", action: "Choose the time" },
  { keys: "Shift Z", action: "Back to the time before a chart was zoomed" },
  { keys: "r", action: "Choose the run" },
  { keys: "[ ]", action: "Row before or behind, of the list one came from" },
  { keys: ".", action: "Pause or resume live data" },
  { keys: "y", action: "Copy a link to this page" },
  { keys: "Shift Y", action: "Copy a link with deployment and times written out" },
  { keys: "Ctrl Enter", action: "Submit the form one is in" },
  { keys: "?", action: "These keys" },
  { keys: "↑ ↓ ← → j k", action: "Move in a table" },
  { keys: "Enter", action: "Open the row" },
  { keys: "Space", action: "Mark the row" },
  { keys: "c", action: "Compare the marked rows" },
  { keys: "Esc", action: "Unmark the rows, close what is open" },
];

function isTyping(event: Event): boolean {
  const target = event.target as HTMLElement | null;
  return target?.closest("input, textarea, select, [contenteditable], dialog, [popover]") !== null;
}

/** Opens one of the menus of the scope bar. */
function openScope(label: string): void {
  const button = document.querySelector<HTMLButtonElement>(`header button[title="${label}"]`);
  // It has the focus again when the menu closes, and the next key is no text of a hidden field.
  button?.focus();
  button?.click();
}

/** Submits what the focus is in: a form, a dialog, or what is marked as a form. */
function submit(event: KeyboardEvent): void {
  const form = (event.target as HTMLElement | null)?.closest("form, dialog, [data-form]");
  if (!form) return;
  event.preventDefault();
  // By its button: where that cannot be used, neither can this key.
  const button = form.querySelector<HTMLElement>("[data-submits]");
  if (button) button.click();
  else if (form instanceof HTMLFormElement) form.requestSubmit();
}

function goBeside(by: 1 | -1): void {
  const address = besideOpen(location.href, by);
  if (address === undefined) return;
  const { pathname, search } = new URL(address);
  router.go((pathname + search).slice(prefix.length));
}

export async function copy(text: string, words: string): Promise<void> {
  try {
    await navigator.clipboard.writeText(text);
    toasts.add(words);
  } catch {
    toasts.add("The browser does not let the page copy", "failure");
  }
}

export async function copyPinned(network: Network): Promise<void> {
  try {
    await copy(await pinnedHref(network), "Link with deployment and times copied");
  } catch (reason) {
    const why = reason instanceof Error ? reason.message : String(reason);
    toasts.add(`A pinned link cannot be made: ${why}`, "failure");
  }
}

/** The network's clock, as `useNetwork` gives it. */
export type Network = Parameters<typeof pinnedHref>[0];

/** Listens until the returned function is called. */
export function listenForKeys({
  palette,
  help,
  network,
}: {
  palette: () => void;
  help: () => void;
  network: Network;
}): () => void {
  const single =
    (action: (event: KeyboardEvent) => void) =>
    (event: KeyboardEvent): void => {
      if (!preferences.singleKeys || isTyping(event)) return;
      event.preventDefault();
      action(event);
    };
  const bindings: Record<string, (event: KeyboardEvent) => void> = {
    "$mod+k": (event) => {
      event.preventDefault();
      palette();
    },
    "$mod+Enter": submit,
    "/": single(() => document.querySelector<HTMLElement>("main [data-filter]")?.focus()),
    "Shift+?": single(help),
    ".": single(() => live.togglePause()),
    d: single(() => openScope("Deployment")),
    z: single(() => openScope("Time")),
    "Shift+Z": single(() => scope.zoomBack()),
    r: single(() => openScope("Run")),
    "[": single(() => goBeside(-1)),
    "]": single(() => goBeside(1)),
    y: single(() => void copy(location.href, "Link copied")),
    "Shift+Y": single(() => void copyPinned(network)),
  };
  for (const section of SECTIONS) {
    bindings[`g ${section.letter}`] = single(() => router.go(scope.within(section.path)));
  }
  const handler = createKeybindingsHandler(bindings);
  window.addEventListener("keydown", handler);
  return () => window.removeEventListener("keydown", handler);
}
