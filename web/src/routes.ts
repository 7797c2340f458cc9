/** The code of each page, loaded when the page is first shown. */

import type { Component } from "svelte";

// Each page takes the parameters of its own path.
type Page = Component<Record<string, string>>;
type Loaded = Promise<{ default: unknown }>;

const PAGES: Record<string, () => Loaded> = {
  nodes: () => import("./pages/nodes/Page.svelte"),
  node: () => import("./pages/node/Page.svelte"),
  blocks: () => import("./pages/blocks/Page.svelte"),
  block: () => import("./pages/block/Page.svelte"),
  trace: () => import("./pages/trace/Page.svelte"),
  experiments: () => import("./pages/experiments/Page.svelte"),
  experiment: () => import("./pages/experiment/Page.svelte"),
  lab: () => import("./pages/lab/Page.svelte"),
  login: () => import("./pages/login/Page.svelte"),
  checkpoints: () => import("./pages/checkpoints/Page.svelte"),
  checkpoint: () => import("./pages/checkpoint/Page.svelte"),
  transactions: () => import("./pages/transactions/Page.svelte"),
  transaction: () => import("./pages/transaction/Page.svelte"),
  "snark-work": () => import("./pages/snark-work/Page.svelte"),
  why: () => import("./pages/why/Page.svelte"),
  compare: () => import("./pages/compare/Page.svelte"),
  planner: () => import("./pages/planner/Page.svelte"),
};

const loaded = new Map<string, Page>();

/** A page that is loaded already, so that it can be shown at once. */
export function ready(page: string): Page | undefined {
  return loaded.get(page);
}

/** Loads the code of a page. Rejects when it is gone: a new version is there. */
export async function load(page: string): Promise<Page> {
  const loader = Object.hasOwn(PAGES, page) ? PAGES[page] : undefined;
  if (!loader) throw new Error(`no page ${page}`);
  const component = (await loader()).default as Page;
  loaded.set(page, component);
  return component;
}
