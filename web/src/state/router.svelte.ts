/** Where the page is: the address as state, and ways to change it. */

import { prefix } from "../api/prefix";

function below(pathname: string): string {
  return pathname.startsWith(prefix) ? pathname.slice(prefix.length) || "/" : pathname;
}

/** The entry of the history that the browser is at: its name is kept when one goes back. */
function entryNow(): string {
  const state: unknown = history.state;
  const entry = state !== null && typeof state === "object" && "entry" in state ? state.entry : "";
  return typeof entry === "string" ? entry : "";
}

class Router {
  pathname = $state(below(location.pathname));
  search = $state(location.search);
  /** Names the entry of the history. */
  entry = entryNow();

  constructor() {
    window.addEventListener("popstate", () => this.#read());
    document.addEventListener("click", (event) => this.#follow(event));
  }

  /** Goes to an address of the page, given without the prefix. */
  go(href: string, { replace = false }: { replace?: boolean } = {}): void {
    const before = this.pathname;
    if (href === this.pathname + this.search) return;
    const entry = replace ? this.entry : `${performance.timeOrigin}.${performance.now()}`;
    history[replace ? "replaceState" : "pushState"]({ entry }, "", prefix + href);
    this.#read();
    if (!replace && this.pathname !== before) window.scrollTo(0, 0);
  }

  #read(): void {
    this.pathname = below(location.pathname);
    this.search = location.search;
    this.entry = entryNow();
  }

  /** Links within the page change its state instead of loading it anew. */
  #follow(event: MouseEvent): void {
    if (event.defaultPrevented || event.button !== 0) return;
    if (event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
    const link = (event.target as Element | null)?.closest?.("a");
    if (!link || link.target !== "" || link.hasAttribute("download")) return;
    const url = new URL(link.href, location.href);
    if (url.origin !== location.origin || !url.pathname.startsWith(prefix) || url.hash !== "")
      return;
    if (url.pathname.startsWith(`${prefix}/api/`)) return;
    event.preventDefault();
    this.go(below(url.pathname) + url.search);
  }
}

export const router = new Router();
