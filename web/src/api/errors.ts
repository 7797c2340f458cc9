/** Failures of requests, in words that say what to do. */

export type ErrorKind =
  | "offline"
  | "timeout"
  | "auth"
  | "forbidden"
  | "not_offered"
  | "not_found"
  | "invalid"
  | "conflict"
  | "away"
  | "server";

export interface ErrorDetail {
  parameter?: string | null;
  message: string;
  nearest?: string | null;
}

/** A request that was not answered as wanted. */
export class ApiError extends Error {
  constructor(
    readonly kind: ErrorKind,
    readonly code: string,
    message: string,
    readonly requestId: string,
    readonly details: ErrorDetail[] = [],
  ) {
    super(message);
    this.name = "ApiError";
  }

  /** Whether asking again may help. */
  get isTransient(): boolean {
    return ["offline", "timeout", "away"].includes(this.kind);
  }
}

/** The kind of a refusal, by its status and whether its body has the code of an error. */
export function kindOf(status: number, hasCode: boolean): ErrorKind {
  if (status === 401) return "auth";
  if (status === 403) return "forbidden";
  // A service without a route answers without a code, or says that it is the route that is missing.
  if (status === 404 || status === 405) return hasCode ? "not_found" : "not_offered";
  if (status === 409) return "conflict";
  if (status === 502 || status === 503 || status === 504) return "away";
  return status >= 500 ? "server" : "invalid";
}

/** The code, message and details of an error body, in any form that a service of the lab uses. */
export function readError(text: string): { code: string; message: string; details: ErrorDetail[] } {
  const nothing = { code: "", message: "", details: [] };
  let body: unknown;
  try {
    body = JSON.parse(text);
  } catch {
    return nothing;
  }
  const error = (body as { error?: unknown } | null)?.error;
  if (typeof error === "string") return { ...nothing, message: error };
  if (typeof error !== "object" || error === null) return nothing;
  const { code, message, details } = error as Record<string, unknown>;
  return {
    code: typeof code === "string" ? code : "",
    message: typeof message === "string" ? message : "",
    details: Array.isArray(details) ? (details as ErrorDetail[]) : [],
  };
}
