/** What one person prefers on one machine. Kept in local storage under one versioned key. */

import type { Zone } from "../base/formats";

const KEY = "loadlab.preferences.1";

export type Theme = "auto" | "light" | "dark";

interface Kept {
  theme: Theme;
  zone: Zone;
  compact: boolean;
  menuFolded: boolean;
  singleKeys: boolean;
  /** Columns of the list of nodes that are left out, with commas between. */
  nodesHidden: string;
}

const DEFAULTS: Kept = {
  theme: "auto",
  zone: "utc",
  compact: false,
  menuFolded: false,
  singleKeys: true,
  nodesHidden: "",
};

function read(): Kept {
  try {
    const kept: unknown = JSON.parse(localStorage.getItem(KEY) ?? "{}");
    const known = { ...DEFAULTS };
    for (const key of Object.keys(DEFAULTS) as (keyof Kept)[]) {
      const value = (kept as Record<string, unknown> | null)?.[key];
      if (typeof value === typeof DEFAULTS[key]) Object.assign(known, { [key]: value });
    }
    return known;
  } catch {
    return { ...DEFAULTS };
  }
}

class Preferences {
  #kept = $state(read());
  #systemDark = $state(false);

  constructor() {
    const query = window.matchMedia("(prefers-color-scheme: dark)");
    this.#systemDark = query.matches;
    query.addEventListener("change", (event) => {
      this.#systemDark = event.matches;
      this.#apply();
    });
    this.#apply();
  }

  get theme(): Theme {
    return this.#kept.theme;
  }
  get zone(): Zone {
    return this.#kept.zone;
  }
  get compact(): boolean {
    return this.#kept.compact;
  }
  get menuFolded(): boolean {
    return this.#kept.menuFolded;
  }
  get singleKeys(): boolean {
    return this.#kept.singleKeys;
  }

  get nodesHidden(): string {
    return this.#kept.nodesHidden;
  }

  /** The theme that is shown. */
  get shownTheme(): "light" | "dark" {
    const { theme } = this.#kept;
    if (theme === "auto") return this.#systemDark ? "dark" : "light";
    return theme;
  }

  set<K extends keyof Kept>(key: K, value: Kept[K]): void {
    this.#kept[key] = value;
    try {
      localStorage.setItem(KEY, JSON.stringify(this.#kept));
    } catch {
      // A browser that keeps nothing still shows the page.
    }
    this.#apply();
  }

  #apply(): void {
    document.documentElement.dataset["theme"] = this.shownTheme;
  }
}

export const preferences = new Preferences();
