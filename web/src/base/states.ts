/** Words that services use for states, and the kind of mark each has. */

export type StateKind =
  "good" | "attention" | "bad" | "active" | "incomplete" | "unknown" | "paused";

const KINDS: Record<string, StateKind> = {
  up: "good",
  ready: "good",
  fetching: "good",
  imported: "good",
  success: "good",
  pass: "good",
  better: "good",
  accepted: "good",
  applied: "good",
  included: "good",
  received: "good",
  explained: "good",
  yes: "good",
  behind: "attention",
  slow: "attention",
  stale: "attention",
  mixed: "attention",
  spread: "attention",
  missed: "attention",
  removed: "attention",
  duplicate: "attention",
  cancelling: "attention",
  unconfirmed: "attention",
  "waiting for the database": "attention",
  failing: "bad",
  failure: "bad",
  failed: "bad",
  fail: "bad",
  error: "bad",
  worse: "bad",
  down: "bad",
  refused: "bad",
  rejected: "bad",
  never_seen: "bad",
  "wrong key": "bad",
  "not ready": "bad",
  unanswered: "bad",
  running: "active",
  waiting: "active",
  pending: "active",
  incomplete: "incomplete",
  not_enough_data: "incomplete",
  frozen: "paused",
  cancelled: "paused",
  queued: "paused",
  inactive: "paused",
  ended: "paused",
};

/** The mark of a state; what is not known has that of unknown. */
export function kindOfState(word: string): StateKind {
  const key = word.toLowerCase();
  return Object.hasOwn(KINDS, key) ? (KINDS[key] as StateKind) : "unknown";
}

/** A state as people read it: `not_enough_data` as `Not enough data`. */
export function stateLabel(word: string): string {
  const spaced = word.replaceAll("_", " ");
  return spaced.charAt(0).toUpperCase() + spaced.slice(1);
}
