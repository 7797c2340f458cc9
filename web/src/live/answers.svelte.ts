/** Answers of services as state of a component: asked once, kept, asked again when they are stale. */

import {
  createQuery,
  keepPreviousData,
  QueryClient,
  replaceEqualDeep,
  useQueryClient,
  type CreateQueryResult,
} from "@tanstack/svelte-query";

import { untrack } from "svelte";

import { request, type Parameters, type Service } from "../api/client";
import { ApiError } from "../api/errors";
import { keptRows } from "../base/keptRows";
import { live } from "./live.svelte";

const FRESH_MS = 5000;
const RETRY_MAX_MS = 30_000;

export interface Question {
  service: Service;
  path: string;
  parameters?: Parameters | undefined;
  /** Asked again when this topic says so. */
  topic?: string | undefined;
  /** False while it must not be asked. */
  enabled?: boolean;
  /** How long an answer counts as fresh, in milliseconds. */
  freshMs?: number;
  /** Adds the asked `offset` to the answer: former rows are shown while others are asked for. */
  windowed?: boolean;
  /** Not compared with the answer before, part by part: that takes longer than showing it. */
  large?: boolean;
  /** Asked again after so long, in milliseconds, where no topic says when. */
  everyMs?: number | undefined;
}

export type Answer<T> = CreateQueryResult<T, Error>;

/** What an answer was asked by, for those who want to ask it by hand. */
const questions = new WeakMap<object, () => Question>();

/** The question of an answer that `ask` has given. */
export function questionOf(answer: Answer<unknown>): Question | undefined {
  return questions.get(answer)?.();
}

export function newQueryClient(): QueryClient {
  return new QueryClient({
    defaultOptions: {
      queries: {
        networkMode: "always",
        refetchOnWindowFocus: false,
        // What is away may come back: asked for as long as it is looked at.
        retry: (_count, error) => error instanceof ApiError && error.isTransient,
        retryDelay: (attempt) => Math.min(1000 * 2 ** attempt, RETRY_MAX_MS),
      },
    },
  });
}

/** Starts live data for the queries of `client`. */
export function startLive(client: QueryClient): void {
  live.start((topics) => {
    void client.invalidateQueries({
      predicate: (query) => topics.has(String(query.meta?.["topic"] ?? "")),
      type: "active",
    });
  });
}

/** The answer to a question, which may change. Call it while a component is made. */
export function ask<T>(question: () => Question): Answer<T> {
  const topic = $derived(question().topic);
  // A question that says the same is the same: without this, whatever a question reads, such as the
  // clock, would have everything that depends on the answer made anew each time.
  const said = $derived(JSON.stringify(question()));
  $effect(() => (topic === undefined ? undefined : live.want(topic)));
  const answer: Answer<T> = createQuery(() => {
    void said;
    const {
      service,
      path,
      parameters = {},
      enabled = true,
      freshMs = FRESH_MS,
      windowed = false,
      large = false,
      everyMs,
    } = untrack(question);
    return {
      queryKey: [service, path, parameters],
      queryFn: async ({ signal }: { signal: AbortSignal }) => {
        const answer = await request<T>(service, path, { parameters, signal });
        return windowed ? { ...answer, offset: Number(parameters["offset"] ?? 0) } : answer;
      },
      enabled,
      staleTime: freshMs,
      structuralSharing: windowed
        ? (before: unknown, after: unknown) => keptRows(before, after, replaceEqualDeep)
        : !large,
      // What is not read yet when it changes may be read later: with the members that were read so
      // far only, an answer that came before its first reader would never be seen.
      notifyOnChangeProps: "all",
      placeholderData: keepPreviousData,
      meta: { topic: topic ?? "" },
      ...(everyMs === undefined ? {} : { refetchInterval: everyMs }),
    };
  });
  questions.set(answer, question);
  return answer;
}

/** Stops waiting for an answer. Call it while the component is made. */
export function useCancel(): (answer: Answer<unknown>) => void {
  const client = useQueryClient();
  return (answer) => {
    const question = questionOf(answer);
    if (!question) return;
    const { service, path, parameters = {} } = question;
    void client.cancelQueries({ queryKey: [service, path, parameters], exact: true });
  };
}

/** Asks before somebody does: a link may be followed soon. Says nothing when it fails. */
export function foresee(client: QueryClient, question: Question): void {
  const { service, path, parameters = {}, freshMs = FRESH_MS, topic = "" } = question;
  void client.prefetchQuery({
    queryKey: [service, path, parameters],
    queryFn: ({ signal }) => request(service, path, { parameters, signal }),
    staleTime: freshMs,
    retry: false,
    meta: { topic },
  });
}

/** Has all answers of some services asked again, after a change. */
export function useRefresh(): (...services: Service[]) => Promise<void> {
  const client = useQueryClient();
  return (...services) =>
    client.invalidateQueries({
      predicate: (query) => services.includes(query.queryKey[0] as Service),
    });
}
