/** Messages about what a person has just done, and the list of all of them. */

export interface Toast {
  id: number;
  /** Milliseconds since 1970. */
  at: number;
  kind: "info" | "failure";
  text: string;
  /** What can be done about it. */
  action?: { label: string; act: () => void } | undefined;
}

const KEPT = 50;
const SHOWN_MS = 6000;

class Toasts {
  shown = $state.raw<Toast[]>([]);
  all = $state.raw<Toast[]>([]);
  /** Failures that nobody has looked at in the list. */
  unseen = $state(0);
  #next = 1;

  /** Failures, and what has an action, stay until they are closed. */
  add(text: string, kind: Toast["kind"] = "info", action?: Toast["action"]): void {
    const toast = { id: this.#next, at: Date.now(), kind, text, action };
    this.#next += 1;
    this.all = [toast, ...this.all].slice(0, KEPT);
    this.shown = [...this.shown, toast].slice(-3);
    if (kind === "failure") this.unseen += 1;
    else if (!action) setTimeout(() => this.close(toast.id), SHOWN_MS);
  }

  close(id: number): void {
    this.shown = this.shown.filter((toast) => toast.id !== id);
  }
}

export const toasts = new Toasts();
