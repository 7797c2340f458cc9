/** Who is signed in, as far as the dashboard's server says. */

import { onUnauthorized, request } from "../api/client";
import { ApiError } from "../api/errors";
import type { SessionAnswer } from "../api/shapes";
import { router } from "./router.svelte";
import { scope } from "./scope.svelte";

class Session {
  role = $state<SessionAnswer["role"] | "unknown">("unknown");
  /** The name of the token; null without one. */
  name = $state<string | null>(null);
  expires = $state<string | null>(null);
  /** Somebody was signed in, and is no longer, without having signed out. */
  hasEnded = $state(false);
  #isLoading = false;

  get mayChange(): boolean {
    return this.role === "operator" || this.role === "local";
  }

  /** Why a change is not offered; undefined if it is. */
  get refusal(): string | undefined {
    if (this.mayChange) return undefined;
    return this.role === "viewer" ? "Needs role operator: sign in" : "The role is not known yet";
  }

  /** Where one signs in, and comes back from to this very page. */
  get signInHref(): string {
    return scope.href("/login", `?back=${encodeURIComponent(router.pathname + router.search)}`);
  }

  async load(): Promise<void> {
    if (this.#isLoading) return;
    this.#isLoading = true;
    const before = this.name;
    try {
      this.#take(await request<SessionAnswer>("lab", "/v1/session"));
      this.hasEnded ||= before !== null && this.name === null;
    } catch {
      this.role = "unknown";
    } finally {
      this.#isLoading = false;
    }
  }

  /** Signs in. Gives what went wrong, if anything did. */
  async signIn(token: string): Promise<string | undefined> {
    try {
      this.#take(
        await request<SessionAnswer>("lab", "/v1/session", { method: "POST", body: { token } }),
      );
      return undefined;
    } catch (error) {
      return error instanceof ApiError ? error.message : String(error);
    }
  }

  async signOut(): Promise<void> {
    this.#take(await request<SessionAnswer>("lab", "/v1/session", { method: "DELETE" }));
    this.hasEnded = false;
  }

  #take(answer: SessionAnswer): void {
    if (answer.name !== null) this.hasEnded = false;
    this.role = answer.role;
    this.name = answer.name;
    this.expires = answer.expires;
  }
}

export const session = new Session();
onUnauthorized(() => void session.load());
