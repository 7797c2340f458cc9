/** Who is signed in, as far as the dashboard's server says. */

import { request } from "../api/client";
import { ApiError } from "../api/errors";
import type { SessionAnswer } from "../api/shapes";

class Session {
  role = $state<SessionAnswer["role"] | "unknown">("unknown");
  /** The name of the token; null without one. */
  name = $state<string | null>(null);
  expires = $state<string | null>(null);

  get mayChange(): boolean {
    return this.role === "operator" || this.role === "local";
  }

  /** Why a change is not offered; undefined if it is. */
  get refusal(): string | undefined {
    if (this.mayChange) return undefined;
    return this.role === "viewer" ? "Needs role operator: sign in" : "The role is not known yet";
  }

  async load(): Promise<void> {
    try {
      this.#take(await request<SessionAnswer>("lab", "/v1/session"));
    } catch {
      this.role = "unknown";
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
  }

  #take(answer: SessionAnswer): void {
    this.role = answer.role;
    this.name = answer.name;
    this.expires = answer.expires;
  }
}

export const session = new Session();
