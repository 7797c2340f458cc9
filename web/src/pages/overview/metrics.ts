/** The series that the Overview asks for, all at once. */

export const METRICS = [
  "tx_intended",
  "tx_accepted",
  "tx_seen",
  "tx_included",
  "latency_p50",
  "latency_p95",
  "latency_max",
  "blocks",
  "apply_p50",
  "apply_p95",
] as const;
