/** Messages about what a person has just done, and the list of all of them. */

export interface Toast {
  id: number;
  kind: "info" | "failure";
  text: string;
}

const KEPT = 50;
const SHOWN_MS = 6000;

class Toasts {
  shown = $state<Toast[]>([]);
  all = $state<Toast[]>([]);
  #next = 1;

  add(text: string, kind: Toast["kind"] = "info"): void {
    const toast = { id: this.#next, kind, text };
    this.#next += 1;
    this.all = [toast, ...this.all].slice(0, KEPT);
    this.shown = [...this.shown, toast].slice(-3);
    if (kind === "info") setTimeout(() => this.close(toast.id), SHOWN_MS);
  }

  close(id: number): void {
    this.shown = this.shown.filter((toast) => toast.id !== id);
  }
}

export const toasts = new Toasts();
