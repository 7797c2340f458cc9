/** Where the page is: the address as state, and ways to change it. */

import { prefix } from "../api/prefix";

function below(pathname: string): string {
  return pathname.startsWith(prefix) ? pathname.slice(prefix.length) || "/" : pathname;
}

class Router {
  pathname = $state(below(location.pathname));
  search = $state(location.search);

  constructor() {
    window.addEventListener("popstate", () => this.#read());
    document.addEventListener("click", (event) => this.#follow(event));
  }

  /** Goes to an address of the page, given without the prefix. */
  go(href: string, { replace = false }: { replace?: boolean } = {}): void {
    const before = this.pathname;
    if (href === this.pathname + this.search) return;
    history[replace ? "replaceState" : "pushState"](null, "", prefix + href);
    this.#read();
    if (!replace && this.pathname !== before) window.scrollTo(0, 0);
  }

  #read(): void {
    this.pathname = below(location.pathname);
    this.search = location.search;
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
