/** Requests to the services, through the dashboard's own server. The only `fetch` of the page. */

import { ApiError, kindOf, readError } from "./errors";
import { prefix } from "./prefix";

/** A service as the browser sees it. */
export type Service = "fetcher" | "traces" | "results" | "runs" | "lab";

/** What people call it. */
export const SERVICE_NAMES: Record<Service, string> = {
  fetcher: "log fetcher",
  traces: "log API",
  results: "experiments API",
  runs: "orchestrator",
  lab: "dashboard",
};

export type Parameters = Readonly<Record<string, string | number | boolean | null | undefined>>;

export interface Request {
  method?: "GET" | "POST" | "PATCH" | "DELETE";
  parameters?: Parameters | undefined;
  body?: unknown;
  signal?: AbortSignal | undefined;
}

/** Time for an answer, in milliseconds. */
const ANSWER_MAX = 30_000;

/** Codes by which services say that they have no such route. */
const NO_ROUTE = new Set(["", "route_not_found", "unknown_route", "not_forwarded"]);

/** Told when a service wants to know who asks: a session may have ended. */
let unauthorized: () => void = () => undefined;
export function onUnauthorized(listener: () => void): void {
  unauthorized = listener;
}

/** The address of a route of a service. */
export function address(service: Service, path: string, parameters: Parameters = {}): string {
  const query = new URLSearchParams();
  for (const [key, value] of Object.entries(parameters)) {
    if (value !== null && value !== undefined && value !== "") query.set(key, String(value));
  }
  const text = query.toString();
  return `${prefix}/api/${service}${path}${text === "" ? "" : `?${text}`}`;
}

/** Asks a service and gives its JSON. Rejects with an `ApiError`, or with an abort of `signal`. */
export async function request<T>(service: Service, path: string, options: Request = {}): Promise<T> {
  const { method = "GET", parameters, body, signal } = options;
  const requestId = crypto.randomUUID?.() ?? Math.random().toString(36).slice(2);
  const headers: Record<string, string> = { accept: "application/json", "x-request-id": requestId };
  if (method !== "GET") headers["x-loadlab-request"] = "1";
  if (body !== undefined) headers["content-type"] = "application/json";
  const limit = AbortSignal.timeout(ANSWER_MAX);
  const name = SERVICE_NAMES[service];
  let response: Response;
  try {
    response = await fetch(address(service, path, parameters), {
      method,
      headers,
      body: body === undefined ? null : JSON.stringify(body),
      signal: signal ? AbortSignal.any([signal, limit]) : limit,
      credentials: "same-origin",
    });
    if (response.ok) {
      const text = await response.text();
      return (text === "" ? null : parse(text, name, requestId)) as T;
    }
  } catch (error) {
    if (error instanceof ApiError || signal?.aborted) throw error;
    if (limit.aborted) {
      throw new ApiError("timeout", "timeout", `The ${name} has not answered in 30 s.`, requestId);
    }
    throw new ApiError("offline", "offline", "The dashboard's server cannot be reached.", requestId);
  }
  if (response.status === 401) unauthorized();
  throw await refusal(response, name, requestId);
}

function parse(text: string, name: string, requestId: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // Services of the original system answer some changes with plain text.
    if (!/^[[{]/.test(text)) return text;
    throw new ApiError("server", "not_json", `The ${name} has not answered with JSON.`, requestId);
  }
}

async function refusal(response: Response, name: string, requestId: string): Promise<ApiError> {
  const { code, message, details } = readError(await response.text().catch(() => ""));
  const kind = kindOf(response.status, !NO_ROUTE.has(code));
  const words =
    kind === "not_offered"
      ? `The ${name} of this lab does not offer this yet.`
      : message || `The ${name} has answered with status ${response.status}.`;
  return new ApiError(kind, code || `status_${response.status}`, words, requestId, details);
}
