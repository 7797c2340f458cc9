/** The preview of a draft: asked a moment after the last change, the former request given up. */
import { request } from "../../api/client";
import { ApiError } from "../../api/errors";
import type { PlanAnswer } from "../../api/runs";

/** Quiet time after the last key, in milliseconds. */
const QUIET_MS = 300;

/** Whether a failure says nothing about the setup: who asks, or a service that is away. */
export function isOurs(failure: ApiError): boolean {
  return failure.isTransient || failure.kind === "auth" || failure.kind === "forbidden";
}

/** Plans what `body` gives. The last good plan stays until there is a better one. */
export function usePlan(body: () => Record<string, unknown> | undefined) {
  let plan = $state.raw<PlanAnswer>();
  let failure = $state.raw<ApiError>();
  let isAsking = $state(false);
  // As text, so that equal setups are one question.
  const wanted = $derived(JSON.stringify(body() ?? null));
  let again = $state(0);

  $effect(() => {
    void again;
    const text = wanted;
    if (text === "null") return;
    const abort = new AbortController();
    const timer = setTimeout(async () => {
      isAsking = true;
      try {
        plan = await request<PlanAnswer>("runs", "/v1/experiments/plan", {
          method: "POST",
          body: JSON.parse(text) as object,
          signal: abort.signal,
        });
        failure = undefined;
      } catch (error) {
        if (abort.signal.aborted) return;
        failure =
          error instanceof ApiError
            ? error
            : new ApiError("server", "unexpected", String(error), "");
      } finally {
        if (!abort.signal.aborted) isAsking = false;
      }
    }, QUIET_MS);
    return () => {
      clearTimeout(timer);
      abort.abort();
    };
  });
  return {
    get plan() {
      return plan;
    },
    get failure() {
      return failure;
    },
    get isAsking() {
      return isAsking;
    },
    /** Asks once more, with nothing changed. */
    retry(): void {
      again += 1;
    },
  };
}
