/** Drafts in the browser's storage: a reload or an expired token loses nothing. */

const PREFIX = "loadlab.draft.1.";

export type Typed = Record<string, string>;

/** What is kept under this name; nothing if there is none, or if it cannot be read. */
export function kept(id: string): Typed | undefined {
  try {
    const found: unknown = JSON.parse(localStorage.getItem(PREFIX + id) ?? "null");
    if (typeof found !== "object" || found === null) return undefined;
    return Object.fromEntries(
      Object.entries(found).filter(
        (entry): entry is [string, string] => typeof entry[1] === "string",
      ),
    );
  } catch {
    return undefined;
  }
}

export function keep(id: string, typed: Typed): void {
  try {
    localStorage.setItem(PREFIX + id, JSON.stringify(typed));
  } catch {
    // A browser that keeps nothing still plans.
  }
}

export function forget(id: string): void {
  try {
    localStorage.removeItem(PREFIX + id);
  } catch {
    // There was nothing to forget.
  }
}
